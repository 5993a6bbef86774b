"""The ledger: durable, chained, repaired only where nothing was ever acknowledged."""

from __future__ import annotations

import json
import math
import multiprocessing
import os
import resource
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch.errors import LedgerError, UserError
from autoresearch.history import Control, History, Note, StudyStart
from autoresearch.ledger import Ledger
from autoresearch.ledger.events import GENESIS, SCHEMA, TYPES, decode, digest, encode
from autoresearch.records import Candidate, Certificate, Experiment, Measurement, Outcome, Ruling, Side, Verdict

COMMIT = "c" * 40
CANDIDATE = Candidate(1, COMMIT, "p" * 40, "LR 1 -> 2", detail={"constants": {"LR": 2.0}})
RECORDS = [
    StudyStart("toy", "b" * 40, "00ff", "0.1.0"),
    CANDIDATE,
    Measurement(COMMIT, Side.CANDIDATE, 0.1 + 0.2, 7, 0.5, experiment=1, values={"loss": 0.1 + 0.2}),
    Measurement(COMMIT, Side.CANDIDATE, None, 7, 0.5, certificate=1, foul="crash: it died"),
    Experiment(1, CANDIDATE, Verdict(Outcome.KEEP, "better", {"sigma": 1.5}), 0.3, "p" * 40),
    Certificate(
        1, COMMIT, "p" * 40, Ruling.CONTINUE, "no", 1.0, 0.05, 4, 1.0, -math.inf, math.inf, 0.0, -math.inf, math.inf
    ),
    Control("pause"),
    Note("alarm", "drift ✓"),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.jsonl"


@pytest.fixture
def full(path: Path) -> Path:
    Ledger(path, History()).append(*RECORDS)
    return path


def test_what_is_read_is_what_was_written(full: Path) -> None:
    assert [event.record for event in Ledger(full, History()).refresh()] == RECORDS


def test_floats_survive_to_the_last_bit(full: Path) -> None:
    measurement = Ledger(full, History()).refresh()[2].record
    assert measurement.value == 0.1 + 0.2


@given(st.floats(allow_nan=False), st.text())
def test_any_number_and_any_text_survive(value: float, text: str) -> None:
    record = Measurement(
        COMMIT, Side.INCUMBENT, value, 1, 0.0, experiment=0, foul=text.encode("utf-8", "ignore").decode()
    )
    line = encode(record, seq=0, prev=GENESIS, at="now")
    assert b"\n" not in line
    assert decode(line, seq=0, prev=GENESIS).record == record


def test_nan_is_refused_at_the_door(path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        Ledger(path, History()).append(Measurement(COMMIT, Side.CANDIDATE, math.nan, 1, 0.0))
    assert not path.exists() or path.read_bytes() == b""


def test_each_line_carries_the_hash_of_the_one_before(full: Path) -> None:
    lines = full.read_bytes().splitlines()
    previous = [json.loads(line)["prev"] for line in lines]
    assert previous == [GENESIS] + [digest(line) for line in lines[:-1]]


@pytest.mark.parametrize("cut", [1, 5, 60])
def test_a_torn_last_line_is_cut_off_by_the_next_writer(full: Path, cut: int) -> None:
    os.truncate(full, full.stat().st_size - cut)
    reader = Ledger(full, History())
    assert len(reader.refresh()) == len(RECORDS) - 1
    reader.append(Note("after", "the cut"))
    assert [event.record for event in Ledger(full, History()).refresh()] == [*RECORDS[:-1], Note("after", "the cut")]


def test_a_reader_does_not_touch_a_torn_line(full: Path) -> None:
    os.truncate(full, full.stat().st_size - 3)
    before = full.read_bytes()
    Ledger(full, History()).refresh()
    assert full.read_bytes() == before


@pytest.mark.parametrize("line", range(len(RECORDS) - 1))
def test_any_changed_byte_is_refused_with_file_and_line(full: Path, line: int) -> None:
    lines = full.read_bytes().splitlines(keepends=True)
    lines[line] = lines[line].replace(b'"at":"2', b'"at":"3', 1)
    full.write_bytes(b"".join(lines))
    with pytest.raises(LedgerError, match=rf"{full}, line {line + 2}: .*was changed"):
        Ledger(full, History()).refresh()


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        (lambda lines: lines[:2] + lines[3:], "numbered 3 where 2 belongs"),
        (lambda lines: [lines[0], *lines], "numbered 0 where 1 belongs"),
        (lambda lines: [b"garbage\n", *lines[1:]], "is not JSON"),
        (lambda lines: [lines[0].replace(b'"schema":1', b'"schema":99'), *lines[1:]], "schema 99"),
        (lambda lines: [b"[]\n", *lines[1:]], "not a JSON object"),
    ],
)
def test_other_damage_is_named(full: Path, damage: object, complaint: str) -> None:
    assert callable(damage)
    full.write_bytes(b"".join(damage(full.read_bytes().splitlines(keepends=True))))
    with pytest.raises(LedgerError, match=complaint):
        Ledger(full, History()).refresh()


