"""Certificates in looks: fresh runs of two commits, judged after few, then more, then at most twelve a side.

A look certifies when the candidate lost at most so many of the n*n pairs. Whatever the noise, the order of equally
good runs is uniformly random, so the probability that any look of a design certifies nothing is one number, computed
exactly by `false_rate`. The constants below were chosen with `benchmarks/certificate_design.py`; the reasons and the
rejected alternatives are in `design/referee.md`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from autoresearch.stats.ranks import critical, wins

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NIGHT = 0.05
"""Probability of any false certificate in one night, shared by its certificates."""
WORSE = 0.05
"""Level of the test in the other direction, at each look: nothing is claimed when it rolls back."""
NO_BETTER = (0.35, 0.55)
"""Share of pairs won at which, after the second look, more runs would decide nothing."""


class Call(StrEnum):
    """What the runs so far say."""

    BETTER = "better"
    WORSE = "worse"
    NEITHER = "neither"
    MORE = "more"


@dataclass(frozen=True, slots=True)
class Design:
    """How one of a night's certificates spends its runs and its level."""

    certificates: int
    """Of the night: each may spend `NIGHT` divided by this."""
    looks: tuple[int, ...]
    """Runs a side at each look."""
    losses: tuple[int, ...]
    """Pairs the candidate may lose at each look and still be certified."""
    error: float
    """Exact probability of a false certificate at any look, rounded up; `false_rate` computes it."""
    smallest_gain: float
    """Gain, in sigma of one run, that is certified with 80 % probability under normal noise; infinite if unknown."""

    @property
    def level(self) -> float:
        """The error this certificate is allowed."""
        return NIGHT / self.certificates

    def judge(self, ours: Sequence[float], theirs: Sequence[float]) -> Call:
        """What equally many runs of both sides say, as scores. Between looks the answer is `MORE`."""
        n = len(ours)
        if n != len(theirs) or n not in self.looks:
            return Call.MORE
        look = self.looks.index(n)
        won = wins(ours, theirs)
        if n * n - won <= self.losses[look]:
            return Call.BETTER
        if wins(theirs, ours) >= critical(n, n, WORSE):
            return Call.WORSE
        if n == self.looks[-1] or (look and NO_BETTER[0] <= won / (n * n) <= NO_BETTER[1]):
            return Call.NEITHER
        return Call.MORE


DESIGNS = (
    Design(certificates=1, looks=(4, 7, 12), losses=(0, 8, 39), error=0.04871, smallest_gain=1.17),
    Design(certificates=2, looks=(5, 8, 12), losses=(1, 8, 35), error=0.02407, smallest_gain=1.31),
    Design(certificates=4, looks=(6, 9, 12), losses=(1, 12, 31), error=0.01239, smallest_gain=1.43),
    Design(certificates=8, looks=(6, 8, 12), losses=(0, 4, 28), error=0.00619, smallest_gain=1.54),
)

LATE_LOOKS = (7, 9, 12)
"""Runs a side at each look where less may be spent than any design does."""
NOTHING = 1e-9
"""A level at which not even twelve runs a side, all won, certify."""
ROUNDING = 1e-9
"""What a sum of shares may be off."""


def design_for(certificates: int) -> Design:
    """The design of a night with that many certificates. Raises ValueError above 8."""
    for design in DESIGNS:
        if certificates <= design.certificates:
            return design
    raise ValueError(f"a night has at most {DESIGNS[-1].certificates} certificates, not {certificates}")


def design_within(level: float) -> Design:
    """The design that spends no more than `level`; below the smallest above, a third of it at each of three looks."""
    shares = math.ceil(NIGHT / max(level, NOTHING) - ROUNDING)
    if shares <= DESIGNS[-1].certificates:
        return design_for(shares)
    each = NIGHT / shares / len(LATE_LOOKS)
    losses = tuple(n * n - critical(n, n, each) for n in LATE_LOOKS)
    return Design(shares, LATE_LOOKS, losses, error=NIGHT / shares, smallest_gain=math.inf)


def false_rate(looks: Sequence[int], losses: Sequence[int]) -> float:
    """Probability that any look certifies a candidate that is no better. Exact, for every continuous noise law.

    Needs NumPy and about a second for three looks up to twelve runs. Stops for other reasons only lower it.
    """
    first = [_first_at(looks[: k + 1], losses[: k + 1]) for k in range(len(looks))]
    return math.fsum(first)


def _first_at(looks: Sequence[int], losses: Sequence[int]) -> float:
    """Probability that the last of these looks certifies and none before it did."""
    if losses[-1] < 0:
        return 0.0
    table = loss_table(looks, losses)
    beyond = tuple(slice(allowed + 1, None) for allowed in losses[:-1])
    return float(table[beyond].sum())


def loss_table(looks: Sequence[int], most: Sequence[int]) -> NDArray[np.float64]:
    """Joint probability of the pairs lost at each look, when both sides are equally good.

    Entry [v1, v2, ...] up to `most`; the last index of every axis but the last stands for "more than that", and what
    loses more than `most` at the last look is left out. The runs are placed in order from worst to best. How many of
    each side and stage are placed is all there is to know: a run of theirs that is placed beats every run of ours
    placed before it, in each look that both belong to.
    """
    import numpy as np

    stages = [after - before for before, after in itertools.pairwise((0, *looks))]
    sizes = [size for size in stages for _side in range(2)]
    start = np.zeros([*(allowed + 2 for allowed in most[:-1]), most[-1] + 1])
    start[(0,) * len(looks)] = 1.0
    tables = {(0,) * len(sizes): start}
    for placed in itertools.islice(itertools.product(*(range(size + 1) for size in sizes)), 1, None):
        tables[placed] = sum(_ways(placed, tables), np.zeros_like(start))
        tables.pop((placed[0] - 2, *placed[1:]), None)
    orderings = math.factorial(sum(sizes)) // math.prod(map(math.factorial, sizes))
    return tables[tuple(sizes)] / orderings


def _ways(placed: tuple[int, ...], tables: dict[tuple[int, ...], NDArray[np.float64]]) -> Iterator[NDArray[np.float64]]:
    """The tables of every state one run before `placed`, the losses that run brings added."""
    for group, count in enumerate(placed):
        if not count:
            continue
        table = tables[(*placed[:group], count - 1, *placed[group + 1 :])]
        stage, is_theirs = divmod(group, 2)
        if is_theirs:
            for look in range(stage, table.ndim):
                table = shifted(table, look, sum(placed[0 : 2 * look + 1 : 2]))
        yield table


def shifted(table: NDArray[np.float64], axis: int, by: int) -> NDArray[np.float64]:
    """`table` with `by` more pairs lost at one look; what leaves the last axis is dropped, of the others collected."""
    import numpy as np

    moved = np.zeros_like(table)
    source, target = np.moveaxis(table, axis, 0), np.moveaxis(moved, axis, 0)
    stay = max(len(source) - by, 0)
    target[len(source) - stay :] = source[:stay]
    if axis < table.ndim - 1:
        target[-1] += source[stay:].sum(axis=0)
    return moved
