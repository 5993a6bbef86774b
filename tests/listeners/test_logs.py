"""The bound on logs: what goes, in which order, and what never does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from autoresearch.history import History, Note
from autoresearch.listeners.logs import RECENT, Cap, drop
from autoresearch.records import Candidate, Experiment, Outcome, Verdict

SIZE = 1000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def told(folder: Path, outcomes: list[Outcome]) -> History:
    """Experiments with these outcomes, each with a log of a thousand bytes named after it, the oldest first."""
    history = History()
    for number, outcome in enumerate(outcomes):
        path = folder / f"{outcome}{number}.log"
        path.write_bytes(b"x" * SIZE)
        os.utime(path, (number, number))
        candidate = Candidate(number, f"c{number}", "c", "x", transcript=path.stem)
        failed = outcome is Outcome.CRASH
        history.add(
            Experiment(
                number,
                None if failed else candidate,
                Verdict(outcome, "x"),
                None if failed else 1.0,
                "c",
                log=path.stem if failed else "",
            )
        )
    return history


def left(folder: Path) -> set[str]:
    return {path.stem for path in folder.glob("*.log")}


def test_below_the_bound_nothing_goes(folder: Path) -> None:
    history = told(folder, [Outcome.CRASH] * 30)
    assert drop(folder, history, most=30 * SIZE) == (0, 0)
    assert len(left(folder)) == 30


def test_failures_go_first_and_the_oldest_of_them(folder: Path) -> None:
    history = told(folder, [Outcome.KEEP, Outcome.DISCARD, *[Outcome.CRASH] * 18, *[Outcome.DISCARD] * RECENT])
    number, freed = drop(folder, history, most=35 * SIZE)
    assert (number, freed) == (12, 12 * SIZE)
    assert left(folder) >= {"keep0", "discard1", "crash14"}
    assert not left(folder) & {f"crash{n}" for n in range(2, 14)}


def test_then_the_others_and_never_keeps_nor_the_last(folder: Path) -> None:
    history = told(folder, [Outcome.KEEP, *[Outcome.DISCARD] * 10, *[Outcome.CRASH] * 10, *[Outcome.DISCARD] * RECENT])
    drop(folder, history, most=10)
    assert left(folder) == {"keep0", *(f"discard{n}" for n in range(21, 21 + RECENT))}


def test_it_is_done_now_and_then_and_noted(folder: Path) -> None:
    history, notes = told(folder, [Outcome.CRASH] * (2 * RECENT + 1)), list[Note]()
    cap = Cap(folder, lambda: history, notes.append, most=RECENT * SIZE)
    cap(history.experiments[RECENT + 1])
    assert notes == []
    cap(history.experiments[2 * RECENT])
    assert [note.kind for note in notes] == ["logs"]
    assert notes[0].text.startswith(f"{RECENT + 1} old logs were dropped")
    assert cap(notes[0]) is None
