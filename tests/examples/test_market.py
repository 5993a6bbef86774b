"""Planted overfitting, in small: the same tuner, a market with nothing in it and one with a little."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autoresearch.workspace import git
from interpreters import WITH_PACKAGES
from program import autoresearch

EXAMPLE = Path(__file__).parents[2] / "examples" / "market"


def run(root: Path, *words: str) -> str:
    return autoresearch(root, *words, code=0, **WITH_PACKAGES).stdout


def morning(folder: Path, *words: str, trend: float) -> str:
    """The report on a night in such a market; `words` go to `autoresearch run`."""
    root = folder / "market"
    shutil.copytree(EXAMPLE, root)
    prepare = [sys.executable, "prepare.py", "--trend", str(trend), "--seed", "3"]
    subprocess.run(prepare, cwd=root, check=True, capture_output=True)
    git.create(root, message="A market")
    run(root, "run", *words)
    assert "0 disagree" in run(root, "replay")
    run(root, "report")
    return (root / ".autoresearch" / "market" / "report" / "report.md").read_text()


@pytest.mark.slow
def test_nothing_is_found_where_there_is_nothing(tmp_path: Path) -> None:
    report = morning(tmp_path, "--experiments", "20", trend=0.0)
    assert report.startswith("# market: Nothing was found")
    assert "deflated Sharpe ratio" in report


@pytest.mark.slow
def test_a_little_is_found_where_it_is(tmp_path: Path) -> None:
    follow = "agent.command = \"sed -i '/^TREND =/s/0/1/' strategy.py\""
    report = morning(tmp_path, "--experiments", "1", "-c", 'agent.use="command"', "-c", follow, trend=0.2)
    assert "better, certified" in report.splitlines()[0]
