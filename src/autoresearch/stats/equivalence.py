"""Whether a commit is no worse than another by more than a margin: a one-sided test in looks, by ranks alone.

The candidate is measured run by run against a pool of runs of the commit it must not fall behind. It passes when the
lower end of the exact rank interval of its shift lies above minus the margin, at the level of that look; the levels of
all looks add up to 5 %, so the bound over the whole test is a 95 % bound whatever the noise (Bonferroni over looks).
It is dropped as soon as it wins too few pairs, which can only lower the error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import stdev

from autoresearch.stats.ranks import FOUL, shift

MARGIN = 0.5
"""In standard deviations of one run: the largest loss that "no worse" may hide."""


class Equivalence(StrEnum):
    """What the runs so far say."""

    NO_WORSE = "no worse"
    WORSE = "worse"
    MORE = "more"


@dataclass(frozen=True, slots=True)
class Look:
    """Where the test may stop, after so many runs of the candidate."""

    level: float
    """Of the one-sided bound here; 0 where it cannot pass yet."""
    drop: float
    """Share of pairs, ties counted half, below which it is dropped here."""


@dataclass(frozen=True, slots=True)
class NoWorse:
    """A non-inferiority test: its pool and its looks."""

    pool: int
    """Runs of the other commit it needs."""
    looks: Mapping[int, Look]
    """By runs of the candidate. At the last one it passes or is dropped."""

    def judge(self, ours: Sequence[float], theirs: Sequence[float]) -> Equivalence:
        """What these scores say; `theirs` is the pool. Where nothing varies, one run as good as the pool is enough."""
        if FOUL in ours:
            return Equivalence.WORSE
        if len(set(theirs)) == 1 and ours:
            return Equivalence.NO_WORSE if min(ours) >= theirs[0] else Equivalence.WORSE
        look = self.looks.get(len(ours))
        if look is None:
            return Equivalence.MORE
        if look.level and bound(ours, theirs, level=look.level) > -MARGIN * stdev(theirs):
            return Equivalence.NO_WORSE
        is_last = len(ours) == max(self.looks)
        return Equivalence.WORSE if is_last or _share(ours, theirs) < look.drop else Equivalence.MORE


def bound(ours: Sequence[float], theirs: Sequence[float], *, level: float) -> float:
    """Lower one-sided confidence bound of how much higher our scores are; minus infinity with too few runs."""
    return shift(ours, theirs, level=2 * level).low


def _share(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Pairs we win, ties counted half."""
    won = sum((mine > other) + (mine == other) / 2 for mine in ours for other in theirs)
    return won / (len(ours) * len(theirs))


SMALLER = NoWorse(
    pool=16,
    looks={1: Look(0, 0.08), 2: Look(0, 0.12), 4: Look(0, 0.20), 8: Look(0.01, 0.28), 16: Look(0.04, 1)},
)
"""For a change of an ordinary night that makes the code smaller."""

PRUNED = NoWorse(
    pool=48,
    looks={
        1: Look(0, 0.08),
        2: Look(0, 0.12),
        4: Look(0, 0.18),
        8: Look(0.004, 0.24),
        16: Look(0.008, 0.30),
        32: Look(0.014, 0.38),
        48: Look(0.024, 1),
    },
)
"""For taking back a kept change in a night that prunes: thorough, because the pool is measured once for all of them."""

EXACT = NoWorse(pool=1, looks={1: Look(0, 1)})
"""For metrics that do not vary: one run tells."""
