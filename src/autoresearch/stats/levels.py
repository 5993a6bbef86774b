"""Where something stands and how noisy it is: means and standard deviations with their intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev, variance

from autoresearch.stats.quantiles import chi_square, fisher_f, student_t, student_t_cdf
from autoresearch.stats.ranks import Interval

LARGEST = 1e150
"""Numbers beyond it have no finite square; none is read any more, but older ledgers may hold some."""


def mean_interval(values: Sequence[float], *, level: float = 0.05) -> Interval:
    """Mean of `values` with Student's t interval, 95 % by default; unbounded with fewer than two.

    Raises ValueError without values.
    """
    if not values:
        raise ValueError("a mean needs at least one value")
    mean = fmean(values)
    if len(values) == 1:
        return Interval(mean, -math.inf, math.inf)
    half = student_t(1 - level / 2, len(values) - 1) * stdev(values) / math.sqrt(len(values))
    return Interval(mean, mean - half, mean + half)


@dataclass(frozen=True, slots=True)
class Noise:
    """Standard deviation of one run, from repeated runs of one thing."""

    sigma: float
    """0 when the runs do not vary at all."""
    runs: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Noise | None:
        """The noise of `values`; None with fewer than two, when it is unknown rather than 0."""
        return cls(stdev(values), len(values)) if len(values) > 1 else None

    def interval(self, *, level: float = 0.05) -> Interval:
        """`sigma` with its chi-square interval, exact for normal noise. Wide: 0.60 to 2.87 sigma from five runs."""
        freedom = self.runs - 1
        low = self.sigma * math.sqrt(freedom / chi_square(1 - level / 2, freedom))
        high = self.sigma * math.sqrt(freedom / chi_square(level / 2, freedom))
        return Interval(self.sigma, low, high)

    def sigmas(self, gain: float) -> float | None:
        """`gain` in units of `sigma`; None where sigma is 0."""
        return gain / self.sigma if self.sigma else None


def too_variable(ours: Sequence[float], theirs: Sequence[float], *, level: float = 0.05) -> bool:
    """Whether our runs vary significantly more than theirs: the one-sided F test at `level`.

    A commit can buy lucky runs with variance alone; this is how it is noticed. Fewer than two runs on a side, a foul
    among them, or a number whose square overflows count as too variable.
    """
    if _untold(ours, theirs):
        return True
    noise, usual = variance(ours), variance(theirs)
    return noise > usual * fisher_f(1 - level, len(ours) - 1, len(theirs) - 1)


def _untold(ours: Sequence[float], theirs: Sequence[float]) -> bool:
    """Whether variances cannot be told: too few runs, or a number that is none or too large for its square."""
    return min(len(ours), len(theirs)) < 2 or any(not abs(each) <= LARGEST for each in (*ours, *theirs))


def welch_p(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """One-sided p-value of "our mean is no higher", variances unequal (Welch 1947). 1 where it cannot be told."""
    if _untold(ours, theirs):
        return 1.0
    first, second = variance(ours) / len(ours), variance(theirs) / len(theirs)
    difference = fmean(ours) - fmean(theirs)
    if not first + second:
        return 0.0 if difference > 0 else 1.0
    share = first / (first + second)
    freedom = 1 / (share**2 / (len(ours) - 1) + (1 - share) ** 2 / (len(theirs) - 1))
    return student_t_cdf(-difference / math.sqrt(first + second), freedom)


def is_bought(ours: Sequence[float], theirs: Sequence[float], *, level: float) -> bool:
    """Whether a win by ranks may come from variance alone: too variable, and no better by Welch's test at `level`.

    Ranks assume that equally good sides are equally noisy. A side three times as noisy wins too often. Runs without a
    number, which ranks count already, are left out.
    """
    ours, theirs = ([score for score in side if math.isfinite(score)] for side in (ours, theirs))
    return too_variable(ours, theirs) and welch_p(ours, theirs) > level
