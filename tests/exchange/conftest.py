"""One real short night, shared by all tests that only look at it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from autoresearch.testing import toy

sys.path.insert(0, str(Path(__file__).parents[1]))


@pytest.fixture(scope="session")
def night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a study of six experiments."""
    root = toy.make(tmp_path_factory.mktemp("night") / "toy", preset="exact", noise=0.0)
    verb = [sys.executable, "-m", "autoresearch.cli", "run", "--experiments", "5"]
    done = subprocess.run(verb, cwd=root, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return root
