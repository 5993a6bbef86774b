"""Gains with their intervals, as sentences need them. What decides anything is computed in `stats/`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean

from autoresearch import referees
from autoresearch.records import Experiment, Measurement
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
    """Gain of the runs `done` itself asked for over all public runs of its parent. Selected, so never proof.

    Where both sides were timed in every run, the gain within these runs.
    """
    return _gain(reading, span, done, own_runs(reading.history, done))


def fresh_gain(reading: Reading, span: Span, done: Experiment) -> Gain | None:
    """The same from the runs `done`'s commit got after it was kept: nothing was selected on these."""
    commit = done.candidate.commit if done.candidate else ""
    return _gain(reading, span, done, [run for run in span.runs.get(commit, ()) if run.experiment != done.number])


def _gain(reading: Reading, span: Span, done: Experiment, runs: Sequence[Measurement]) -> Gain | None:
    values, parents = [run.value for run in runs if run.value is not None], span.values(done.parent)
    if not values or not parents:
        return None
    if is_paired(span):
        return _paired(reading, span, done, runs)
    mean = span.epoch.metric.gain(fmean(values), over=fmean(parents))
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
