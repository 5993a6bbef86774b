"""Exact rank statistics: the Mann-Whitney tail, critical values, and the shift with its interval.

Scores point upwards: higher is better. A run without a usable number scores `FOUL`, which every number beats.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

FOUL = -math.inf
"""The score of a run that has no number."""


def scored(value: float | None) -> float:
    """`value` as a score: itself when finite, else `FOUL`. Missing, NaN and infinite are never better."""
    return value if value is not None and math.isfinite(value) else FOUL


def wins(ours: Sequence[float], theirs: Sequence[float]) -> int:
    """The Mann-Whitney U: pairs in which our score is strictly the higher. Ties count for them."""
    ranked = sorted(theirs)
    return sum(bisect_left(ranked, score) for score in ours)


@lru_cache(maxsize=256)
def tail(n: int, m: int) -> tuple[int, ...]:
    """How many of the comb(n + m, n) orderings of `n` and `m` runs have U >= u, for u = 0 ... n*m + 1.

    The orderings by U are the coefficients of the Gaussian binomial, the product of (1 - q^(m+i)) / (1 - q^i) for
    i = 1 ... n (Mann and Whitney 1947); whole numbers throughout, so nothing is rounded.
    """
    orderings = [1] + [0] * (n * m)
    for i in range(1, n + 1):
        for u in range(n * m, m + i - 1, -1):
            orderings[u] -= orderings[u - m - i]
        for u in range(i, n * m + 1):
            orderings[u] += orderings[u - i]
    at_least = [0]
    for count in reversed(orderings):
        at_least.append(at_least[-1] + count)
    return tuple(reversed(at_least))


def p_value(won: int, n: int, m: int) -> float:
    """Probability that `n` runs win at least `won` pairs against `m` runs of the very same thing. Exact."""
    return tail(n, m)[won] / math.comb(n + m, n)


def critical(n: int, m: int, level: float) -> int:
    """The fewest wins with `p_value` at most `level`; n*m + 1, which cannot be reached, when there are none."""
    orderings = math.comb(n + m, n)
    return next(u for u, count in enumerate(tail(n, m)) if count / orderings <= level)


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and its 95 % interval. An end the data cannot bound is infinite."""

    estimate: float
    low: float
    high: float


def shift(ours: Sequence[float], theirs: Sequence[float], *, level: float = 0.05) -> Interval:
    """How much higher our scores are, in their unit (Hodges and Lehmann 1963), with the exact interval.

    The estimate is the median of all differences. The interval holds every shift that the two-sided rank test at
    `level` does not refuse; with too few runs for any refusal (3 against 3 at 5 %) it is unbounded. Exact for a fixed
    number of runs under any noise law; differences of two fouls count as the worst for the estimate and the lower end,
    as the best for the upper end. Raises ValueError without runs on either side.
    """
    n, m = len(ours), len(theirs)
    if not n or not m:
        raise ValueError("a shift needs runs on both sides")
    worst = sorted(_difference(x, y, -math.inf) for x in ours for y in theirs)
    best = sorted(_difference(x, y, math.inf) for x in ours for y in theirs)
    outside = n * m + 1 - critical(n, m, level / 2)
    middle = (
        (worst[(n * m - 1) // 2] + worst[n * m // 2]) / 2 if math.isfinite(worst[n * m // 2]) else worst[n * m // 2]
    )
    if not outside:
        return Interval(middle, -math.inf, math.inf)
    return Interval(middle, worst[outside - 1], best[n * m - outside])


def _difference(x: float, y: float, of_fouls: float) -> float:
    return of_fouls if x == y == FOUL else x - y
