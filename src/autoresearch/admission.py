"""Which candidates are not worth measuring: what was measured before, and what no measurement could tell apart."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from autoresearch.causes import Cause
from autoresearch.changes import forms
from autoresearch.errors import Foul
from autoresearch.history import History, is_baseline
from autoresearch.history.lineage import PRUNER, ancestry
from autoresearch.history.tried import tried
from autoresearch.records import Candidate, Experiment, Outcome, Proposal

TUNER = "tuner"
ONE_IDEA = (TUNER, PRUNER)
"""Agents whose change is one move however many places it touches."""
ONE_REQUEST = ("combine", "mend")
"""Steps whose change is what was asked for, however many places it touches."""
_SETTLED = (Outcome.DISCARD, Outcome.CHECKS_FAILED, Outcome.OUT_OF_SCOPE, Outcome.VIOLATION, Outcome.CRASH)
"""How an experiment ended that would end so again. One that ran out of time may be luckier the next time."""
_NAMED = 4
"""Places named in one refusal."""


@dataclass(frozen=True, slots=True)
class Admission:
    """Looks at a candidate before it costs a measurement."""

    bundles: str = "allow"
    """"refuse" sends back what holds several independent changes."""

    def __call__(self, candidate: Candidate, history: History) -> None:
        """Raise Foul(NO_CHANGE) for a duplicate or a bundle. A night that prunes takes what it gets."""
        if history.prunes:
            return
        if earlier := duplicate(candidate.footprint.form, history):
            raise Foul(Outcome.NO_CHANGE, earlier, cause=Cause.DUPLICATE)
        if self.bundles == "refuse" and is_bundle(candidate):
            raise Foul(Outcome.NO_CHANGE, _bundle(candidate), cause=Cause.BUNDLE)


@contextmanager
def charged(proposal: Proposal) -> Iterator[None]:
    """Within, a Foul carries what the attempt has used so far, and what was said in it."""
    try:
        yield
    except Foul as foul:
        foul.cost_usd, foul.tokens, foul.log = proposal.cost_usd, proposal.tokens, proposal.transcript or foul.log
        raise


def duplicate(form: str, history: History) -> str:
    """Which experiment had code of this form already, and what came of it; empty when none had, or it is not known.

    Compared are forms (see `forms`): with the tip, with what it is made of, and with everything of this epoch that
    would end as it did. What a certificate took back may be tried again, and so may what the rig let down.
    """
    if not form:
        return ""
    tip = history.tip
    if tip and tip.candidate and form == _form(tip.candidate, history):
        return f"the code is that of the current best, experiment {tip.number}: only comments or formatting differ"
    for done in _settled(history):
        if done.candidate and _form(done.candidate, history) == form:
            return f"the same code as experiment {done.number}: {_result(done, history)}"
    return ""


def is_bundle(candidate: Candidate) -> bool:
    """Whether a candidate holds several independent changes that were not asked for together."""
    wanted = candidate.step in ONE_REQUEST or candidate.agent in ONE_IDEA
    return not wanted and (candidate.footprint.parts or 1) > 1


def _bundle(candidate: Candidate) -> str:
    places, parts = candidate.footprint.places, candidate.footprint.parts
    more = f" and {len(places) - _NAMED} more places" if len(places) > _NAMED else ""
    named = f"{', '.join(places[:_NAMED])}{more}"
    return f"{parts} independent changes at once ({named}), which one measurement cannot tell apart: make one of them"


def _settled(history: History) -> Iterator[Experiment]:
    """Experiments of this epoch that need no second measurement, the latest first, the baseline too."""
    first = history.baseline.number if history.baseline else 0
    standing = {done.number for done in ancestry(history, history.tip_commit)}
    for done in reversed(history.experiments[first:]):
        would_end_so = done.verdict.outcome in _SETTLED and done.verdict.cause != Cause.UNJUDGED
        if would_end_so or done.number in standing or done.number == first:
            yield done


def _form(candidate: Candidate, history: History) -> str:
    """Its form; the base's is known, and a baseline of a later epoch is the candidate that was the tip."""
    if history.study and candidate.commit == history.study.base:
        return forms.of_base()
    if candidate.footprint.form or candidate.commit != candidate.parent:
        return candidate.footprint.form
    made = (each.footprint.form for each in history.candidates.values() if each.commit == candidate.commit)
    return next((form for form in made if form), "")


def _result(done: Experiment, history: History) -> str:
    """What came of an experiment of this epoch."""
    if is_baseline(done):
        return "the baseline"
    told = next(each for each in tried(history) if each.number == done.number)
    return f"discarded, {told.distance}" if done.verdict.outcome is Outcome.DISCARD else told.story
