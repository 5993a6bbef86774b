"""Gains with their intervals, as sentences need them. What decides anything is computed in `stats/`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean

from autoresearch import referees
from autoresearch.records import Experiment, Measurement, Verdict
from autoresearch.views.levels import Level, t95
from autoresearch.views.paired import beside, is_paired, spread
from autoresearch.views.reading import Reading, Span, own_runs


@dataclass(frozen=True, slots=True)
class Gain:
    """How much better than its parent a commit measured, in the metric's unit; negative is worse."""

    mean: float
    half: float | None
    """Half the width of the 95 % interval; None where the noise is unknown."""
    sigmas: float | None
    """`mean` in standard deviations of one run; None where that is unknown or zero."""
    n: int
    over: int
    """Number of the experiment the parent came from."""
    over_n: int
    beside: float | None = None
    """Where the parent stood in these very runs; None where they did not time it, and so compare with others."""

    @property
    def within_noise(self) -> bool:
        """Whether zero is inside the interval, or there is no interval to say otherwise."""
        return self.half is None or (abs(self.mean) <= self.half)


def measured_gain(reading: Reading, span: Span, done: Experiment) -> Gain | None:
    """Gain of the runs `done` itself asked for over what was known of its parent then. Selected, so never proof.

    It is the figure the verdict names. Where both sides were timed in every run, it is the gain within these runs.
    """
    return _gain(reading, span, done, own_runs(reading.history, done), _known(reading, span, done), done.verdict)


def fresh_gain(reading: Reading, span: Span, done: Experiment) -> Gain | None:
    """The same from the runs `done`'s commit got after it was kept: nothing was selected on these."""
    commit = done.candidate.commit if done.candidate else ""
    fresh = [run for run in span.runs.get(commit, ()) if run.experiment != done.number]
    return _gain(reading, span, done, fresh, span.values(done.parent))


def _known(reading: Reading, span: Span, done: Experiment) -> list[float]:
    """Values of the parent's runs from before the verdict: those nobody picked, where there are any."""
    later = {proof.certificate.number for proof in span.proofs if proof.at > done.number}
    maker = reading.makers.get(done.parent)
    runs = [run for run in span.runs.get(done.parent, ()) if run.value is not None and run.certificate not in later]
    runs = [run for run in runs if (run.experiment or 0) <= done.number]
    fresh = [run for run in runs if maker is None or run.experiment != maker.number]
    return [run.value for run in fresh or runs if run.value is not None]


def _gain(
    reading: Reading,
    span: Span,
    done: Experiment,
    runs: Sequence[Measurement],
    parents: Sequence[float],
    verdict: Verdict | None = None,
) -> Gain | None:
    values = [run.value for run in runs if run.value is not None]
    if not values or not parents:
        return None
    if is_paired(span):
        return _paired(reading, span, done, runs)
    mean = span.epoch.metric.gain(fmean(values), over=fmean(parents))
    if verdict is not None and math.isfinite(named := verdict.statistic.get("gain", mean)):
        mean = named
    floor = span.noise
    sigma = floor.sigma if floor else None
    half = None
    if floor and sigma is not None:
        half = t95(floor.n - 1) * sigma * math.sqrt(1 / len(values) + 1 / len(parents))
    sigmas = mean / sigma if sigma else None
    return Gain(mean, half, sigmas, len(values), _number_of(reading, span, done.parent), len(parents))


def _paired(reading: Reading, span: Span, done: Experiment, runs: Sequence[Measurement]) -> Gain | None:
    """The gain within runs that timed both sides: so many runs of the commit are as many of its parent."""
    metric = span.epoch.metric
    found = referees.paired_gain(metric, runs)
    if not math.isfinite(found.estimate):
        return None
    half = max(found.high - found.estimate, found.estimate - found.low)
    level, usual = beside(metric, runs), spread(span)
    sigma = level * usual if level and usual else None
    return Gain(
        found.estimate,
        half if math.isfinite(half) else None,
        found.estimate / sigma if sigma else None,
        len(runs),
        _number_of(reading, span, done.parent),
        len(runs),
        level,
    )


def _number_of(reading: Reading, span: Span, commit: str) -> int:
    """The baseline where `commit` is this epoch's baseline, else the experiment that made it."""
    baseline = span.baseline
    if baseline and baseline.candidate and baseline.candidate.commit == commit:
        return baseline.number
    maker = reading.makers.get(commit)
    return maker.number if maker else -1


def best_of_luck(floor: Level, tries: int) -> float | None:
    """The gain over the baseline's mean that the luckiest of `tries` unchanged programs stays below, 19 times in 20.

    Bonferroni over normal noise: z(1 - 0.05/tries) * sigma * sqrt(1 + 1/n). None where the noise is unknown.
    """
    if floor.sigma is None:
        return None
    return NormalDist().inv_cdf(1 - 0.05 / max(tries, 1)) * floor.sigma * math.sqrt(1 + 1 / floor.n)
