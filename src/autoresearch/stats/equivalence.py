"""Whether a commit is no worse than another by more than a margin: a one-sided test in looks, by ranks alone.

The candidate is measured run by run against a pool of runs of the commit it must not fall behind. It passes when the
lower end of the exact rank interval of its shift lies above minus the margin, at the level of that look; the levels of
all looks add up to 5 %, so the bound over the whole test is a 95 % bound whatever the noise (Bonferroni over looks).
It is dropped as soon as it wins too few pairs, which can only lower the error. A pool of equal runs is no proof that
nothing varies, as where one run in ten fails a test: it leaves no margin, and the looks are the same. "Whatever the
noise" is said of a shift; of metrics with few values, where runs tie, the mean is bounded too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import stdev

from autoresearch.stats.levels import welch_p
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
        """What these scores say; `theirs` is the pool. For `EXACT`, one run as good as the pool is enough."""
        if FOUL in ours:
            return Equivalence.WORSE
        if self.pool == 1:
            is_as_good = len(set(theirs)) == 1 and min(ours) >= theirs[0]
            return Equivalence.NO_WORSE if is_as_good else Equivalence.WORSE
        look = self.looks.get(len(ours))
        if look is None:
            return Equivalence.MORE
        if look.level and _excluded(ours, theirs, level=look.level):
            return Equivalence.NO_WORSE
        is_last = len(ours) == max(self.looks)
        return Equivalence.WORSE if is_last or _share(ours, theirs) < look.drop else Equivalence.MORE


def bound(ours: Sequence[float], theirs: Sequence[float], *, level: float) -> float:
    """Lower one-sided confidence bound of how much higher our scores are; minus infinity with too few runs."""
    return shift(ours, theirs, level=2 * level).low


def _excluded(ours: Sequence[float], theirs: Sequence[float], *, level: float) -> bool:
    """Whether a loss of the margin is excluded; without a margin, any loss.

    Where runs tie, also for the means, by Welch's test: a shift by ranks does not see what a few runs lose.
    """
    margin, low = MARGIN * stdev(theirs), bound(ours, theirs, level=level)
    if low < 0 and low <= -margin:
        return False
    if len({*ours, *theirs}) in (1, len(ours) + len(theirs)):
        return True
    return welch_p([score + margin for score in ours], theirs) <= level


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
"""For the preset that refuses metrics that vary: one run tells."""
