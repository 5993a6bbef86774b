"""Objectives and limits through the whole loop: real git, real boxes, real clocks."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from autoresearch import config, metrics
from autoresearch.assembly import assemble
from autoresearch.errors import UserError
from autoresearch.history import Archive, History
from autoresearch.records import Brief, Outcome, Proposal, Ruling
from autoresearch.replay import replay
from autoresearch.site import Site
from autoresearch.task import Budget
from autoresearch.testing import toy
from program import autoresearch

Edit = Callable[[Path], None]

EVALUATE = """\
import json, os
with open(os.path.join(os.environ["AUTORESEARCH_ARTIFACTS"], "settings.json")) as file:
    settings = json.load(file)
with open(os.environ["AUTORESEARCH_METRICS"], "w") as file:
    json.dump({values}, file)
"""


class Author:
    """Makes the given edits, one an experiment."""

    name = "author"

    def __init__(self, *edits: Edit) -> None:
        self.edits = edits
        self.stop = threading.Event()

    def edit(self, brief: Brief, tree: Path, history: History) -> Proposal:
        self.edits[brief.number - 1](tree)
        return Proposal(f"edit {brief.number}", cost_usd=0.0, tokens=0)


def written(text: str) -> Edit:
    """An edit that adds a line to settings.py."""

    def edit(tree: Path) -> None:
        with (tree / "settings.py").open("a") as file:
            file.write(text + "\n")

    return edit


def a_task(folder: Path, *, values: str, metric: str = "", more: str = "", preset: str = "exact") -> Path:
    """The toy task whose evaluation writes `values`, an expression over `settings`."""
    root = toy.make(folder, preset=preset, more=more)
    (root / "evaluate.py").write_text(EVALUATE.format(values=values))
    task = root / "autoresearch.toml"
    task.write_text(task.read_text().replace("bounds = [-100.0, 100.0]", metric))
    identity = ("-c", "user.name=u", "-c", "user.email=u@x")
    subprocess.run(["git", "-C", str(root), *identity, "commit", "-qam", "values"], check=True)
    return root


def a_night(root: Path, *edits: Edit) -> Archive:
    study = assemble(root, config.load(root), granted=Budget(experiments=len(edits))).study
    study.agent = Author(*edits)
    try:
        study.run()
    finally:
        study.workspace.close()
    ledger = Site(root, "toy").ledger_path
    assert replay(ledger).disagreements == []
    return Site(root, "toy").ledger().history


def test_a_gain_bought_with_memory_is_discarded(tmp_path: Path) -> None:
    limit = '[[constraint]]\nmetric = "run.peak_memory_mb"\nmax_ratio = 1.5\nmargin = 5.0\n'
    root = a_task(tmp_path / "toy", values='{"loss": settings["DROPOUT"]}', more=limit)
    hungry = "DROPOUT = 0.1\nimport time as _t\n_block = b'x' * 80_000_000\n_t.sleep(0.3)"
    history = a_night(root, written(hungry), written("DROPOUT = 0.2"))
    first, second = history.experiments[1:]
    run = history.settled[1][0]
    assert first.verdict.outcome is Outcome.DISCARD
    assert "run.peak_memory_mb = " in first.verdict.reason
    assert "is above its limit" in first.verdict.reason
    assert (metrics.named(run, "run.peak_memory_mb") or 0) > 80
    assert second.verdict.outcome is Outcome.KEEP
    assert history.certificates[-1].ruling is Ruling.CERTIFIED
    assert history.epoch
    assert history.epoch.constraints[0].max_ratio == 1.5


def test_the_slowest_decides_and_one_that_vanishes_does_not_help(tmp_path: Path) -> None:
    values = '{f"tests/{k}": v for k, v in settings.items() if isinstance(v, float)}'
    metric = 'objective = "max_over"\nover = "tests/*"'
    root = a_task(tmp_path / "toy", values=values, metric=metric)
    history = a_night(root, written("LEARNING_RATE = 0.001"), written("DROPOUT = 1"), written("DROPOUT = 0.25"))
    assert history.experiments[0].value == 0.5
    outcomes = [done.verdict.outcome for done in history.experiments[1:]]
    assert outcomes == [Outcome.DISCARD, Outcome.DISCARD, Outcome.KEEP]
    assert "tests/DROPOUT is missing" in history.experiments[2].verdict.reason
    assert history.experiments[3].value == 0.25


def test_time_counts_only_where_the_sealed_evaluation_finds_the_target(tmp_path: Path) -> None:
    metric = 'unit = "s"\nobjective = "time_to_target"\nreach = "quality >= 0.5"'
    root = a_task(tmp_path / "toy", values='{"quality": settings["DROPOUT"]}', metric=metric, preset="certify")
    slow = "import time as _t\n_t.sleep(0.5)\n"
    (root / "settings.py").write_text(slow + (root / "settings.py").read_text())
    identity = ("-c", "user.name=u", "-c", "user.email=u@x")
    subprocess.run(["git", "-C", str(root), *identity, "commit", "-qam", "slow"], check=True)

    def fast(tree: Path, *, quality: float) -> None:
        text = (tree / "settings.py").read_text().replace("_t.sleep(0.5)", "")
        (tree / "settings.py").write_text(f"{text}DROPOUT = {quality}\n")

    history = a_night(root, lambda tree: fast(tree, quality=0.4), lambda tree: fast(tree, quality=0.6))
    missed, reached = history.experiments[1:]
    assert (missed.verdict.outcome, missed.value) == (Outcome.DISCARD, None)
    assert "quality = 0.4 is not good enough" in missed.verdict.reason
    run = history.settled[1][0]
    assert (run.value, run.values) == (None, {"quality": 0.4})
    assert reached.verdict.outcome is Outcome.KEEP
    assert reached.value == pytest.approx(history.settled[2][0].seconds, abs=1e-5)
    assert history.certificates[-1].ruling is Ruling.CERTIFIED


def test_a_baseline_that_misses_the_target_is_said_and_does_not_hang(tmp_path: Path) -> None:
    metric = 'objective = "time_to_target"\nreach = "quality >= 0.9"'
    root = a_task(tmp_path / "toy", values='{"quality": settings["DROPOUT"]}', metric=metric)
    said = autoresearch(root, "check", code=4)
    assert "The baseline does not give a number" in said.stdout
    assert "quality = 0.5 is not good enough" in said.stdout
    with pytest.raises(UserError, match="None of the baseline's 2 runs gave a number"):
        a_night(root, written("DROPOUT = 1.0"))
