"""A long session driven directly: real programs and a real workspace, without boxes and measurements."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from autoresearch.agents.long import Desk, Long, Over, Terms, Used
from autoresearch.agents.long import agent as rhythm
from autoresearch.agents.long.door import WRONG, Question
from autoresearch.agents.long.words import experiment
from autoresearch.errors import Foul
from autoresearch.history import AGENTS_NOTE, Ended, History, Note, StudyStart
from autoresearch.records import (
    Brief,
    Candidate,
    Certificate,
    Direction,
    Experiment,
    Metric,
    Outcome,
    Proposal,
    Ruling,
    Verdict,
)
from autoresearch.testing import toy
from autoresearch.workspace.workspace import Workspace

ASK = '"$AUTORESEARCH_ASK"'


class Shell:
    """A shell program that stays, as this user; it says in ../used what it has used so far."""

    name, version, waits = "shell", "1", False

    def __init__(self, *scripts: str) -> None:
        """One for each session; the last one goes on for all others."""
        self._scripts, self._begun, self._tree = scripts, 0, Path()

    def stay(self, prompt: str, tree: Path, terms: Terms) -> Over:
        self._tree = tree
        script = self._scripts[min(self._begun, len(self._scripts) - 1)]
        self._begun += 1
        program = subprocess.Popen(
            ["sh", "-c", script],
            cwd=tree,
            env=os.environ | dict(terms.env),
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        watch = threading.Thread(target=lambda: (terms.stop.wait(), _kill(program)), daemon=True)
        watch.start()
        said = program.communicate()[0]
        _kill(program)
        return Over(transcript=said)

    def used(self) -> Used:
        told = self._tree.parent / "used"
        if told.exists():
            self._last = Used(int(told.read_text()), 0.0)
        return self._last

    _last = Used(0, 0.0)


def _kill(program: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(program.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


@dataclass
class Bench:
    """A long agent at work on the toy task, and what it recorded."""

    long: Long
    workspace: Workspace
    history: History
    records: list[object] = field(default_factory=list)

    def record(self, record: object) -> None:
        self.records.append(record)
        self.history.add(record)

    def ask(self) -> Proposal:
        """The next try's proposal, taken in as the next candidate. Raises Foul."""
        number, parent = self.history.next_number, self.history.tip_commit
        brief = Brief(number, parent, render=lambda _: "do something")
        with self.workspace.draft(parent) as tree:
            said = self.long.edit(brief, tree, self.history)
            commit = self.workspace.take_in(tree, number=number, parent=parent, message="m", when="2026-01-01").commit
        self.history.add(Candidate(number, commit, parent, said.summary))
        return said

    def tell(self, outcome: Outcome) -> None:
        number = self.history.next_number
        made = self.history.candidates[number]
        done = Experiment(number, made, Verdict(outcome, "judged"), 1.0, made.parent)
        self.record(done)
        self.long.heard(done)

    def file(self, commit: str) -> str:
        return self.workspace.read(commit, "settings.py").decode()


Benches = Callable[..., Bench]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Benches]:
    root = toy.make(tmp_path / "toy")
    made: list[Long] = []
    with Workspace.open(root, tmp_path / "study", "toy", editable=["settings.py"]) as workspace:

        def make(*scripts: str, seconds: float = 20.0) -> Bench:
            base = workspace.base
            history = History(Metric("loss", Direction.MINIMIZE))
            history.add(StudyStart("toy", base, "5ec2e7", "0"))
            history.add(Candidate(0, base, base, "baseline"))
            history.add(Experiment(0, history.candidates[0], Verdict(Outcome.KEEP, "baseline"), 1.0, base))
            made.append(Long(Shell(*scripts), seconds))
            one = Bench(made[-1], workspace, history)
            made[-1].join(Desk(workspace, tmp_path / "session", lambda: history, one.record))
            return one

        yield make
        for each in made:
            each.close()


def failed(bench: Bench) -> Foul:
    with pytest.raises(Foul) as caught:
        bench.ask()
    return caught.value


