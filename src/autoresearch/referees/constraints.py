"""Limits on other values: a change must stay within them before what it did to the metric counts."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, stdev

from autoresearch import metrics
from autoresearch.history import Evidence, History
from autoresearch.protocols import Referee
from autoresearch.records import Certificate, Measurement, Metric, Outcome, Ruling, Side, Verdict
from autoresearch.referees import words
from autoresearch.referees.proofs import contest
from autoresearch.task import Constraint

SIGMAS = 2.0
"""How far beyond its limit noise may take one run, where no margin is given."""


@dataclass(frozen=True, slots=True)
class Constrained:
    """Another referee whose keeps and certificates also demand that every limit is met, by the very same runs.

    A candidate that would be kept but breaks a limit is discarded; a tip that breaks one in a certificate's fresh runs
    is rolled back; on finite data it is only not certified, for what sealed records say moves nothing. It all can only
    turn a keep into none, so no error rate of the other referee grows.
    """

    inner: Referee
    constraints: tuple[Constraint, ...]

    def next(self, evidence: Evidence) -> Side | Verdict:
        """The other referee's answer, unless it would keep what breaks a limit."""
        answer = self.inner.next(evidence)
        if not isinstance(answer, Verdict) or answer.outcome is not Outcome.KEEP or evidence.history.baseline is None:
            return answer
        runs, rivals = evidence.of(Side.CANDIDATE), baseline_runs(evidence.history)
        broken = next(self._broken(evidence.history, runs, rivals), None)
        return answer if broken is None else replace(answer, outcome=Outcome.DISCARD, reason=f"{broken}: discarded")

    def certificate_due(self, history: History) -> bool:
        """When the other referee says so."""
        return self.inner.certificate_due(history)

    def certify(self, evidence: Evidence) -> Side | Certificate:
        """The other referee's certificate, unless the tip breaks a limit."""
        done = self.inner.certify(evidence)
        if not isinstance(done, Certificate):
            return done
        runs = contest(evidence)
        ours = [run for run in runs if run.side is Side.CANDIDATE]
        theirs = [run for run in runs if run.side is Side.INCUMBENT]
        broken = next(self._broken(evidence.history, ours, theirs), None)
        if broken is None:
            return done
        sealed = evidence.history.metric.source == "depleting"
        ruling, said = (Ruling.CONTINUE, "not certified") if sealed else (Ruling.ROLLED_BACK, "rolled back")
        return replace(done, ruling=ruling, reason=f"{words.trust(evidence.history)}{said}: {broken}")

    def _broken(self, history: History, ours: Sequence[Measurement], rivals: Sequence[Measurement]) -> Iterator[str]:
        """What is wrong with these runs, a phrase each. `rivals` have every part an objective is made of."""
        ours = [run for run in ours if run.value is not None]  # a foul has no values; the metric holds it against it
        if lost := missing(history.metric, ours, rivals):
            yield f"{', '.join(lost)} is missing, though {history.metric.name} is made of it"
        for constraint in self.constraints:
            yield from broken(constraint, ours, baseline_runs(history))


def baseline_runs(history: History) -> list[Measurement]:
    """The runs of this epoch's baseline that measured it; empty before there is one."""
    base = history.baseline
    if base is None or base.candidate is None:
        return []
    return [run for run in history.runs.get((base.candidate.commit, "public"), ()) if run.experiment == base.number]


def broken(constraint: Constraint, runs: Sequence[Measurement], baseline: Sequence[Measurement]) -> Iterator[str]:
    """How these runs break the limit, a phrase each, with value, limit and margin. A missing value breaks it."""
    name, values = constraint.metric, [metrics.named(run, constraint.metric) for run in runs]
    before = [value for run in baseline if (value := metrics.named(run, name)) is not None]
    numbers = [value for value in values if value is not None]
    if not numbers or len(numbers) < len(values):
        yield f"{name} is missing, and a limit on it cannot be met"
        return
    mean = fmean(numbers)
    allowed = _allowed(constraint, before, len(numbers))
    for limit, sign, how in _limits(constraint, before):
        if not sign * (mean - limit) <= allowed:
            side = "above" if sign > 0 else "below"
            at = f"{name} = {mean:.6g} in {words.runs(len(numbers))} is {side} its limit {limit:.6g}{how}"
            yield f"{at} by more than the margin {allowed:.3g}"


def _limits(constraint: Constraint, baseline: Sequence[float]) -> Iterator[tuple[float, int, str]]:
    """Each limit with +1 for "at most" and -1 for "at least", and where it comes from."""
    for limit, sign in ((constraint.max, 1), (constraint.min, -1)):
        if limit is not None:
            yield limit, sign, ""
    for ratio, sign in ((constraint.max_ratio, 1), (constraint.min_ratio, -1)):
        if ratio is not None:
            level = fmean(baseline) if baseline else math.nan
            limit = ratio * level if level > 0 else math.nan  # a share of nothing, or of a debt, is no limit
            yield limit, sign, f" ({ratio:g} x the baseline's {level:.6g})"


def _allowed(constraint: Constraint, baseline: Sequence[float], n: int) -> float:
    """How far noise may take the mean of `n` runs beyond a limit; 0 where the noise is unknown."""
    if constraint.margin is not None:
        return constraint.margin
    return SIGMAS * stdev(baseline) / math.sqrt(n) if len(baseline) > 1 else 0.0


def missing(metric: Metric, runs: Sequence[Measurement], rivals: Sequence[Measurement]) -> list[str]:
    """Parts of the metric that the rivals' runs have and one of these has not: a test that vanished is no progress."""
    if metric.objective is None:
        return []
    expected = {name for run in rivals for name in run.values if metric.objective.uses(name)}
    return sorted(name for name in expected if any(name not in run.values for run in runs))


def violated(constraints: Sequence[Constraint], runs: Sequence[Measurement]) -> list[str]:
    """The limits a baseline breaks, or has no number for, a sentence each: a night could keep nothing."""
    return [
        f"The baseline breaks a constraint: {why}."
        for constraint in constraints
        for why in broken(constraint, runs, runs)
    ]


def unmeasured(constraints: Sequence[Constraint], run: Measurement) -> list[str]:
    """The limits a certificate could never meet, because its runs have no such number, a sentence each."""
    names = {constraint.metric for constraint in constraints if metrics.named(run, constraint.metric) is None}
    return [f"The holdout gives no {name}, which a constraint is about." for name in sorted(names)]
