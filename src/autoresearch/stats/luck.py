"""What "keep it if it is better" keeps when nothing is better. Exact for any law of noise without ties.

Of attempts that change nothing, the k-th beats all before it, the baseline included, with probability 1/(k + 1),
independently of the others (Renyi 1962): how many are kept has a known distribution, whatever the noise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist, median

LEVEL = 0.05
MOST = 64


def expected_keeps(n: int) -> float:
    """Mean number of false keeps among `n` attempts that change nothing."""
    return sum(1 / (k + 1) for k in range(1, n + 1))


def any_keep(n: int) -> float:
    """Probability of at least one false keep among `n`: n / (n + 1)."""
    return n / (n + 1)


def keeps_by_luck(n: int, at_least: int) -> float:
    """Probability that so many of `n` attempts that change nothing beat everything before them.

    From `MOST` on it is a bound: that of so many, which is beyond belief for every n.
    """
    if at_least <= 0:
        return 1.0
    at_least = min(at_least, MOST)
    below = [1.0] + [0.0] * (at_least - 1)  # probability of 0, 1, ... records so far, those of interest only
    for k in range(1, n + 1):
        p = 1 / (k + 1)
        for count in range(at_least - 1, 0, -1):
            below[count] = below[count] * (1 - p) + below[count - 1] * p
        below[0] *= 1 - p
    return max(0.0, 1.0 - math.fsum(below))


def luckiest(n: int, sigma: float) -> float:
    """Mean lead of the best of `n` equal attempts over their true level, in normal noise of standard deviation `sigma`.

    Blom's approximation, within 0.02 sigma of the exact mean for every n.
    """
    return sigma * NormalDist().inv_cdf((n - 0.375) / (n + 0.25)) if n > 1 else 0.0


def standing_out(n: int, sigma: float) -> float:
    """The lead over one run of the incumbent that none of `n` equal attempts has, 19 times in 20 (Bonferroni)."""
    return NormalDist().inv_cdf(1 - LEVEL / max(n, 1)) * sigma * math.sqrt(2)


def robust_sigma(values: Sequence[float]) -> float | None:
    """Standard deviation from the median distance to the median; None with fewer than four values, or none apart."""
    if len(values) < 4:
        return None
    centre = median(values)
    return 1.4826 * median(abs(value - centre) for value in values) or None
