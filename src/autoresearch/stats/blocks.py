"""Paired records that depend on their neighbours: the exact signed-rank test over contiguous blocks.

Two commits are scored on the same records in the same order. The differences are cut into contiguous blocks long
against the reach of dependence, so that block means are independent of each other for all that matters. If neither
commit is better, each block's difference is as likely to have either sign, and every one of the 2^blocks ways to sign
the ranks of their sizes is equally likely (Wilcoxon 1945): whole numbers, nothing approximated, no law assumed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from statistics import fmean, median

from autoresearch.stats.levels import mean_interval
from autoresearch.stats.ranks import Interval

MOST_BLOCKS = 16
SHORTEST = 10
"""Records in a block, at least."""


@dataclass(frozen=True, slots=True)
class Paired:
    """How two commits compare on the same records."""

    p: float
    """Of "no better", one-sided, exact."""
    gain: Interval
    """How much better ours is, per record (Hodges and Lehmann 1963)."""
    blocks: int
    length: int
    """Records in a block; some have one more."""


def paired(ours: Sequence[float], theirs: Sequence[float], *, interval: float = 0.05) -> Paired:
    """Compare two commits record by record; higher is better. A tie counts for theirs.

    The gain's interval holds every shift that the two-sided test at `interval` does not refuse. Raises ValueError when
    the records are not the same number, or too few for one block.
    """
    if len(ours) != len(theirs):
        raise ValueError(f"{len(ours)} records against {len(theirs)}")
    means = block_means([x - y for x, y in zip(ours, theirs, strict=True)])
    return Paired(p_value(means), pseudo_median(means, level=interval), len(means), len(ours) // len(means))


def smallest_p(records: int) -> float:
    """The smallest p-value that so many records can give."""
    return math.ldexp(1.0, -_blocks(records))


def level_of(scores: Sequence[float]) -> Interval:
    """Mean of dependent scores with its 95 % interval: Student's t over block means."""
    around = mean_interval(block_means(scores))
    return Interval(fmean(scores), around.low, around.high)


def block_means(scores: Sequence[float]) -> list[float]:
    """Means of contiguous blocks, at most `MOST_BLOCKS` of them, of lengths that differ by one at most."""
    number = _blocks(len(scores))
    if not number:
        raise ValueError(f"{len(scores)} records are too few: one block has {SHORTEST}")
    edges = [len(scores) * place // number for place in range(number + 1)]
    return [fmean(scores[low:high]) for low, high in pairwise(edges)]


def _blocks(records: int) -> int:
    return min(MOST_BLOCKS, records // SHORTEST)


@lru_cache(maxsize=MOST_BLOCKS)
def tail(n: int) -> tuple[int, ...]:
    """In how many of the 2^n signings the positive ranks of 1 ... n add up to w or more, for w = 0 ... n(n+1)/2 + 1."""
    ways = [1] + [0] * (n * (n + 1) // 2)
    for rank in range(1, n + 1):
        for total in range(len(ways) - 1, rank - 1, -1):
            ways[total] += ways[total - rank]
    at_least = [0]
    for count in reversed(ways):
        at_least.append(at_least[-1] + count)
    return tuple(reversed(at_least))


def p_value(differences: Sequence[float]) -> float:
    """Probability that signs alone would favour us at least so much. Exact.

    Of equal sizes the negative ones get the higher ranks, and a zero favours nobody, so ties count against us.
    """
    ranked = sorted(differences, key=lambda difference: (abs(difference), difference < 0))
    won = sum(rank for rank, difference in enumerate(ranked, start=1) if difference > 0)
    return tail(len(ranked))[won] / 2 ** len(ranked)


def pseudo_median(differences: Sequence[float], *, level: float) -> Interval:
    """Median of all pairwise averages, with the exact interval; unbounded where so few can refuse nothing."""
    averages = sorted((x + y) / 2 for i, x in enumerate(differences) for y in differences[i:])
    at_least, signings = tail(len(differences)), 2 ** len(differences)
    outside = len(averages) + 1 - next(w for w, count in enumerate(at_least) if count / signings <= level / 2)
    if outside < 1:
        return Interval(median(averages), -math.inf, math.inf)
    return Interval(median(averages), averages[outside - 1], averages[-outside])
