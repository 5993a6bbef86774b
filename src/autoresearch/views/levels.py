"""Where a commit stands: mean, spread and interval of its runs, as sentences need them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from statistics import fmean, stdev

from autoresearch.stats.quantiles import student_t


@dataclass(frozen=True, slots=True)
class Level:
    """Where one commit stands: mean and standard deviation of its runs, in the metric's unit."""

    mean: float
    sigma: float | None
    """Of one run; None with fewer than two."""
    n: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Level | None:
        """The level of `values`; None without any."""
        if not values:
            return None
        return cls(fmean(values), stdev(values) if len(values) > 1 else None, len(values))

    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the mean (Student's t); None where the spread is unknown."""
        if self.sigma is None:
            return None
        half = t95(self.n - 1) * self.sigma / math.sqrt(self.n)
        return self.mean - half, self.mean + half


@cache
def t95(freedom: int) -> float:
    """Two-sided 95 % point of Student's t."""
    return student_t(0.975, freedom)
