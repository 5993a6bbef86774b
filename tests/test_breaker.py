"""When an agent is given up, and when it is not: from the ledger alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from autoresearch import breaker
from autoresearch.causes import Cause
from autoresearch.history import Ended, History
from autoresearch.records import Candidate, Experiment, Outcome, Verdict


def history(*reasons: str, outcome: Outcome = Outcome.CRASH, cause: str = Cause.LOGIN) -> History:
    """A baseline, then failures of the agent for these reasons."""
    told = History()
    baseline = Candidate(0, "c0", "c0", "baseline")
    told.add(Experiment(0, baseline, Verdict(Outcome.KEEP, "baseline"), 1.0, "c0"))
    for reason in reasons:
        fail(told, reason, outcome=outcome, cause=cause)
    return told


def fail(told: History, reason: str, *, outcome: Outcome = Outcome.CRASH, cause: str = Cause.LOGIN) -> None:
    told.add(Experiment(told.next_number, None, Verdict(outcome, reason, cause=cause), None, "c0"))


def test_like_failures_in_a_row_trip_it_with_what_to_do() -> None:
    told = history("answered 401 after 1.2 s", "answered 401 after 3 s")
    assert not breaker.tripped(told, 3)
    fail(told, "answered 401 after 17 s")
    assert breaker.tripped(told, 3) == (
        "the agent failed 3 times in a row in the same way (login: answered 401 after 17 s); log in again, or renew the"
        " key in its environment variable, then `autoresearch run` goes on"
    )
    assert not breaker.tripped(told, 4)
    assert not breaker.tripped(told, 0)


@pytest.mark.parametrize(
    "other",
    [
        (Outcome.TIMEOUT, "x", Cause.LOGIN),
        (Outcome.CRASH, "x", Cause.MODEL),
        (Outcome.CRASH, "another reason", Cause.LOGIN),
    ],
)
def test_another_kind_of_failure_in_between_resets_it(other: tuple[Outcome, str, Cause]) -> None:
    outcome, reason, cause = other
    told = history("x", "x")
    fail(told, reason, outcome=outcome, cause=cause)
    assert not breaker.tripped(told, 3)
    fail(told, "x")
    fail(told, "x")
    assert not breaker.tripped(told, 3)


def test_whatever_could_be_measured_resets_it() -> None:
    told = history("x", "x", cause="")
    number = told.next_number
    candidate = Candidate(number, "c9", "c0", "a change")
    told.add(Experiment(number, candidate, Verdict(Outcome.CRASH, "x"), None, "c0"))
    assert not breaker.tripped(told, 3)
    assert not breaker.tripped(told, 1)


def test_a_run_that_begins_again_counts_from_nothing() -> None:
    told = history("x", "x", "x")
    assert breaker.tripped(told, 3)
    told.add(Ended("the agent failed"))
    assert not breaker.tripped(told, 3)
    fail(told, "x")
    fail(told, "x")
    assert not breaker.tripped(told, 3)
    fail(told, "x")
    assert breaker.tripped(told, 3)


def test_a_failure_without_a_cause_points_to_what_was_said() -> None:
    said = breaker.tripped(history("ended with status 3", "ended with status 4", cause=""), 2)
    assert "(crash: ended with status 4)" in said
    assert "`autoresearch show 2`" in said


def test_every_cause_is_explained() -> None:
    page = (Path(__file__).parents[1] / "docs" / "explanation" / "when-an-agent-fails.md").read_text()
    explained = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    assert sorted(explained) == sorted(Cause)
