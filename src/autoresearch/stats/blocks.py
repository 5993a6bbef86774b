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
from itertools import pairwise
from statistics import fmean

from autoresearch.stats.levels import mean_interval
from autoresearch.stats.pairs import centre, lost, signed_p
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


def paired(ours: Sequence[float], theirs: Sequence[float]) -> Paired:
    """Compare two commits record by record; higher is better. A tie counts for theirs.

    The gain's interval holds every shift that the two-sided test at 5 % does not refuse. Raises ValueError when the
    records are not the same number, or too few for one block.
    """
    if len(ours) != len(theirs):
        raise ValueError(f"{len(ours)} records against {len(theirs)}")
    means = block_means([x - y for x, y in zip(ours, theirs, strict=True)])
    p = signed_p(lost(means), len(means))
    return Paired(p, centre(means), len(means))


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
