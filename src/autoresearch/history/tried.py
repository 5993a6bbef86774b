"""What came of the experiments of this epoch, as far as this history tells it. No I/O."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

from autoresearch.history import History, noise
from autoresearch.records import Experiment, Outcome

NEAR = 1.0
"""A discarded change at most so many sigma worse than its parent came close."""


class Tried(NamedTuple):
    """One experiment and how far it went. A tuple, since a brief makes as many as there are experiments."""

    experiment: Experiment
    number: int
    """Of the experiment."""
    outcome: Outcome
    places: tuple[str, ...]
    """What it touched."""
    gain: float | None
    """Over its parent, in the metric's unit; None where either has no number."""
    sigma: float | None
    """Of one run; None while unknown."""
    is_near: bool
    """Whether it was discarded and came close."""

    @classmethod
    def of(cls, done: Experiment, gain: float | None = None, sigma: float | None = None) -> Tried:
        """`done`, `gain` better than its parent."""
        outcome, candidate = done.verdict.outcome, done.candidate
        near = outcome is Outcome.DISCARD and gain is not None and gain >= -NEAR * (sigma or 0.0)
        return cls(done, done.number, outcome, candidate.footprint.places if candidate else (), gain, sigma, near)

    @property
    def summary(self) -> str:
        """What the agent called it; empty when no candidate came of it."""
        return self.experiment.candidate.summary if self.experiment.candidate else ""

    @property
    def distance(self) -> str:
        """`2.1 sigma better`, in the metric's unit while sigma is not known; empty where there is no number."""
        if self.gain is None and self.outcome is not Outcome.DISCARD:
            return ""
        if not self.gain:
            return "no better"
        by = f"{abs(self.gain) / self.sigma:.1f} sigma" if self.sigma else f"{abs(self.gain):.3g}"
        return f"{by} {'better' if self.gain > 0 else 'worse'}"

    @property
    def story(self) -> str:
        """How it ended and by how much: `kept, 2.1 sigma better`, `close, 0.3 sigma worse`, `crash`."""
        if self.outcome is Outcome.KEEP:
            return f"kept, {self.distance}" if self.distance else "kept"
        return f"close, {self.distance}" if self.is_near else self.distance or str(self.outcome)


def tried(history: History) -> Iterator[Tried]:
    """What was tried in this epoch, oldest first, the baseline left out. Linear, with a small constant."""
    first = history.baseline.number if history.baseline else -1
    sigma = noise.of_one_run(history)
    means: dict[str, float | None] = {}
    for experiment in history.experiments[first + 1 :]:
        parent, gain = experiment.parent, None
        if parent not in means:
            values = history.values(parent)
            means[parent] = math.fsum(values) / len(values) if values else None
        over = means[parent]
        if experiment.value is not None and over is not None:
            gain = history.metric.gain(experiment.value, over=over)
            gain = None if not gain and history.metric.feedback != "score" else gain  # told as no better: no distance
        yield Tried.of(experiment, gain, sigma)


def combinable(experiments: list[Tried], most: int = 5) -> list[tuple[Tried, Tried]]:
    """Near misses in different places that nobody tried together yet, two by two, the most promising first.

    Each in one pair at most.
    """
    near = sorted((each for each in experiments if each.is_near and each.places), key=_promise)[:_PAIRED]
    found = sorted(
        ((one, other) for one, other in combinations(near, 2) if not set(one.places) & set(other.places)),
        key=lambda pair: (-sum(each.gain or 0.0 for each in pair), pair[0].number, pair[1].number),
    )
    wide = [(each.number, set(each.places)) for each in experiments if len(each.places) > 1]
    fresh: list[tuple[Tried, Tried]] = []
    for pair in found:
        taken = {each.number for other in fresh for each in other}
        if not {each.number for each in pair} & taken and not _is_combined(pair, wide):
            fresh.append(pair)
    return fresh[:most]


_PAIRED = 12
"""Near misses that are paired with each other."""


def _promise(each: Tried) -> tuple[float, int]:
    return -(each.gain or 0.0), -each.number


def _is_combined(pair: tuple[Tried, Tried], wide: list[tuple[int, set[str]]]) -> bool:
    places, last = {place for each in pair for place in each.places}, max(each.number for each in pair)
    return any(number > last and places <= touched for number, touched in wide)