def test_every_type_has_a_name_and_the_schema_is_a_number() -> None:
    assert isinstance(SCHEMA, int)
    assert len(set(TYPES.values())) == len(TYPES)


@pytest.mark.parametrize("place", ["gone", "shorter", "as long", "longer"])
def test_another_ledger_in_its_place_is_neither_told_as_this_one_nor_written_to(full: Path, place: str) -> None:
    reader = Ledger(full, History())
    reader.refresh()
    kept = {"shorter": RECORDS[:3], "as long": RECORDS, "longer": [*RECORDS, *RECORDS]}
    full.unlink()
    if place != "gone":
        Ledger(full, History()).append(replace(RECORDS[0], secret="11ff"), *kept[place][1:])  # type: ignore[type-var]
    before = full.read_bytes() if full.exists() else None
    for _ in range(2):
        with pytest.raises(LedgerError, match="is not the ledger read so far"):
            reader.refresh()
        with pytest.raises(LedgerError, match="is not the ledger read so far"):
            reader.append(Control("pause"))
    assert (full.read_bytes() if full.exists() else None) == before
    assert len(reader.history.experiments) == 1


def _append_many(path: Path, who: str) -> None:
    ledger = Ledger(path, History())
    for i in range(40):
        ledger.append(Note(who, str(i)))


def test_several_writers_interleave_without_losing_a_line(path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_append_many, args=(path, who)) for who in "abc"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    records = [event.record for event in Ledger(path, History()).refresh()]
    for who in "abc":
        assert [record.text for record in records if record.kind == who] == [str(i) for i in range(40)]


def _append_for_ever(path: Path) -> None:
    ledger = Ledger(path, History())
    for i in range(10**6):
        ledger.append(Note("n", str(i)))


def test_a_writer_killed_at_any_instant_leaves_a_ledger_that_verifies(path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    seen = 0
    for _ in range(5):
        writer = context.Process(target=_append_for_ever, args=(path,))
        writer.start()
        while not path.exists() or path.stat().st_size <= seen:
            time.sleep(0.005)
        time.sleep(0.02)
        assert writer.pid
        os.kill(writer.pid, signal.SIGKILL)
        writer.join()
        Ledger(path, History()).append(Note("after", "the kill"))
        assert path.stat().st_size > seen
        seen = path.stat().st_size
    Ledger(path, History()).refresh()


def test_a_disk_that_refuses_is_one_sentence_and_loses_nothing(full: Path) -> None:
    before = full.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 20, hard))
    try:
        with pytest.raises(UserError, match="File too large.*nothing recorded so far is lost"):
            Ledger(full, History()).append(Note("a", "b" * 1000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert full.read_bytes() == before
    Ledger(full, History()).append(Note("a", "there is room again"))


@pytest.mark.parametrize(("tokens", "cost"), [(10**400, 1e308), (10**12 + 1, math.inf), (-1, -1.0)])
def test_a_bill_that_nobody_can_have_run_up_is_unknown_wherever_it_was_written_down(
    path: Path, tokens: int, cost: float
) -> None:
    made = replace(CANDIDATE, tokens=tokens, cost_usd=cost)
    done = replace(RECORDS[4], candidate=made, tokens=tokens, cost_usd=cost)  # type: ignore[type-var]
    ledger = Ledger(path, History())
    ledger.append(made, done)
    read = ledger.history.experiments[0]
    assert read.candidate == ledger.history.candidates[1] == CANDIDATE
    assert (read.tokens, read.cost_usd) == (None, None)
