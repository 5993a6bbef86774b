"""What is not measured: what was measured before, and what no measurement could tell apart."""

from __future__ import annotations

import pytest

from autoresearch.admission import Admission, charged
from autoresearch.causes import Cause
from autoresearch.changes import forms
from autoresearch.errors import Foul
from autoresearch.history import Epoch, History, Night
from autoresearch.records import Candidate, Certificate, Experiment, Outcome, Proposal, Ruling, Verdict
from autoresearch.task import Budget
from pasts import Try, candidate, past

PLACES = ("train.py:LR", "train.py:WIDTH")


def refused(history: History, each: Try, *, bundles: str = "allow") -> tuple[str, str]:
    """Cause and reason why the next candidate is not measured; empty ones when it is."""
    try:
        Admission(bundles)(candidate(history, each), history)
    except Foul as foul:
        return foul.cause, foul.reason
    return "", ""


def test_the_same_code_is_answered_with_the_old_result() -> None:
    history = past(Try(1.2, form="a"), Try(0.9, form="b"), Try(None, form="c"), Try(0.95, form="d"))
    assert refused(history, Try(1, form="a")) == (
        Cause.DUPLICATE,
        "the same code as experiment 1: discarded, 24.5 sigma worse",
    )
    assert refused(history, Try(1, form="c")) == (Cause.DUPLICATE, "the same code as experiment 3: crash")
    assert "that of the current best, experiment 2" in refused(history, Try(1, form="b"))[1]
    assert refused(history, Try(1, form=forms.of_base()))[1] == "the same code as experiment 0: the baseline"
    assert refused(history, Try(1, form="new")) == ("", "")


def test_what_the_rig_let_down_may_be_tried_again() -> None:
    assert refused(past(Try(None, form="a", outcome=Outcome.TIMEOUT)), Try(1, form="a")) == ("", "")
    history = past(Try(1.2, form="x"))
    unjudged = candidate(history, Try(1, form="a"))
    history.add(unjudged)
    verdict = Verdict(Outcome.CRASH, "never judged: the setting changed", cause=Cause.UNJUDGED)
    history.add(Experiment(unjudged.number, unjudged, verdict, None, unjudged.parent))
    assert refused(history, Try(1, form="a")) == ("", "")


def test_what_a_certificate_took_back_may_be_tried_again() -> None:
    history = past(Try(0.9, form="a"))
    assert refused(history, Try(1, form="a"))[0] == Cause.DUPLICATE
    history.add(Certificate(1, "c1", "c0", Ruling.ROLLED_BACK, "worse", 1.0, 0.05, 4, 1, 1, 1, -1, -1, -1))
    assert refused(history, Try(1, form="a")) == ("", "")


def test_another_epoch_measures_anew_but_the_tip_is_the_tip() -> None:
    history = past(Try(0.9, form="a"), Try(1.2, form="b"))
    assert history.epoch is None
    history.add(Epoch(2, "d", "t", "sealed", "none", {}, {}, {}, history.metric))
    history.add(Candidate(3, "c1", "c1", "baseline"))
    history.add(Experiment(3, history.candidates[3], Verdict(Outcome.KEEP, "baseline"), 0.9, "c1"))
    assert refused(history, Try(1, form="b")) == ("", "")
    assert "the current best" in refused(history, Try(1, form="a"))[1]


def test_unknown_forms_are_never_the_same() -> None:
    history = past(Try(1.2))
    bare = Candidate(2, "c2", "c0", "somebody's")
    Admission()(bare, history)


def test_a_night_that_prunes_takes_what_it_gets() -> None:
    history = past(Try(1.2, form="a"))
    history.add(Night(2, Budget(experiments=3), 1, 2, "2026-01-01T00:00:00Z", purpose="prune"))
    assert refused(history, Try(1, form="a", parts=3), bundles="refuse") == ("", "")


@pytest.mark.parametrize(
    ("bundles", "each", "is_refused"),
    [
        ("refuse", Try(1, places=PLACES, parts=2), True),
        ("allow", Try(1, places=PLACES, parts=2), False),
        ("refuse", Try(1, places=PLACES, parts=1), False),
        ("refuse", Try(1, places=PLACES, parts=2, step="combine"), False),
        ("refuse", Try(1, places=PLACES, parts=2, agent="tuner"), False),
    ],
)
def test_bundles_are_sent_back_where_the_task_says_so(bundles: str, each: Try, *, is_refused: bool) -> None:
    cause, reason = refused(past(Try(1.2)), each, bundles=bundles)
    assert (cause == Cause.BUNDLE) is is_refused
    if is_refused:
        assert reason.startswith("2 independent changes at once (train.py:LR, train.py:WIDTH)")


def test_what_was_used_is_known_of_a_refusal_too() -> None:
    history = past(Try(1.2, form="a"))
    proposal = Proposal("again", cost_usd=0.5, tokens=12, transcript=b"what was said")
    with pytest.raises(Foul) as caught, charged(proposal):
        Admission()(candidate(history, Try(1, form="a")), history)
    foul = caught.value
    assert (foul.outcome, foul.cost_usd, foul.tokens, foul.log) == (Outcome.NO_CHANGE, 0.5, 12, b"what was said")
