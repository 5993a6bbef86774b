"""Which Python the studies of tests use: one without packages, unless the test asks for those of this environment.

A study looks at every file of its interpreter's environment whenever a night begins, and the one that the tests run in
holds eleven thousand.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
import venv
from functools import cache
from pathlib import Path


@cache
def bare() -> Path:
    """A virtual environment that holds nothing, gone when this process ends."""
    folder = Path(tempfile.mkdtemp(prefix="bare-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    venv.create(folder, symlinks=True)
    return folder


def activated(environment: Path) -> dict[str, str]:
    """The variables that make `environment` the active one, whichever is now."""
    before = [entry for entry in os.environ["PATH"].split(os.pathsep) if entry != str(bare() / "bin")]
    return {"VIRTUAL_ENV": str(environment), "PATH": os.pathsep.join([str(environment / "bin"), *before])}


WITH_PACKAGES = activated(Path(sys.prefix))
"""For commands that import numpy, pytest, torch: variables that make the Python of the tests theirs."""
