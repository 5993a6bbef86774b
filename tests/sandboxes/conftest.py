"""Real boxes on this machine: a test that takes `sandbox` runs once per backend that comes up here."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from autoresearch.box import Box
from autoresearch.protocols import Sandbox
from autoresearch.task import Limits

from .boxes import CONTAINED, PYTHON, MakeBox, backend


@pytest.fixture(params=("none", *CONTAINED))
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    return backend(request.param)


@pytest.fixture(params=CONTAINED)
def contained(request: pytest.FixtureRequest) -> Sandbox:
    return backend(request.param)


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    path = tmp_path / "scratch"
    path.mkdir()
    return path


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    path = tmp_path / "tree"
    path.mkdir()
    (path / "tracked").write_text("tracked")
    return path


@pytest.fixture
def box(tree: Path, scratch: Path) -> MakeBox:
    """A box with a read-only tree and one scratch directory. Keywords are fields of Box, or else limits."""

    def make(*argv: str, seconds: float = 20, **more: Any) -> Box:
        fields: dict[str, Any] = {
            "cwd": tree,
            "read": (Path(sys.base_prefix),),
            "write": (scratch,),
            "env": {"PATH": "/usr/bin:/bin"},
        }
        fields |= {name: more.pop(name) for name in list(more) if name in Box.__slots__}
        return Box(argv=argv, limits=Limits(seconds=seconds, **more), **fields)

    return make


@pytest.fixture
def python(box: MakeBox, scratch: Path) -> MakeBox:
    """The same for a Python program, which finds the scratch directory in sys.argv[1]."""

    def make(code: str, **more: Any) -> Box:
        return box(PYTHON, "-I", "-S", "-c", code, str(scratch), **more)

    return make
