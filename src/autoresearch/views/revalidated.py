"""What became of kept changes when they were measured again, beside what was claimed for them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autoresearch.history import Archive, Epoch, Revalidation
from autoresearch.records import Certificate, Measurement, Metric
from autoresearch.referees import words
from autoresearch.referees.pairing import worth
from autoresearch.referees.reading import missed
from autoresearch.stats.ranks import FOUL, Interval, shift
from autoresearch.views.effects import Gain, measured_gain
from autoresearch.views.reading import Reading
from autoresearch.views.words import Figures


@dataclass(frozen=True, slots=True)
class Remeasured:
    """One change alone on the base, or all of them together, measured again."""

    experiment: int | None
    """None is all of them together."""
    commit: str
    """What was measured; empty when the change does not apply alone."""
    summary: str
    claimed: Interval | None
    """Gain as it was judged, over its parent in the epoch it was kept in; of all together, the certificate's."""
    gain: Interval | None
    """Gain over the base now, and its 95 % interval; None without runs."""
    runs: int
    verdict: str
    """holds | reversed | not told apart | does not apply alone | failed: why | not measured yet; and missed targets"""


def gain_words(gain: Interval | None, figures: Figures) -> str:
    """A gain and its interval; a dash for none."""
    return f"{figures.signed(gain.estimate)} ({figures.interval(gain.low, gain.high)})" if gain else "–"


@dataclass(frozen=True, slots=True)
class Table:
    """A revalidation, for reading."""

    plan: Revalidation
    metric: Metric
    base_runs: int
    rows: Sequence[Remeasured]


def revalidated(history: Archive) -> Table | None:
    """The last revalidation, as far as it got; None without any."""
    plan = history.revalidation
    if plan is None:
        return None
    reading, runs = Reading.of(history), history.asides.get(plan.purpose, [])
    metric = _metric(history, plan)
    rows = list(_rows(reading, plan, metric, runs))
    return Table(plan, metric, len(_scores(metric, runs, plan.base)), rows)


def _metric(history: Archive, plan: Revalidation) -> Metric:
    epochs = [record for _, record in history.trail if isinstance(record, Epoch)]
    return next((epoch.metric for epoch in epochs if epoch.number == plan.epoch), history.metric)


def _rows(reading: Reading, plan: Revalidation, metric: Metric, runs: Sequence[Measurement]) -> Iterator[Remeasured]:
    for change in plan.changes:
        done = reading.history.experiments[change.experiment]
        span = reading.span_of(done.number)
        said = measured_gain(reading, span, done) if span else None
        summary = done.candidate.summary if done.candidate else ""
        yield remeasured(plan.base, metric, runs, done.number, change.commit, summary, _claimed(said))
    together = f"all {len(plan.changes)} together" if len(plan.changes) != 1 else "the tip"
    proof = next((p for p in reading.history.certificates if (p.commit, p.against) == (plan.tip, plan.base)), None)
    yield remeasured(plan.base, metric, runs, None, plan.tip, together, _proven(proof))


def remeasured(
    base: str,
    metric: Metric,
    runs: Sequence[Measurement],
    number: int | None,
    commit: str,
    summary: str,
    claimed: Interval | None,
) -> Remeasured:
    """What `runs` say of `commit` beside `base`; no commit is a change that does not apply alone."""
    ours, theirs = _scores(metric, runs, commit), _scores(metric, runs, base)
    foul = next((run.foul for run in runs if run.commit == commit and run.value is None and not missed(run)), "")
    gain = shift(ours, theirs) if ours and theirs else None
    verdict = _verdict(gain, is_there=bool(commit), foul=foul)
    if commit and not foul:
        verdict += _without(ours, "target missed") + _without(theirs, "the base's missed")
    return Remeasured(number, commit, summary, claimed, gain, len(ours), verdict)


def _verdict(gain: Interval | None, *, is_there: bool, foul: str) -> str:
    if not is_there:
        return "does not apply alone"
    if foul:
        return f"failed: {foul}"
    if gain is None:
        return "not measured yet"
    return "holds" if gain.low > 0 else "reversed" if gain.high < 0 else "not told apart"


def _without(scores: Sequence[float], what: str) -> str:
    """How many of these runs reached no target; empty when all did."""
    return f"; {what} in {scores.count(FOUL)} of {words.runs(len(scores))}" if FOUL in scores else ""


def _scores(metric: Metric, runs: Sequence[Measurement], commit: str) -> list[float]:
    """The runs of `commit` that went well, as scores; one that missed its target is below every number."""
    return [worth(metric, run) for run in runs if run.commit == commit and (run.value is not None or missed(run))]


def _claimed(gain: Gain | None) -> Interval | None:
    if gain is None:
        return None
    half = math.inf if gain.half is None else gain.half
    return Interval(gain.mean, gain.mean - half, gain.mean + half)


def _proven(proof: Certificate | None) -> Interval | None:
    return Interval(proof.gain, proof.gain_low, proof.gain_high) if proof else None
