"""Has the machine changed under us? A self-starting CUSUM over re-measurements of one commit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

from autoresearch.stats.quantiles import student_t_cdf

SLACK = 0.5
"""Drift per run, in sigma, that is let pass. Half of the shift one wants to find soonest: 1 sigma."""
LIMIT = 5.0
"""Alarm above this sum: one false alarm in some 465 runs (two-sided, Montgomery, Statistical Quality Control)."""
_FARTHEST = 8.0


@dataclass(frozen=True, slots=True)
class Drift:
    """What a CUSUM says about a series."""

    alarms: int
    start: int
    """Index of the first value after the last alarm, the one that raised it included: from here on runs compare."""
    total: float
    """The larger of the two sums at the end; `LIMIT` raises the alarm."""


@lru_cache(maxsize=128)
def watch(values: tuple[float, ...]) -> Drift:
    """Look for a lasting change in repeated runs of one commit, oldest first.

    Self-starting (Hawkins 1987): each value is compared with mean and standard deviation of those before it, so no
    sigma need be known, and its Student's t becomes an exact standard normal. After an alarm the series starts anew.
    """
    alarms = start = 0
    up = down = 0.0
    seen = _Running()
    for index, value in enumerate(values):
        z = seen.surprise(value)
        up, down = max(0.0, up + z - SLACK), max(0.0, down - z - SLACK)
        if max(up, down) > LIMIT:
            alarms, start, up, down, seen = alarms + 1, index, 0.0, 0.0, _Running()
        seen.add(value)
    return Drift(alarms, start, max(up, down))


@dataclass(slots=True)
class _Running:
    """Mean and sum of squares of a series, one value at a time (Welford 1962)."""

    n: int = 0
    mean: float = 0.0
    squares: float = 0.0

    def add(self, value: float) -> None:
        self.n += 1
        step = value - self.mean
        self.mean += step / self.n
        self.squares += step * (value - self.mean)

    def surprise(self, value: float) -> float:
        """`value` against those before it, as a standard normal; 0 while fewer than two came before."""
        if self.n < 2:
            return 0.0
        distance = value - self.mean
        if not self.squares:
            return math.copysign(_FARTHEST, distance) if distance else 0.0
        freedom = self.n - 1
        t = abs(distance) / math.sqrt(self.squares / freedom * (1 + 1 / self.n))
        return math.copysign(_normal(student_t_cdf(-t, freedom)), distance)


def _normal(upper: float) -> float:
    """The standard normal value with probability `upper` above it, at most `_FARTHEST`."""
    return min(_FARTHEST, -NormalDist().inv_cdf(upper)) if upper > 0 else _FARTHEST
