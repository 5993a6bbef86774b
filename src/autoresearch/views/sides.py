"""Every metric before and after: the runs of two commits, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autoresearch.records import Measurement, Metric
from autoresearch.views.levels import Level

BESIDE = "@"
"""In the name of a value that an evaluation gives for the other side of the same run."""


@dataclass(frozen=True, slots=True)
class BeforeAfter:
    """One metric of two commits, each the mean of its runs."""

    name: str
    unit: str
    """Of the main metric; empty for the others, whose unit nobody told."""
    before: Level | None
    """None where no run has it."""
    after: Level | None

    @property
    def change(self) -> float | None:
        """`after` less `before`, as a share of `before`; None where either is unknown or it began at zero."""
        if self.before is None or self.after is None or self.before.mean == 0:
            return None
        return (self.after.mean - self.before.mean) / abs(self.before.mean)


def before_after(metric: Metric, before: Sequence[Measurement], after: Sequence[Measurement]) -> list[BeforeAfter]:
    """A row for the main metric, then one for each other the runs have, by name. Fouls are left out."""
    others = {name for run in (*before, *after) for name in run.values if BESIDE not in name} - {metric.name}
    names = [metric.name, *sorted(others)]
    units = {metric.name: metric.unit}
    return [
        BeforeAfter(
            name,
            units.get(name, ""),
            Level.of(list(_of(name, metric, before))),
            Level.of(list(_of(name, metric, after))),
        )
        for name in names
    ]


def _of(name: str, metric: Metric, runs: Sequence[Measurement]) -> Iterator[float]:
    for run in runs:
        value = run.value if name == metric.name else run.values.get(name)
        if run.value is not None and value is not None:
            yield value
