"""The Pareto set: measured changes that no other beats in one value without losing in another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from autoresearch import metrics
from autoresearch.history import Archive
from autoresearch.records import Direction, Experiment, Measurement, Side
from autoresearch.views.reading import Reading, Span


@dataclass(frozen=True, slots=True)
class Point:
    """One measured change, the baseline included."""

    experiment: Experiment
    values: tuple[float, ...]
    """Means of its own runs, in the order of the axes."""


@dataclass(frozen=True, slots=True)
class Front:
    """Every measured change of an epoch in several values at once."""

    axes: tuple[tuple[str, Direction], ...]
    """Name of each value and which way it is better; the metric first."""
    best: Sequence[Point]
    """The Pareto set, best metric first. Single runs: nothing here is proven."""
    rest: Sequence[Point]
    """What is beaten in every value, or equal in some and beaten in the others."""
    unknown: int
    """Changes that lack one of the values, and are left out."""


def front(reading: Reading, span: Span, others: Mapping[str, Direction]) -> Front | None:
    """The Pareto set of one epoch over the metric and `others`; None without others or before anything is measured."""
    axes = ((span.epoch.metric.name, span.epoch.metric.direction), *others.items())
    measured = [done for done in span.experiments if done.value is not None]
    if not others or not measured:
        return None
    points = [point for done in measured if (point := _point(reading.history, done, axes))]
    best = [point for point in points if not any(_beats(other, point, axes) for other in points)]
    unbeaten = {point.experiment.number for point in best}
    rest = [point for point in points if point.experiment.number not in unbeaten]
    return Front(axes, sorted(best, key=lambda point: _key(point, axes)), rest, len(measured) - len(points))


def _point(history: Archive, done: Experiment, axes: Sequence[tuple[str, Direction]]) -> Point | None:
    runs = [run for run in history.settled.get(done.number, ()) if run.side is Side.CANDIDATE and run.value is not None]
    columns = [[_value(run, name, first=place == 0) for run in runs] for place, (name, _) in enumerate(axes)]
    if not runs or any(value is None for column in columns for value in column):
        return None
    return Point(done, tuple(fmean(value for value in column if value is not None) for column in columns))


def _value(run: Measurement, name: str, *, first: bool) -> float | None:
    return run.value if first else metrics.named(run, name)


def _key(point: Point, axes: Sequence[tuple[str, Direction]]) -> tuple[float, ...]:
    """The values with smaller always better."""
    pairs = zip(point.values, axes, strict=True)
    return tuple(value if way is Direction.MINIMIZE else -value for value, (_, way) in pairs)


def _beats(one: Point, other: Point, axes: Sequence[tuple[str, Direction]]) -> bool:
    """Whether `one` is nowhere worse and somewhere better."""
    mine, yours = _key(one, axes), _key(other, axes)
    return mine != yours and all(a <= b for a, b in zip(mine, yours, strict=True))
