"""Every metric before and after, as a table."""

from __future__ import annotations

from dataclasses import dataclass

from autoresearch.views.delivery import delivery
from autoresearch.views.levels import Level
from autoresearch.views.reading import Reading
from autoresearch.views.sentences import figures_of
from autoresearch.views.sides import BeforeAfter
from autoresearch.views.words import MINUS, Figures, plain

LEAST = 1e-4
"""Spread below which decimals would be a row of noughts."""


@dataclass(frozen=True, slots=True)
class SideRow:
    """One metric."""

    name: str
    before: str
    after: str
    change: str
    runs: str
    """Of each side."""


@dataclass(frozen=True, slots=True)
class SideTable:
    """Before and after."""

    source: str
    rows: list[SideRow]


def sides(reading: Reading) -> SideTable | None:
    """None before there is anything to set beside the beginning."""
    found = delivery(reading)
    if found is None:
        return None
    main = figures_of(reading, found.span)
    return SideTable(found.source, [_row(row, main if at == 0 else _figures(row)) for at, row in enumerate(found.rows)])


def _row(row: BeforeAfter, figures: Figures) -> SideRow:
    return SideRow(
        plain(row.name, 60),
        _level(row.before, figures),
        _level(row.after, figures),
        f"{row.change:+.1%}".replace("-", MINUS) if row.change is not None else "unknown",
        " / ".join(str(side.n) if side else "0" for side in (row.before, row.after)),
    )


def _figures(row: BeforeAfter) -> Figures:
    """As many decimals as the runs make meaningful; six digits where they do not vary, or hardly."""
    sigma = max((side.sigma or 0.0 for side in (row.before, row.after) if side), default=0.0)
    return Figures.of(row.unit, sigma if sigma >= LEAST else None)


def _level(level: Level | None, figures: Figures) -> str:
    if level is None:
        return "unknown"
    spread = f" ± {figures.value(level.sigma)}" if level.sigma else ""
    return f"{figures.value(level.mean)}{spread} {figures.unit}".rstrip()
