"""A night ends before its money does, and says so when it cannot know."""

from __future__ import annotations

import math

import pytest

from autoresearch import budget
from autoresearch.history import Asked, Ended, History, Night
from autoresearch.records import Candidate, Experiment, Outcome, Verdict
from autoresearch.task import Budget

START = "2026-01-01T00:00:00+00:00"


def after(*costs: float | None, limit: float = 1.0) -> str:
    history = History()
    history.add(Night(1, Budget(cost_usd=limit), 1, 0, START))
    for number, cost in enumerate(costs):
        history.add(Experiment(number, None, Verdict(Outcome.CRASH, ""), None, "c0", cost_usd=cost, tokens=1))
    return budget.spent(history, START)


def test_the_night_ends_before_an_attempt_like_the_costliest_would_exceed_it() -> None:
    assert after() == ""
    assert after(0.4) == ""
    assert after(0.4, 0.1) == ""
    assert after(0.4, 0.3) == "the budget of 1 US$ has 0.3 left, and a recent attempt took 0.4"
    assert after(0.5, 0.5) == "the budget of 1 US$ is spent"
    assert after(*[0.1] * 9) == "", "what fits exactly fits"
    assert after(*[0.1] * 10) == "the budget of 1 US$ is spent"


def test_only_recent_attempts_tell_what_the_next_may_take() -> None:
    assert after(0.6, *[0.001] * 9) == "the budget of 1 US$ has 0.391 left, and a recent attempt took 0.6"
    assert after(0.6, *[0.001] * 10) == ""


def test_an_unknown_cost_ends_it_with_what_to_do() -> None:
    why = after(0.1, None, 0.1)
    assert "experiment 1 did not report its cost_usd" in why
    assert "limit experiments or hours instead" in why


@pytest.mark.parametrize(
    ("used", "share"), [([], 0.0), ([0.25], 0.25), ([0.6], 1.0), ([1.5], 1.5), ([0.1, None], math.inf)]
)
def test_certificates_are_placed_by_the_same_share(used: list[float | None], share: float) -> None:
    assert budget.share(used, 1.0) == share


def test_what_an_agent_used_that_was_stopped_at_work_is_unknown_until_another_night_is_granted() -> None:
    history, crash = History(), Verdict(Outcome.CRASH, "")
    night = Night(1, Budget(cost_usd=1.0), 1, 0, START)
    tries = Night(2, Budget(experiments=40), 1, 0, START, purpose="try")
    for record in (night, Asked(0), tries, Experiment(0, None, crash, None, "c0"), night, Asked(1)):
        history.add(record)
    assert history.lost == {1}, "a try in between does not hide it"
    history.add(Experiment(1, None, crash, None, "c0"))
    assert "stopped while it worked on experiment 1" in budget.spent(history, START)
    assert "grant another night" in budget.spent(history, START)
    history.add(Asked(2))
    history.add(Night(3, Budget(cost_usd=0.5), 1, 2, START))
    history.add(Asked(2))
    assert history.lost == {1}
    assert budget.spent(history, START) == ""


def test_hours_that_ran_on_while_nothing_ran_are_named() -> None:
    history, began, later = History(), "2026-03-02T00:00:00Z", "2026-03-02T00:02:00Z"
    history.add(Night(1, Budget(hours=0.03), 1, 0, began))
    assert not budget.spent(history, "2026-03-02T00:01:00Z")
    why = budget.spent(history, later)
    assert why == "the budget of 1.8 minutes is spent"
    assert budget.ran_out(history, why), "killed: the night never ended"
    history.add(Ended("stopped by hand"))
    assert budget.ran_out(history, why)
    history.add(Ended(why))
    assert not budget.ran_out(history, why), "the night saw its own end"
    assert not budget.ran_out(history, "the budget of 20 experiments is spent")


def test_an_attempt_gets_what_the_night_has_left() -> None:
    history = History()
    assert budget.left(history, START) == budget.Left()
    history.add(Night(1, Budget(hours=2.0, cost_usd=1.0, tokens=100), 1, 0, START))
    for number, cost in enumerate((0.25, None)):
        history.add(Experiment(number, None, Verdict(Outcome.CRASH, ""), None, "c0", cost_usd=cost, tokens=30))
    later = "2026-01-01T01:30:00+00:00"
    assert budget.left(history, later) == budget.Left(1800.0, 0.75, 40)
    history.add(Candidate(2, "c2", "c0", "a change", cost_usd=0.5, tokens=50))
    assert budget.left(history, later) == budget.Left(1800.0, 0.25, 0), "what its first try used is used"
