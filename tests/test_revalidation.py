"""What was kept is measured again: alone, together, across a change of epoch, and after a stop."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from autoresearch import config, revalidation
from autoresearch.assembly import Assembly, assemble
from autoresearch.errors import Interrupted, UserError
from autoresearch.history import Archive, Epoch, History, Revalidation
from autoresearch.records import Brief, Direction, Measurement, Metric, Outcome, Proposal, Side
from autoresearch.replay import replay
from autoresearch.report import build
from autoresearch.site import Site
from autoresearch.task import Budget
from autoresearch.testing import toy
from autoresearch.views.revalidated import revalidated

EDITS = (("WIDTH = 32", "WIDTH = 64"), ("WIDTH = 64", "WIDTH = 128"), ("DROPOUT = 0.5", "DROPOUT = 0.1"))
"""The second builds on the first; the third stands alone."""


class Author:
    name = "author"

    def __init__(self, edits: Sequence[tuple[str, str]]) -> None:
        self.edits = edits
        self.stop = threading.Event()

    def edit(self, brief: Brief, tree: Path, history: History) -> Proposal:
        path = tree / "settings.py"
        path.write_text(path.read_text().replace(*self.edits[brief.number - 1]))
        return Proposal(f"edit {brief.number}", cost_usd=0.0, tokens=0)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return kept(tmp_path, EDITS)


def kept(tmp_path: Path, edits: Sequence[tuple[str, str]]) -> Path:
    """A study in which the three edits were kept, in its first epoch."""
    root = toy.make(tmp_path / "toy", noise=0.001)
    path = root / "settings.py"
    path.write_text(path.read_text().replace("DROPOUT", "\n\n\nDROPOUT"))
    from gitrepo import git

    git(root, "commit", "-qam", "apart")
    made = assemble(root, config.load(root), granted=Budget(experiments=3))
    made.study.agent = Author(edits)
    made.study.run()
    made.rig.workspace.close()
    assert [done.verdict.outcome for done in made.study.history.experiments] == [Outcome.KEEP] * 4
    return root


@pytest.fixture
def begun(root: Path) -> Iterator[Assembly]:
    """A revalidation in another epoch."""
    made = revalidation.begin(root, config.load(root, ["experiment.seconds=30.0"]), runs=4)
    yield made
    made.rig.workspace.close()


def test_each_alone_and_all_together(root: Path, begun: Assembly, tmp_path: Path) -> None:
    study = begun.study
    assert study.history.epoch
    assert study.history.epoch.number == 2
    runs = list(revalidation.measure(study))
    table = revalidated(Site(root, "toy").ledger().history)
    assert table
    first, second, third, together = table.rows
    assert [row.verdict for row in table.rows] == ["holds", "does not apply alone", "holds", "holds"]
    assert (second.runs, second.commit) == (0, "")
    assert first.gain
    assert third.gain
    assert together.gain
    assert first.gain.estimate == pytest.approx(0.6, abs=0.01)
    assert third.gain.estimate == pytest.approx(0.16, abs=0.01)
    assert together.gain.estimate == pytest.approx(0.96, abs=0.01)
    assert 0.9 < together.gain.low < together.gain.high < 1.0
    assert all(row.claimed for row in table.rows)
    assert len(runs) == 4 * 4
    assert len({run.seed for run in runs}) == len(runs)

    assert study.history.baseline is None, "no rule reads these runs"
    assert study.history.runs == {}
    assert replay(study.ledger.path).disagreements == []
    page = build(
        Site(root, "toy").ledger().history,
        task=begun.rig.task,
        diff_of=begun.rig.workspace.diff,
        out_dir=tmp_path / "report",
    )
    assert "does not apply alone" in page.markdown.read_text()
    assert "Measured again" in page.html.read_text()


def test_it_goes_on_where_it_was_stopped(root: Path, begun: Assembly) -> None:
    study = begun.study
    stopped = iter([False] * 5 + [True])
    study.interrupted = lambda: next(stopped)
    with pytest.raises(Interrupted):
        list(revalidation.measure(study))
    begun.rig.workspace.close()
    task = config.load(root, ["experiment.seconds=30.0"])
    again = revalidation.begin(root, task, runs=4)
    assert again.study.history.revalidation == study.history.revalidation, "the same plan, not another"
    assert len(list(revalidation.measure(again.study))) == 16 - 5
    again.rig.workspace.close()
    third = revalidation.begin(root, task, runs=4)
    assert third.study.history.revalidation
    assert third.study.history.revalidation.number == 2, "finished, so asking again measures again"
    third.rig.workspace.close()
    other = revalidation.begin(root, config.load(root), runs=4)
    assert other.study.history.revalidation
    assert (other.study.history.revalidation.number, other.study.history.revalidation.epoch) == (3, 3)
    other.rig.workspace.close()


def test_a_change_that_breaks_alone_is_data(tmp_path: Path) -> None:
    needy = ("DROPOUT = 0.5", "DROPOUT = 0.1 if WIDTH == 128 else nothing")
    root = kept(tmp_path, [*EDITS[:2], needy])
    begun = revalidation.begin(root, config.load(root), runs=4)
    runs = list(revalidation.measure(begun.study))
    begun.rig.workspace.close()
    (foul,) = [run.foul for run in runs if run.value is None]
    assert "NameError" in foul
    assert len(runs) == 3 * 4 + 1, "it is not tried again"
    table = revalidated(Site(root, "toy").ledger().history)
    assert table
    assert table.rows[2].verdict.startswith("failed: crash: exit status 1: NameError")


def test_with_nothing_kept_there_is_nothing_to_do(tmp_path: Path) -> None:
    root = toy.make(tmp_path / "toy")
    with pytest.raises(UserError, match="No study"):
        revalidation.begin(root, config.load(root), runs=4)
    made = assemble(root, config.load(root), granted=Budget(experiments=1))
    made.rig.workspace.close()
    with pytest.raises(UserError, match="Nothing that was kept"):
        revalidation.begin(root, config.load(root), runs=4)


def test_the_table_on_the_command_line(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from autoresearch.cli.revalidate import revalidate

    monkeypatch.chdir(root)
    revalidate(runs=4, overrides=None, as_json=True)
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [row["experiment"] for row in rows] == [1, 2, 3, None]
    assert rows[0]["gain"][0] == pytest.approx(0.6, abs=0.01)
    revalidate(runs=4, overrides=None, as_json=False)
    assert "all 3 together" in capsys.readouterr().out


def remeasured(misses: str) -> tuple[list[float | None], str]:
    """What a tip one second faster than its base is worth when the third run of one of the two misses the target."""
    history = Archive()
    history.add(Epoch(1, "", "", "sealed", "none", {}, {}, {}, Metric("seconds", Direction.MINIMIZE)))
    plan = Revalidation(1, 1, "b", "t", 5, ())
    history.add(plan)
    while commit := revalidation.next_commit(history, plan):
        done = sum(run.commit == commit for run in history.asides.get(plan.purpose, ()))
        value = None if (commit, done) == (misses, 2) else 10.0 + done / 100 - (commit == "t")
        foul = "discard: loss = 4 is not good enough for its time to count" if value is None else ""
        history.add(Measurement(commit, Side.CANDIDATE, value, 7, 1.0, purpose=plan.purpose, foul=foul))
    table = revalidated(history)
    assert table
    return [run.value for run in history.asides[plan.purpose] if run.commit == misses], table.rows[-1].verdict


@pytest.mark.parametrize(
    ("misses", "verdict"),
    [
        ("t", "not told apart; target missed in 1 of 5 runs"),
        ("b", "holds; the base's missed in 1 of 5 runs"),
    ],
)
def test_a_missed_target_is_a_run_like_the_others(misses: str, verdict: str) -> None:
    values, said = remeasured(misses)
    assert (len(values), values.count(None)) == (5, 1), "the runs after it are made"
    assert said == verdict
