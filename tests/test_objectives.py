"""Several values become one number, or none."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch import config, metrics
from autoresearch.errors import Foul, TaskError
from autoresearch.objectives import Objective, Rank
from autoresearch.records import Direction, Metric, Outcome

TESTS = {"tests/a": 1.0, "tests/b": 4.0, "other": 9.0}
ORDER = (Rank("loss", 0.1), Rank("size", 1.0, 0.0, 9.0), Rank("speed", 0.5, 0.0, 10.0, reverse=True))


def of(objective: Objective, **values: float) -> Metric:
    return Metric("m", Direction.MINIMIZE, objective=objective)


@pytest.mark.parametrize(
    ("kind", "expected"), [("max_over", 4.0), ("min_over", 1.0), ("mean_over", 2.5), ("geometric_over", 2.0)]
)
def test_values_taken_together(kind: str, expected: float) -> None:
    floor = 0.1 if kind == "geometric_over" else 0.0
    objective = Objective(kind, over=("tests/*",), floor=floor)
    assert objective.number(TESTS, seconds=7.0) == pytest.approx(expected)


def test_a_time_near_zero_does_not_make_up_for_the_others() -> None:
    objective = Objective("geometric_over", over=("tests/*",), floor=0.25)
    assert objective.number({"tests/a": 1e-12, "tests/b": 1.0}, seconds=0) == 0.5


@pytest.mark.parametrize("broken", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("kind", ["max_over", "min_over", "mean_over"])
def test_one_part_that_is_no_number_leaves_none(kind: str, broken: float) -> None:
    assert Objective(kind, over=("tests/*",)).number(TESTS | {"tests/c": broken}, seconds=0) is None


@pytest.mark.parametrize(
    "objective",
    [
        Objective("max_over", over=("tests/a", "tests/missing")),
        Objective("mean_over", over=("none/*",)),
        Objective("weighted", weights={"other": 1.0, "missing": 0.0}),
        Objective("lexicographic", order=ORDER),
        Objective("time_to_target", reach="missing", at_most=3.0),
    ],
)
def test_a_missing_part_leaves_none_and_is_a_foul(objective: Objective) -> None:
    assert objective.number(TESTS, seconds=1.0) is None
    with pytest.raises(Foul, match="m needs") as foul:
        metrics.checked(TESTS, of(objective))
    assert foul.value.outcome is Outcome.CRASH


def test_weights_add_up() -> None:
    objective = Objective("weighted", weights={"tests/a": 2.0, "other": -0.5})
    assert objective.number(TESTS, seconds=0) == 2.0 - 4.5
    assert objective.describe() == "+2 x tests/a -0.5 x other"


digits = st.tuples(st.integers(0, 50), st.integers(0, 8), st.integers(0, 20))


@given(digits, digits)
def test_lexicographic_order_is_that_of_the_digits(one: tuple[int, int, int], other: tuple[int, int, int]) -> None:
    def number(digit: tuple[int, int, int]) -> float | None:
        loss, size, slow = digit
        values = {"loss": loss * 0.1 + 0.01, "size": size + 0.2, "speed": 10.0 - slow * 0.5}
        return Objective("lexicographic", order=ORDER).number(values, seconds=0)

    first, second = number(one), number(other)
    assert first is not None
    assert second is not None
    assert (first < second) == (one < other)
    assert (first == second) == (one == other)
    assert abs(first - one[0] * 0.1) <= 0.1, "within a step of the first value"


def test_outside_its_bounds_a_later_place_leaves_no_number() -> None:
    values = {"loss": 1.0, "size": 9.6, "speed": 1.0}
    assert Objective("lexicographic", order=ORDER).number(values, seconds=0) is None


def test_time_counts_only_at_the_target() -> None:
    metric = of(Objective("time_to_target", reach="val_loss", at_most=3.28))
    assert metrics.checked({"val_loss": 3.28}, metric, seconds=61.0)["m"] == 61.0
    assert metrics.checked({"val_loss": 3.29}, metric, seconds=1.0) == {"val_loss": 3.29}
    with pytest.raises(Foul):
        metrics.checked({"val_loss": math.nan}, metric, seconds=1.0)


def test_both_sides_of_a_contest_are_made_alike() -> None:
    values = {"tests/a": 1.0, "tests/b": 2.0, "tests/a@incumbent": 3.0, "tests/b@incumbent": 2.5}
    made = metrics.checked(values, of(Objective("max_over", over=("tests/*",))))
    assert (made["m"], made["m@incumbent"]) == (2.0, 3.0)


def test_a_value_under_the_made_name_is_refused() -> None:
    with pytest.raises(Foul, match="though it is to be made of largest of"):
        metrics.checked(TESTS | {"m": 0.0}, of(Objective("max_over", over=("tests/*",))))


def test_a_part_printed_twice_with_different_values_is_refused() -> None:
    with pytest.raises(Foul, match="more than once"):
        metrics.from_output(b"tests/a: 9\ntests/a: 1\n", of(Objective("max_over", over=("tests/*",))))


def test_the_bounds_hold_for_what_is_made() -> None:
    metric = Metric("m", Direction.MINIMIZE, low=0.0, high=3.0, objective=Objective("max_over", over=("tests/*",)))
    with pytest.raises(Foul) as foul:
        metrics.checked(TESTS, metric)
    assert foul.value.outcome is Outcome.VIOLATION


def test_names_of_the_referee_are_not_read_from_a_run() -> None:
    metric = Metric("m", Direction.MINIMIZE)
    assert metrics.checked({"m": 1.0, "run.seconds": 0.0}, metric) == {"m": 1.0}


BASE = {
    "name": "x",
    "goal": "g",
    "editable": ["a.py"],
    "experiment": {"command": "true", "seconds": 5},
    "evaluation": {"command": "true", "seconds": 5},
}


@pytest.mark.parametrize(
    ("keys", "complaint"),
    [
        ({"objective": "max_over"}, "needs over"),
        ({"objective": "geometric_over", "over": "t/*"}, "needs a floor"),
        ({"objective": "weighted"}, "needs weights"),
        ({"objective": "weighted", "weights": {"a": math.inf}}, "finite"),
        ({"objective": "lexicographic", "order": [{"name": "a", "step": 1.0}]}, "two values or more"),
        ({"objective": "lexicographic", "order": [{"name": n, "step": 1.0} for n in "ab"]}, "need bounds"),
        ({"objective": "time_to_target"}, "needs reach"),
        ({"objective": "time_to_target", "reach": "loss < 3"}, "a name, <= or >=, and a number"),
        ({"objective": "time_to_target", "reach": "loss <= 3", "direction": "maximize"}, "must be minimize"),
        ({"over": "t/*"}, "says nothing about"),
        ({"objective": "slowest"}, "Input should be"),
    ],
)
def test_what_does_not_fit_is_one_sentence(keys: dict[str, object], complaint: str) -> None:
    with pytest.raises(TaskError, match=complaint) as error:
        config.parse(BASE | {"metric": {"name": "m", "direction": "minimize"} | keys})
    assert "metric" in error.value.message


@pytest.mark.parametrize(
    ("limit", "complaint"),
    [
        ({"metric": "a"}, "needs max, min, max_ratio or min_ratio"),
        ({"metric": "a", "max": math.nan}, "finite"),
        ({"metric": "a", "max_ratio": -1.0}, "greater than 0"),
        ({"metric": "a", "max": 1.0, "margin": -1.0}, "greater than or equal to 0"),
        ({"metric": "run.second", "max": 1.0}, "not one of the referee's own: run.seconds"),
        ({"metric": "a", "maxi": 1.0}, "did you mean 'max'"),
    ],
)
def test_a_limit_that_is_none_is_refused(limit: dict[str, object], complaint: str) -> None:
    with pytest.raises(TaskError, match=complaint):
        config.parse(BASE | {"metric": {"name": "m", "direction": "minimize"}, "constraint": [limit]})


def test_a_limit_changes_what_is_measured_and_a_trade_off_does_not() -> None:
    task = BASE | {"metric": {"name": "m", "direction": "minimize"}}
    plain = config.parse(task)
    assert config.parse(task | {"constraint": [{"metric": "a", "max": 1.0}]}).digest != plain.digest
    assert config.parse(task | {"report": {"pareto": {"a": "maximize"}}}).digest == plain.digest


@pytest.mark.parametrize(
    ("objective", "parts"),
    [
        (Objective("mean_over", over=("a*",)), {"a1": 1.7e308, "a2": 1.7e308}),
        (Objective("weighted", weights={"a": 1e300, "b": -1e300}), {"a": 1e99, "b": 1e99}),
        (Objective("weighted", weights={"a": 1e10}), {"a": 1e99}),
        (Objective("lexicographic", order=(Rank("a", 1e-300), Rank("b", 1, 0, 10))), {"a": 1e99, "b": 1}),
    ],
)
def test_what_overflows_is_no_number(objective: Objective, parts: dict[str, float]) -> None:
    assert objective.number(parts, seconds=1.0) is None
