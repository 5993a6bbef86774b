"""One real short night, shared by all tests that only look at it."""

from __future__ import annotations

from pathlib import Path

import pytest

from autoresearch.testing import toy
from program import autoresearch


@pytest.fixture(scope="session")
def night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a study of six experiments."""
    root = toy.make(tmp_path_factory.mktemp("night") / "toy", preset="exact", noise=0.0)
    autoresearch(root, "run", "--experiments", "5", code=0)
    return root
