"""Where a commit stands: mean, spread and interval of its runs, as sentences need them. Rules use `stats/`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean, stdev


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


def t95(freedom: int) -> float:
    """Two-sided 95 % point of Student's t: exact for 1 and 2 degrees of freedom, else within 0.1 %.

    Cornish-Fisher expansion, Abramowitz & Stegun 26.7.5.
    """
    if freedom <= 2:
        return {1: 12.7062, 2: 4.30265}.get(freedom, math.inf)
    z = NormalDist().inv_cdf(0.975)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + math.fsum(term / freedom**power for power, term in enumerate(terms, 1))
