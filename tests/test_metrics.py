"""Reading a number from a process that may lie."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch import metrics
from autoresearch.errors import Foul
from autoresearch.objectives import Objective
from autoresearch.records import Direction, Metric, Outcome

LOSS = Metric("loss", Direction.MINIMIZE, low=0.0, high=100.0)


def foul_of(data: bytes, *, output: bool = False) -> Foul:
    with pytest.raises(Foul) as caught:
        (metrics.from_output if output else metrics.from_json)(data, LOSS)
    return caught.value


def test_numbers_come_through() -> None:
    assert metrics.from_json(b'{"loss": 1.5, "steps": 3}', LOSS) == {"loss": 1.5, "steps": 3.0}


@pytest.mark.parametrize(
    "text",
    [
        '{"loss": NaN}',
        '{"loss": -Infinity}',
        '{"loss": 1e999}',
        '{"loss": 1' + 400 * "0" + "}",
        '{"loss": true}',
        '{"loss": "0.1"}',
        '{"loss": null}',
        '{"loss": [1]}',
        '{"loss": 1, "loss": 2}',
        '{"los": 1}',
        "[1]",
        "1",
        "",
        "{",
        "[" * 100_000,
    ],
)
def test_what_is_not_a_finite_number_is_a_crash(text: str) -> None:
    assert foul_of(text.encode()).outcome is Outcome.CRASH


@pytest.mark.parametrize("value", [-0.001, 100.001, 1e300])
def test_outside_the_physical_bounds_is_a_violation(value: float) -> None:
    assert foul_of(b'{"loss": %r}' % value).outcome is Outcome.VIOLATION


def test_the_evaluation_may_accuse() -> None:
    foul = foul_of(b'{"loss": 1.0, "violation": "looked ahead"}')
    assert (foul.outcome, foul.reason) == (Outcome.VIOLATION, "looked ahead")


def test_a_huge_file_is_refused() -> None:
    assert "larger" in foul_of(b"x" * (metrics.MAX_BYTES + 1)).reason


@pytest.mark.parametrize(
    "output",
    [
        b"METRIC loss=0.5\n",
        b"noise\nloss: 0.5\nmore\n",
        b"\rstep 1\rstep 2\nloss = 5e-1\n",
        b"loss: 9\nMETRIC loss=0.5\n",
        b"\xff\xfe\nloss: .5\n",
    ],
)
def test_lines_of_output(output: bytes) -> None:
    assert metrics.from_output(output, LOSS)["loss"] == 0.5


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (b"", "no number named 'loss'"),
        (b"los: 1\n", "found los"),
        (b"the loss: 0.5 is\n", "no number named"),
        (b"loss: 1\nloss: 2\n", "more than once"),
        (b"loss: nan\n", "not a finite number"),
        (b"METRIC loss=inf\n", "not a finite number"),
    ],
)
def test_output_without_one_clear_number(output: bytes, words: str) -> None:
    assert words in foul_of(output, output=True).reason


@given(st.binary(max_size=300))
def test_any_bytes_give_a_number_or_a_foul(data: bytes) -> None:
    for read in (metrics.from_json, metrics.from_output):
        try:
            assert 0.0 <= read(data, LOSS)["loss"] <= 100.0
        except Foul:
            pass


def test_scores_of_single_records_stand_beside_the_score() -> None:
    data = b'{"loss": 1.5, "records": [1, 2.0]}'
    assert metrics.from_json(data, LOSS) == {"loss": 1.5}
    assert metrics.records(data, 1.5) == (1.0, 2.0)
    assert metrics.records(b'{"loss": 1.5}', 1.5) == ()


@pytest.mark.parametrize(
    ("records", "words"),
    [
        ("[1, true]", "not a list of finite numbers"),
        ("[1, NaN]", "not a list of finite numbers"),
        ('{"a": 1}', "not a list of finite numbers"),
        ('"12"', "not a list of finite numbers"),
        ("[]", "has 0 entries"),
        ("[" + "1.5," * metrics.MAX_RECORDS + "1.5]", "50001 entries"),
        ("[1, 3]", "the mean of records is 2, but the score is 1.5"),
    ],
)
def test_records_that_are_not_what_the_score_averages_are_refused(records: str, words: str) -> None:
    with pytest.raises(Foul, match=words):
        metrics.records(f'{{"loss": 1.5, "records": {records}}}'.encode(), 1.5)


@pytest.mark.parametrize("value", ["1e101", "-1.7e308", "1" + 200 * "0"])
def test_a_number_too_large_to_reckon_with_is_a_crash(value: str) -> None:
    wide, data = Metric("loss", Direction.MINIMIZE), f'{{"loss": {value}}}'.encode()
    for read, text in ((metrics.from_json, data), (metrics.from_output, f"loss: {value}\n".encode())):
        with pytest.raises(Foul, match="too large") as caught:
            read(text, wide)
        assert caught.value.outcome is Outcome.CRASH
    beside = f'{{"loss": 1, "x": {value}}}'.encode()
    assert metrics.from_json(beside, wide) == {"loss": 1.0}, "what does not count is left out, as infinite values are"


@pytest.mark.parametrize("records", ["1" + 400 * "0", "1.7e308, 1.7e308, -1.7e308, -1.7e308", "1e101"])
def test_records_too_large_to_add_up_are_refused(records: str) -> None:
    with pytest.raises(Foul, match="not a list of finite numbers"):
        metrics.records(f'{{"loss": 0.0, "records": [{records}]}}'.encode(), 0.0)


def test_parts_too_large_to_add_up_are_a_crash() -> None:
    made = Metric("loss", Direction.MINIMIZE, objective=Objective("weighted", weights={"a": 1.0, "b": 1.0}))
    with pytest.raises(Foul, match="loss needs") as caught:
        metrics.from_json(b'{"a": 1.7e308, "b": 1.7e308}', made)
    assert caught.value.outcome is Outcome.CRASH
