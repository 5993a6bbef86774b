"""Limits on other values: met, broken, missing, relative, with their margins; and never a way to a false keep."""

from __future__ import annotations

from statistics import stdev

import pytest
from court import Court

from autoresearch.objectives import Objective
from autoresearch.records import Measurement, Outcome, Ruling, Side
from autoresearch.referees.constraints import broken, violated
from autoresearch.task import Constraint

BASE = (3.0, 3.1, 2.9, 3.05, 2.95)


def begun(*constraints: Constraint, **values: float) -> Court:
    court = Court(constraints=constraints)
    court.values[Side.CANDIDATE] = court.values[Side.INCUMBENT] = dict(values)
    court.attempt(BASE)
    return court


def runs(*values: float | None, name: str = "size") -> list[Measurement]:
    return [
        Measurement("c", Side.CANDIDATE, 1.0, 1, 2.0, values={} if value is None else {name: value}) for value in values
    ]


def test_a_better_candidate_that_breaks_a_limit_is_discarded_and_says_why() -> None:
    court = begun(Constraint("size", max=100.0), size=90.0)
    court.values[Side.CANDIDATE] = {"size": 110.0}
    verdict, _ = court.attempt([1.0])
    assert verdict.outcome is Outcome.DISCARD
    assert verdict.reason == "size = 110 in 1 run is above its limit 100 by more than the margin 0: discarded"
    court.values[Side.CANDIDATE] = {"size": 100.0}
    assert court.attempt([1.0])[0].outcome is Outcome.KEEP
    assert all(recorded == again for recorded, again in court.judged_again())


@pytest.mark.parametrize("values", [{}, {"sise": 3.0}])
def test_a_missing_value_never_meets_a_limit(values: dict[str, float]) -> None:
    court = begun(Constraint("size", max=100.0), size=90.0)
    court.values[Side.CANDIDATE] = values
    verdict, _ = court.attempt([1.0])
    assert verdict.outcome is Outcome.DISCARD
    assert "size is missing" in verdict.reason


def test_a_worse_candidate_is_discarded_for_being_worse() -> None:
    court = begun(Constraint("size", max=100.0), size=90.0)
    court.values[Side.CANDIDATE] = {"size": 500.0}
    verdict, _ = court.attempt([9.0])
    assert "worse than the best so far" in verdict.reason


def test_the_margin_is_two_sigma_of_the_baseline_over_the_root_of_the_runs() -> None:
    baseline = runs(100.0, 104.0, 96.0)
    limit, sigma = Constraint("size", max_ratio=1.0), stdev([100.0, 104.0, 96.0])
    assert not list(broken(limit, runs(100 + 1.99 * sigma), baseline))
    assert list(broken(limit, runs(100 + 2.01 * sigma), baseline))
    assert not list(broken(limit, runs(*[100 + 0.99 * sigma] * 4), baseline))
    assert list(broken(limit, runs(*[100 + 1.01 * sigma] * 4), baseline))


def test_a_margin_that_is_given_is_taken_as_it_is() -> None:
    limit = Constraint("size", min=50.0, margin=3.0)
    assert not list(broken(limit, runs(47.5, 46.5), runs(60.0, 70.0)))
    assert list(broken(limit, runs(46.9), runs(60.0, 70.0)))


@pytest.mark.parametrize("level", [0.0, -5.0, None])
def test_a_share_of_nothing_is_no_limit_anybody_can_meet(level: float | None) -> None:
    assert list(broken(Constraint("size", max_ratio=1.1), runs(-100.0), runs(level, level)))


@pytest.mark.parametrize("values", [(1.0, None), (None,), ()])
def test_every_run_must_have_the_value(values: tuple[float | None, ...]) -> None:
    assert list(broken(Constraint("size", max=100.0), runs(*values), runs(1.0, 1.0)))


def test_the_referees_own_facts_need_no_evaluator() -> None:
    court = begun(Constraint("run.peak_memory_mb", max=100.0), Constraint("run.seconds", max=61.0))
    assert court.attempt([1.0])[0].outcome is Outcome.DISCARD, "unknown memory is not little memory"
    court.peak = 100_000_000
    assert court.attempt([1.0])[0].outcome is Outcome.KEEP


def test_what_a_run_writes_under_the_referees_names_is_not_believed() -> None:
    (said,) = broken(Constraint("run.seconds", max=1.0), runs(0.1, name="run.seconds"), [])
    assert "run.seconds = 2" in said


def test_a_certificate_demands_the_limits_too_and_rolls_back() -> None:
    court = begun(Constraint("size", max=100.0), size=90.0)
    court.attempt([1.0])
    court.values[Side.CANDIDATE] = {"size": 120.0}
    proof, _ = court.certificate([1.0] * 5, [3.0] * 5)
    assert proof.ruling is Ruling.ROLLED_BACK
    assert "rolled back: size = 120 in 5 runs is above its limit 100" in proof.reason
    assert court.history.tip_commit == court.history.proven_commit == "b"
    assert all(recorded == again for recorded, again in court.judged_again())


def test_a_foul_in_a_certificate_is_held_against_the_metric_alone() -> None:
    court = begun(Constraint("size", max=100.0), size=90.0)
    court.attempt([1.0])
    proof, _ = court.certificate([1.0, None, *[1.0] * 6], [3.0] * 8)
    assert proof.ruling is Ruling.CERTIFIED


def test_a_baseline_that_breaks_a_limit_is_named() -> None:
    limits = [Constraint("size", max=100.0), Constraint("speed", min=1.0), Constraint("size", max_ratio=1.0)]
    first, second = violated(limits, runs(150.0, 150.0))
    assert "size = 150 in 2 runs is above its limit 100" in first
    assert "speed is missing" in second


def test_a_part_of_the_metric_that_vanished_is_no_progress() -> None:
    court = Court(objective=Objective("max_over", over=("tests/*",)))
    court.values[Side.CANDIDATE] = court.values[Side.INCUMBENT] = {"tests/a": 1.0, "tests/slow": 3.0}
    court.attempt(BASE)
    court.values[Side.CANDIDATE] = {"tests/a": 1.0}
    verdict, _ = court.attempt([1.0])
    assert verdict.outcome is Outcome.DISCARD
    assert "tests/slow is missing" in verdict.reason
