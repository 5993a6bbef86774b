"""Where a metric's noise comes from: the seed, or everything else. From runs of one commit, two to a seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, variance


@dataclass(frozen=True, slots=True)
class Repeats:
    """What running the same commit again, with the same seeds, showed."""

    pairs: int
    """Seeds that ran twice."""
    repeats: bool
    """Whether the same seed gave the same number every time."""
    varies: bool
    """Whether any two runs differed at all."""
    seed_share: float | None
    """The seed's part of the variance of one run, 0 to 1; None without variance, or with too few pairs to tell."""

    @classmethod
    def of(cls, values: Sequence[float], again: Sequence[float]) -> Repeats:
        """`again` repeats the first of `values`, which have a seed each. Raises ValueError without any.

        The share is that of the one-way random-effects model with two runs a seed: with W the mean square within
        seeds and B the one between them, (B - W) / (B + W), not below 0 (Fisher's intraclass correlation).
        """
        if not again or len(again) > len(values):
            raise ValueError("at least one run must be repeated, and none that was not made")
        pairs = list(zip(values, again, strict=False))
        repeats = all(first == second for first, second in pairs)
        varies = len({*values, *again}) > 1
        return cls(len(pairs), repeats, varies, _share(pairs, repeats=repeats) if varies else None)


def _share(pairs: Sequence[tuple[float, float]], *, repeats: bool) -> float | None:
    if repeats:
        return 1.0
    if len(pairs) < 2:
        return None
    within = fmean((first - second) ** 2 / 2 for first, second in pairs)
    between = 2 * variance([(first + second) / 2 for first, second in pairs])
    return max(0.0, (between - within) / (between + within))
