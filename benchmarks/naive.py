"""The rules of other tools, many nights at a time: each keeps or discards one candidate against what it has stored.

Scores are in sigma and point upwards. Sources: keep-if-better is karpathy/autoresearch's program.md; the spread of two
baselines its pull request 560; the MAD confidence pi-autoresearch's, there advisory and here enforced; the sequential
probability ratio test is fishtest's, with alpha = beta = 5 % a candidate.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
T95 = 2.131846786326649
"""Student's t, 4 degrees of freedom, one-sided 5 %."""


class Draw(Protocol):
    """Noise of runs, one row a night."""

    def __call__(self, *shape: int) -> Floats: ...


class Rule(Protocol):
    """One rule, in so many nights at once."""

    runs: Floats
    """Spent so far, by night."""

    def keeps(self, level: Floats, incumbent: Floats) -> Bools:
        """Whether candidates of this true level are kept, by night; the incumbent's true level is for re-runs."""
        ...


@dataclass(slots=True)
class Stored:
    """One run against the best stored one, by a margin of so many sigma."""

    draw: Draw
    margin: float | Floats
    best: Floats
    runs: Floats

    @classmethod
    def by(cls, draw: Draw, margin: float = 0.0) -> Stored:
        best = draw()
        return cls(draw, margin, best, np.ones_like(best))

    @classmethod
    def by_spread(cls, draw: Draw) -> Stored:
        """The margin is twice what two runs of the baseline differ by."""
        first, best = draw(), draw()
        return cls(draw, 2 * np.abs(first - best), best, np.full_like(best, 2.0))

    def keeps(self, level: Floats, incumbent: Floats) -> Bools:
        score = level + self.draw()
        better = score > self.best + self.margin
        self.best = np.where(better, score, self.best)
        self.runs += 1
        return better


@dataclass(slots=True)
class Mean:
    """The mean of three runs against the stored one."""

    draw: Draw
    best: Floats
    runs: Floats

    @classmethod
    def of(cls, draw: Draw) -> Mean:
        best = draw(3).mean(1)
        return cls(draw, best, np.full_like(best, 3.0))

    def keeps(self, level: Floats, incumbent: Floats) -> Bools:
        score = level + self.draw(3).mean(1)
        better = score > self.best
        self.best = np.where(better, score, self.best)
        self.runs += 3
        return better


@dataclass(slots=True)
class Fresh:
    """One run against one fresh run of the incumbent."""

    draw: Draw
    runs: Floats

    @classmethod
    def of(cls, draw: Draw) -> Fresh:
        return cls(draw, np.zeros_like(draw()))

    def keeps(self, level: Floats, incumbent: Floats) -> Bools:
        self.runs += 2
        return level + self.draw() > incumbent + self.draw()


@dataclass(slots=True)
class Student:
    """Three runs against the incumbent's stored three: Student's t at 5 %."""

    draw: Draw
    stored: Floats
    runs: Floats

    @classmethod
    def of(cls, draw: Draw) -> Student:
        stored = draw(3)
        return cls(draw, stored, np.full(len(stored), 3.0))

    def keeps(self, level: Floats, incumbent: Floats) -> Bools:
        scores = level[:, None] + self.draw(3)
        spread = np.sqrt((scores.var(1, ddof=1) + self.stored.var(1, ddof=1)) / 3)
        better = scores.mean(1) - self.stored.mean(1) > T95 * spread
        self.stored = np.where(better[:, None], scores, self.stored)
        self.runs += 3
        return better


@dataclass(slots=True)
class Confidence:
    """One run above the best, and above the baseline by two median absolute deviations of all runs so far."""

    draw: Draw
    seen: list[Floats]
    best: Floats
    runs: Floats

    @classmethod
    def of(cls, draw: Draw) -> Confidence:
        best = draw()
        return cls(draw, [best], best, np.ones_like(best))

    def keeps(self, level: Floats, incumbent: Floats) -> Bools:
        score = level + self.draw()
        self.seen.append(score)
        values = np.array(self.seen)
        deviation = np.median(np.abs(values - np.median(values, 0)), 0)
        better = (score > self.best) & (score - self.seen[0] >= 2 * deviation) & (len(self.seen) >= 3)
        self.best = np.where(better, score, self.best)
        self.runs += 1
        return better


@dataclass(slots=True)
class Sprt:
    """Fresh pairs until Wald's test decides between no gain and one sigma, each error 5 %, sigma known."""

    draw: Draw
    runs: Floats
    most: int = 400
    """Pairs, after which the candidate is discarded."""

    @classmethod
    def of(cls, draw: Draw) -> Sprt:
        return cls(draw, np.zeros_like(draw()))

    def keeps(self, level: Floats, incumbent: Floats) -> Bools:
        bound, ratio = math.log(0.95 / 0.05), np.zeros_like(level)
        open_, kept = np.ones(len(level), bool), np.zeros(len(level), bool)
        for _ in range(self.most):
            pair = level - incumbent + self.draw() - self.draw()
            ratio = np.where(open_, ratio + (pair - 0.5) / 2, ratio)  # ln likelihood of mean 1 over 0, variance 2
            self.runs += 2 * open_
            kept |= open_ & (ratio >= bound)
            open_ &= np.abs(ratio) < bound
            if not open_.any():
                break
        return kept


RULES: dict[str, Callable[[Draw], Rule]] = {
    "better than the best run stored": Stored.by,
    "better than one fresh run": Fresh.of,
    "mean of three runs better": Mean.of,
    "t test, 3 against 3, p < 5 %": Student.of,
    "2 sigma better than the best": lambda draw: Stored.by(draw, 2.0),
    "2 spreads of two baselines better": Stored.by_spread,
    "MAD confidence of 2": Confidence.of,
    "SPRT, 5 % a candidate": Sprt.of,
}


@dataclass(frozen=True, slots=True)
class Nights:
    """What so many nights came to, by night."""

    kept: Bools
    """By night and candidate."""
    true: Bools
    """Whether the candidate was better than the incumbent it was held against, by night and candidate."""
    truth: Floats
    """True level of the last kept, in sigma above the baseline."""
    runs: Floats


def nights(make: Callable[[Draw], Rule], draw: Draw, effects: Floats) -> Nights:
    """Nights under one rule. `effects`: what candidates change, in sigma, shape (nights, candidates)."""
    rule, truth = make(draw), np.zeros(len(effects))
    kept = np.zeros(effects.shape, bool)
    for number in range(effects.shape[1]):
        level = truth + effects[:, number]
        kept[:, number] = rule.keeps(level, truth)
        truth = np.where(kept[:, number], level, truth)
    return Nights(kept, effects > 0, truth, rule.runs)
