"""The owner's command after every experiment: nobody waits for it, one runs at a time, an outage is one note."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from autoresearch.history import Ended, Note
from autoresearch.listeners import errand as errands
from autoresearch.listeners.errand import Errand
from autoresearch.records import Experiment, Outcome, Verdict

DONE = Experiment(1, None, Verdict(Outcome.CRASH, "x"), None, "c0")


def test_a_slow_errand_is_not_waited_for_and_the_last_one_sees_everything(tmp_path: Path) -> None:
    notes: list[Note] = []
    run = Errand(notes.append, ("sh", "-c", "until [ -e go ]; do sleep 0.02; done; echo x >> done"), tmp_path)
    for _ in range(5):
        run(DONE)
    (tmp_path / "go").touch()
    run(Ended("over"))
    assert (tmp_path / "done").read_text() == "x\nx\n"
    assert notes == []


def test_an_outage_is_one_note_and_stops_nothing(tmp_path: Path) -> None:
    notes: list[Note] = []
    run = Errand(notes.append, ("sh", "-c", "exit 3"), tmp_path)
    for _ in range(4):
        run(DONE)
        time.sleep(0.1)
    run(Ended("over"))
    assert notes == [Note("fault", "hooks.experiment: it ended with status 3")]


def test_a_program_that_is_not_there_is_a_note(tmp_path: Path) -> None:
    notes: list[Note] = []
    Errand(notes.append, ("no-such-program",), tmp_path)(DONE)
    assert "could not finish" in notes[0].text


def test_one_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errands, "LAST", 0.2)
    notes: list[Note] = []
    run = Errand(notes.append, ("sleep", "60"), tmp_path)
    run(DONE)
    run(Ended("over"))
    assert run.running is None
    assert notes == [Note("fault", "hooks.experiment: it did not end in time")]


def test_without_a_command_nothing_happens(tmp_path: Path) -> None:
    run = Errand([].append, (), tmp_path)
    run(DONE)
    run(Ended("over"))
    assert run.running is None