def test_a_session_that_only_tries_nothing_new_is_an_experiment_and_charged(bench: Benches) -> None:
    circling = bench(f"echo 70 > ../used; while :; do {ASK} try -m x; done")
    foul = failed(circling)
    assert (foul.outcome, foul.tokens) == (Outcome.NO_CHANGE, 70)
    assert "in circles" in foul.reason


def test_questions_do_not_keep_a_session_alive_and_too_many_end_it(
    bench: Benches, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Two loops, so that there is always one more question waiting.
    curious = bench(f"(while :; do {ASK} log; done) & while :; do {ASK} brief; done", seconds=1.5)
    began = time.monotonic()
    foul = failed(curious)
    assert foul.outcome is Outcome.TIMEOUT
    assert time.monotonic() - began < 60
    monkeypatch.setattr(rhythm, "MOST_ASKED", 3)
    curious.long.seconds = 60.0
    assert "in circles" in failed(curious).reason


def test_notes_are_as_many_as_anybody_reads(bench: Benches, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rhythm, "MOST_NOTES", 2)
    noting = bench(f"for i in 1 2 3 4; do {ASK} note '#0: a thing'; done; echo 'WIDTH = 64' >> settings.py")
    noting.ask()
    assert [record.kind for record in noting.records if isinstance(record, Note)].count(AGENTS_NOTE) == 2


def test_what_sessions_use_is_charged_once_and_never_below_nothing(bench: Benches) -> None:
    idle = "echo {} > ../used; sleep 60"
    trying = f"echo 100 > ../used; echo 'WIDTH = 64' >> settings.py; {ASK} try -m x; echo 130 > ../used; sleep 60"
    one = bench(idle.format(1000), idle.format(200), trying, seconds=0.7)
    assert [failed(one).tokens for _ in range(2)] == [1000, 200]
    assert one.ask().tokens == 100


def test_what_is_used_after_the_last_try_stands_in_the_ledger(bench: Benches) -> None:
    one = bench(f"echo 100 > ../used; echo 'WIDTH = 64' >> settings.py; {ASK} try -m x; echo 130 > ../used")
    assert one.ask().tokens == 100
    one.tell(Outcome.DISCARD)
    one.long.heard(Ended("enough"))
    one.long.close()
    assert [r.text for r in one.records if isinstance(r, Note) and r.kind == "uncharged"] == [
        "30 tokens and US$ 0 were used after the last try of this run; no experiment is charged with them"
    ]


def test_a_session_goes_on_from_what_a_certificate_rolled_back_to(bench: Benches) -> None:
    one = bench(
        f"sed -i 's/WIDTH = 32/WIDTH = 64/' settings.py; {ASK} try -m wider;"
        f"sed -i 's/tanh/gelu/' settings.py; {ASK} try -m smoother; cat settings.py; sleep 60"
    )
    one.ask()
    one.tell(Outcome.KEEP)
    tip, base = one.history.tip_commit, one.workspace.base
    assert "WIDTH = 64" in one.file(tip)
    one.record(Certificate(1, tip, base, Ruling.ROLLED_BACK, "worse", 1.0, 0.05, 4, 2.0, 1.9, 2.1, -1.0, -1.1, -0.9))
    assert one.ask().hypothesis == "smoother"
    made = one.history.candidates[2]
    assert made.parent == base
    assert '"gelu"' in one.file(made.commit)
    assert "WIDTH = 32" in one.file(made.commit)  # what was rolled back does not come again


def test_files_that_come_and_go_while_a_try_is_read_are_no_fault_of_ours(bench: Benches) -> None:
    churning = bench(
        f"(while :; do : > y1; : > y2; : > y3; rm y1 y2 y3; done) & while :; do {ASK} try -m x; done", seconds=3.0
    )
    for _ in range(3):
        assert failed(churning).outcome in {Outcome.VIOLATION, Outcome.OUT_OF_SCOPE, Outcome.NO_CHANGE, Outcome.TIMEOUT}


@pytest.mark.parametrize("word", ["9" * 5000, "-1", "1" * 10, "²", ""])
def test_a_number_of_any_length_is_no_fault_of_ours(word: str) -> None:
    assert Question("1-1", ("log", word)).number is None
    assert experiment(Question("1-1", ("show", word)), History(), lambda *_: "")[0] == WRONG
    assert Question("1-1", ("log", "12")).number == 12
