"""The public score and the sealed data part: who notices."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autoresearch.history import History, StudyStart
from autoresearch.listeners.alarms import gap
from autoresearch.records import (
    Candidate,
    Certificate,
    Direction,
    Experiment,
    Measurement,
    Metric,
    Outcome,
    Ruling,
    Side,
    Verdict,
)

DONE = Certificate(1, "c1", "c0", Ruling.CONTINUE, "", 0.4, 0.006, 1, 8.0, 7.0, 9.0, 0.1, -0.5, 1.0, "holdout")


def study(seen: float, *before: Ruling) -> History:
    """A study whose tip is better than its baseline by `seen` in public, after certificates that ruled so."""
    history = History(Metric("loss", Direction.MINIMIZE, "nat"))
    history.add(StudyStart("toy", "c0", "00", "0"))
    for number, value in enumerate((10.0, 10.0 - seen)):
        candidate = Candidate(number, f"c{number}", "c0", "change")
        history.add(candidate)
        history.add(Measurement(candidate.commit, Side.CANDIDATE, value, 0, 1.0, experiment=number))
        history.add(Experiment(number, candidate, Verdict(Outcome.KEEP, "better"), value, "c0"))
    for ruling in before:
        history.add(replace(DONE, ruling=ruling))
    history.proven = history.baseline
    return history


def said(seen: float, *before: Ruling, **changes: object) -> str:
    done = replace(DONE, **changes)
    history = study(seen, *before)
    history.certificates.append(done)
    return gap(history, done)


def test_sealed_data_that_refuse_the_public_gain_are_an_alarm() -> None:
    assert said(3.0) == (
        "certificate 1: the public score says +3 nat since the last certified commit, the sealed data at most +1 nat"
    )


def test_sealed_data_that_do_not_confirm_it_twice_are_an_alarm() -> None:
    assert said(0.8) == ""
    assert said(0.8, Ruling.CERTIFIED) == ""
    assert "twice in a row" in said(0.8, Ruling.CONTINUE)


@pytest.mark.parametrize("changes", [{"ruling": Ruling.CERTIFIED}, {"split": "public"}, {"commit": "unknown"}])
def test_what_is_confirmed_or_cannot_be_compared_is_none(changes: dict[str, object]) -> None:
    assert said(3.0, Ruling.CONTINUE, **changes) == ""


def test_no_public_gain_is_no_alarm() -> None:
    assert said(-3.0, Ruling.CONTINUE) == ""
