"""The numbers of one column belong together: of another unit, or a zero that stands for nothing, is no score."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from statistics import median

from autoresearch.readers.cells import number
from autoresearch.readers.foreign import Row
from autoresearch.readers.words import outcome_of
from autoresearch.records import Outcome

FAR = 0.1
"""A zero is a code where the smallest other number is above this share of their median."""


def settle(rows: Sequence[Row], name: str) -> str:
    """Read the metric of every row. Returns the unit they share; empty where none is written."""
    cells = [number(row.cell) for row in rows]
    units = Counter(cell.unit for cell in cells if cell.value is not None and cell.unit)
    unit = units.most_common(1)[0][0] if units else ""
    for row, cell in zip(rows, cells, strict=True):
        row.value = cell.value
        row.doubts += [f"{name}: {cell.doubt}"] if cell.doubt else []
        if cell.value is not None and cell.unit not in ("", unit):
            row.value = None
            row.doubts.append(f"{name}: {row.cell!r} has another unit than {unit}: not read")
        elif cell.value is not None and unit and not cell.unit and not cell.doubt:
            _bare(row, [each.value for each in cells if each.value is not None and each.unit == unit], name, unit)
    _zeros(rows, name)
    return unit


def _bare(row: Row, others: Sequence[float], name: str, unit: str) -> None:
    """A number without the unit all others have: theirs where it is of their size, else nobody can tell."""
    assert row.value is not None
    if min(others) / 2 <= row.value <= max(others) * 2:
        row.doubts.append(f"{name}: {row.cell!r} has no unit, {unit} is assumed")
    else:
        row.value = None
        row.doubts.append(f"{name}: {row.cell!r} has no unit and is no number of {unit} like the others: not read")


def _zeros(rows: Sequence[Row], name: str) -> None:
    """Set aside a 0 that says "no number": far from all others, and not a count."""
    others = sorted(row.value for row in rows if row.value)
    if not others or others[0] <= FAR * median(others):
        return
    whole = all(float(value).is_integer() for value in others)
    for row in rows:
        if row.value == 0 and outcome_of(row.status, is_first=False)[0] in (Outcome.KEEP, Outcome.DISCARD):
            if whole:
                row.doubts.append(f"{name}: 0, far from all others; taken as it stands")
            else:
                row.value = None
                row.doubts.append(f"{name}: 0, far from all others: taken for a missing number")
