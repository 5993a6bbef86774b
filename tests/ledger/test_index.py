"""The derived index: right, quick to make again, and never believed against the ledger."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from autoresearch.errors import LedgerError, UserError
from autoresearch.history import History
from autoresearch.ledger import Ledger, index
from autoresearch.records import Candidate, Experiment, Measurement, Outcome, Side, Verdict


def experiment(number: int) -> Experiment:
    outcome = Outcome.KEEP if number % 3 == 0 else Outcome.CRASH if number % 3 == 1 else Outcome.DISCARD
    made = Candidate(number, f"{number:040x}", "p" * 40, f"change {number}", agent="tuner")
    return Experiment(number, made, Verdict(outcome, "why"), None if number % 3 == 1 else float(number), "p" * 40)


@pytest.fixture
def paths(tmp_path: Path) -> tuple[Path, Path]:
    ledger = Ledger(tmp_path / "ledger.jsonl", History())
    for number in range(9):
        ledger.append(Measurement("c" * 40, Side.CANDIDATE, 1.0, 1, 0.1, experiment=number), experiment(number))
    return ledger.path, tmp_path / "index.sqlite"


def test_questions_are_answered(paths: tuple[Path, Path]) -> None:
    assert index.numbers(*paths) == list(range(9))
    assert index.numbers(*paths, where="outcome = 'keep'", order="value desc") == [6, 3, 0]
    assert index.numbers(*paths, where="value is null") == [1, 4, 7]
    assert index.numbers(*paths, where="summary like '%8'") == [8]


def test_what_is_appended_is_found(paths: tuple[Path, Path]) -> None:
    assert len(index.numbers(*paths)) == 9
    ledger = Ledger(paths[0], History())
    ledger.append(experiment(9))
    assert index.numbers(*paths, where="number > 7") == [8, 9]


@pytest.mark.parametrize("damage", ["gone", "garbage", "of another ledger", "of another version"])
def test_it_can_be_deleted_and_damaged(paths: tuple[Path, Path], damage: str, tmp_path: Path) -> None:
    before = index.numbers(*paths)
    if damage == "gone":
        paths[1].unlink()
    elif damage == "garbage":
        paths[1].write_bytes(b"not a database at all" * 100)
    elif damage == "of another version":
        import sqlite3
        from contextlib import closing

        with closing(sqlite3.connect(paths[1])) as database, database:
            database.execute("UPDATE read SET version = 0")
    else:
        other = Ledger(tmp_path / "other.jsonl", History())
        other.append(*(replace(experiment(number), agent="else") for number in range(12)))
        paths[1].unlink()
        assert len(index.numbers(other.path, paths[1])) == 12
        Ledger(paths[0], History()).append(experiment(9))
        before = [*before, 9]
    assert index.numbers(*paths) == before


def test_a_wrong_ledger_is_refused_however_the_index_looks(paths: tuple[Path, Path]) -> None:
    lines = paths[0].read_bytes().splitlines(keepends=True)
    paths[0].write_bytes(b"".join([*lines[:3], *lines[4:]]))
    with pytest.raises(LedgerError, match="line 4"):
        index.numbers(*paths)


def test_a_question_nobody_understands_names_the_columns(paths: tuple[Path, Path]) -> None:
    with pytest.raises(UserError) as caught:
        index.numbers(*paths, where="colour = 'red'")
    assert "outcome" in caught.value.fix


def test_a_question_changes_nothing(paths: tuple[Path, Path]) -> None:
    with pytest.raises(UserError):
        index.numbers(*paths, where="1); DELETE FROM experiment; --")
    assert len(index.numbers(*paths)) == 9
