"""Exact statistics of paired differences: the signed-rank tail, its critical values, and the centre with its interval.

A difference points upwards: above zero, ours was better in that pair. If the two of a pair are equally good, swapping
them changes nothing, so every pattern of signs is equally likely, whatever the sizes of the differences are. That holds
even where the noise grows and shrinks from pair to pair. A pair without two usable numbers is `FOUL`, and lost.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from autoresearch.stats.looks import shifted
from autoresearch.stats.ranks import Interval

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LOOKS = 3
"""How often a sequence of pairs may be judged; each look may spend a third of the level."""


def lost(differences: Sequence[float]) -> int:
    """Wilcoxon's W-: the ranks, by size, of the pairs we did not win, added up.

    A difference of zero is lost, and of equal sizes the lost ones get the higher ranks.
    """
    ordered = sorted(differences, key=lambda each: (abs(each), each <= 0))
    return sum(rank for rank, each in enumerate(ordered, 1) if each <= 0)


@lru_cache(maxsize=256)
def signed_tail(n: int) -> tuple[int, ...]:
    """How many of the 2**n patterns of signs have W- <= w, for w = 0 ... n(n+1)/2.

    The patterns by W- are the coefficients of the product of (1 + q^i) for i = 1 ... n (Wilcoxon 1945).
    """
    patterns = [1] + [0] * (n * (n + 1) // 2)
    for rank in range(1, n + 1):
        for w in range(len(patterns) - 1, rank - 1, -1):
            patterns[w] += patterns[w - rank]
    return tuple(itertools.accumulate(patterns))


def signed_p(lost: int, n: int) -> float:
    """Probability that `n` pairs of equals lose at most `lost`. Exact."""
    return signed_tail(n)[lost] / (1 << n)


def most_lost(n: int, level: float) -> int:
    """The largest `lost` with `signed_p` at most `level`; -1 when there is none."""
    return sum(count / (1 << n) <= level for count in signed_tail(n)) - 1


def looks_for(level: float) -> tuple[int, ...]:
    """Pairs at each look of a test at `level`.

    The first comes where winning every pair is just enough, the others after half as many again and two and a half
    times as many. Raises ValueError unless 0 < level < 1.
    """
    if not 0 < level < 1:
        raise ValueError(f"a level is between 0 and 1, not {level}")
    first = math.ceil(math.log2(LOOKS / level))
    return first, math.ceil(1.5 * first), math.ceil(2.5 * first)


def centre(differences: Sequence[float], *, level: float = 0.05) -> Interval:
    """How far above zero the differences lie (Hodges and Lehmann 1963), with the exact interval.

    The estimate is the median of the means of all pairs of differences, each with itself too; the interval holds every
    centre that the two-sided signed-rank test at `level` does not refuse. Unbounded with too few for any refusal.
    Raises ValueError without differences.
    """
    n = len(differences)
    if not n:
        raise ValueError("a centre needs at least one difference")
    means = sorted((x + y) / 2 for x, y in itertools.combinations_with_replacement(differences, 2))
    middle = (means[(len(means) - 1) // 2] + means[len(means) // 2]) / 2
    outside = most_lost(n, level / 2) + 1
    if not outside:
        return Interval(middle, -math.inf, math.inf)
    return Interval(middle, means[outside - 1], means[-outside])


def false_rate(looks: Sequence[int], most: Sequence[int]) -> float:
    """Probability that pairs of equals lose no more than `most` at any look, the noise being steady. Exact.

    Needs NumPy. Where the noise is not steady the sum of the looks' own `signed_p` bounds it.
    """
    return math.fsum(_first_at(looks[: k + 1], most[: k + 1]) for k in range(len(looks)))


def _first_at(looks: Sequence[int], most: Sequence[int]) -> float:
    """Probability that the last of these looks is the first that passes."""
    if most[-1] < 0:
        return 0.0
    beyond = tuple(slice(allowed + 1, None) for allowed in most[:-1])
    return float(loss_table(looks, most)[beyond].sum())


def loss_table(looks: Sequence[int], most: Sequence[int]) -> NDArray[np.float64]:
    """Joint probability of W- at each look, laid out like `looks.loss_table`.

    The pairs are placed from the smallest difference to the largest. One of an early look has, at every look that
    counts it, the rank of its place among the pairs seen by then; it is lost or won with equal probability.
    """
    import numpy as np

    stages = [after - before for before, after in itertools.pairwise((0, *looks))]
    start = np.zeros([*(allowed + 2 for allowed in most[:-1]), most[-1] + 1])
    start[(0,) * len(looks)] = 1.0
    tables = {(0,) * len(stages): start}
    for placed in itertools.islice(itertools.product(*(range(size + 1) for size in stages)), 1, None):
        table = np.zeros_like(start)
        for stage, count in enumerate(placed):
            if count:
                before = tables[(*placed[:stage], count - 1, *placed[stage + 1 :])]
                lost_too = before
                for look in range(stage, len(looks)):
                    lost_too = shifted(lost_too, look, sum(placed[: look + 1]))
                table += count / sum(placed) * (before + lost_too) / 2
        tables[placed] = table
        tables.pop((placed[0] - 2, *placed[1:]), None)
    return tables[tuple(stages)]
