"""Reading pairs: what one run says when its evaluation timed the candidate and the incumbent side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean

from autoresearch.errors import UserError
from autoresearch.history import History
from autoresearch.records import Direction, Measurement, Metric
from autoresearch.stats.pairs import centre, lost, signed_p
from autoresearch.stats.ranks import FOUL, Interval, scored

RIVAL = "@incumbent"
"""What an evaluation that timed both sides adds to the metric's name for the incumbent's value."""
TIME_BOTH = 'time both sides in the evaluation, or set preset = "certify" in [referee]'
UNEVEN = 0.001
"""Level at which the baseline, timed beside itself, is found to differ from itself."""


def rival(metric: Metric, run: Measurement) -> float:
    """The incumbent's value in the same run; `FOUL` when it is missing."""
    return scored(run.values.get(metric.name + RIVAL))


def differences(metric: Metric, runs: Sequence[Measurement]) -> list[float]:
    """One log ratio a run, above zero when the run's own value beats the incumbent's.

    `FOUL` unless both are positive numbers.
    """
    return [_difference(metric, scored(run.value), rival(metric, run)) for run in runs]


def worth(metric: Metric, run: Measurement) -> float:
    """One run as a score, higher is better: over the incumbent's value in the same run where there is one.

    In the metric's unit either way; `FOUL` without a number.
    """
    own, other = scored(run.value), rival(metric, run)
    return FOUL if own == FOUL else metric.gain(own, over=0.0 if other == FOUL else other)


def _difference(metric: Metric, own: float, other: float) -> float:
    return metric.gain(math.log(own), over=math.log(other)) if min(own, other) > 0 else FOUL


def relative(metric: Metric, log_ratio: float) -> float:
    """A log ratio as a gain in shares of the incumbent's value: 0.05 is five per cent better."""
    return -math.expm1(-log_ratio) if metric.direction is Direction.MINIMIZE else math.expm1(log_ratio)


def paired_gain(metric: Metric, runs: Sequence[Measurement]) -> Interval:
    """Gain over the incumbent in the metric's unit, at the level the incumbent had in these runs, from pairs alone."""
    found = centre(differences(metric, runs))
    rivals = [value for run in runs if (value := rival(metric, run)) > 0]
    if not rivals:
        return found
    low, middle, high = (relative(metric, each) * fmean(rivals) for each in (found.low, found.estimate, found.high))
    return Interval(middle, low, high)


def own_pairs(history: History) -> list[float]:
    """Log ratios of this epoch's baseline, timed beside itself."""
    if history.baseline is None or history.baseline.candidate is None:
        return []
    runs = history.runs.get((history.baseline.candidate.commit, "public"), ())
    return differences(history.metric, [run for run in runs if run.experiment == history.baseline.number])


def unpaired(metric: Metric, runs: Sequence[Measurement]) -> str:
    """Why these runs cannot be judged in pairs; empty when they can."""
    if any(metric.name + RIVAL not in run.values for run in runs):
        return f"The evaluation writes no {metric.name + RIVAL!r} beside {metric.name!r}: it timed one side only."
    if FOUL in differences(metric, runs):
        return f"The {metric.name} of a run is not a positive number, so it has no ratio to the incumbent's."
    return ""


def refuse_unpaired(metric: Metric, runs: Sequence[Measurement]) -> None:
    """Raise UserError when a run of the baseline holds no pair of positive numbers."""
    if problem := unpaired(metric, runs):
        raise UserError(problem, fix=TIME_BOTH)


def refuse_uneven(metric: Metric, found: Sequence[float]) -> None:
    """Raise UserError when the baseline is faster, or slower, than itself."""
    p = 2 * min(signed_p(lost(found), len(found)), signed_p(lost([-each for each in found]), len(found)))
    if p <= UNEVEN:
        by = f"{abs(relative(metric, centre(found).estimate)):.1%}"
        raise UserError(
            f"The evaluation is not even: timed beside itself, the baseline differs by {by} (p = {p:.1g}).",
            fix="give both sides the same start, and swap their order within each run",
        )
