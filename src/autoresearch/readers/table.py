"""`results.tsv` as people really have it: without a heading, with other columns, with lines broken by hand.

Tabs, commas, or a Markdown table. A new heading further down changes the columns; a new metric opens a segment. A line
that is no row belongs to the row before it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from autoresearch.readers.blocks import Block, Line, blocks_of
from autoresearch.readers.cells import number
from autoresearch.readers.columns import Columns, guessed, headed
from autoresearch.readers.foreign import Reader, Row
from autoresearch.readers.units import settle
from autoresearch.readers.words import is_known


@dataclass(frozen=True, slots=True)
class _Part:
    """Rows read by the same columns."""

    name: str
    """Of the metric."""
    place: int
    unit: str
    rows: Sequence[Row]
    notes: Sequence[str]


def segments(lines: Sequence[str], metric: str | None) -> list[Reader]:
    """The table's segments: one for each metric it goes on with."""
    blocks, remarks = blocks_of(lines)
    found: list[Reader] = []
    for name, group in groupby(_parts(blocks, metric), key=lambda part: part.name):
        parts = list(group)
        rows = [row for part in parts for row in part.rows]
        notes = [note for part in parts for note in part.notes]
        unit = next((part.unit for part in parts if part.unit), "")
        why = f"line {parts[0].place}: the table goes on with {name}" if found else ""
        found.append(Reader(name, rows, unit, why=why, notes=notes if found else [*remarks, *notes]))
    return found or [Reader(metric or "metric", [], notes=remarks)]


def _parts(blocks: Sequence[Block], metric: str | None) -> Iterator[_Part]:
    for block in blocks:
        for columns, rows in _layouts(block, metric):
            notes, unit = _notes(block, columns, rows[0].line, metric), settle(rows, columns.metric_name)
            yield _Part(metric or columns.metric_name, block.place, unit, rows, notes)


def _layouts(block: Block, metric: str | None) -> Iterator[tuple[Columns, list[Row]]]:
    """The block's rows, read by the columns they fit: those of the heading, or of a change nobody announced."""
    if not block.lines:
        return
    base = _base(block, metric)
    for (width, _), group in groupby(block.lines, key=lambda line: _layout(line, base)):
        rows = list(group)
        columns = base if width == len(base.names) else _columns(base, rows, width)
        yield columns, [_row(line, columns) for line in rows]


def _base(block: Block, metric: str | None) -> Columns:
    """The block's columns: by its heading, else by the rows of the most usual width."""
    cells = [line.cells for line in block.lines]
    if block.heading:
        return headed(block.heading, cells, metric)
    width = Counter(map(len, cells)).most_common(1)[0][0]
    return guessed(width, [row for row in cells if len(row) == width], metric)


def _layout(line: Line, base: Columns) -> tuple[int, bool]:
    """How wide a row is; one that the columns fit as they are counts as wide as they."""
    status = base.roles.get("status")
    fits = status is not None and status < len(line.cells) and is_known(line.cells[status])
    shifted = len(line.cells) > len(base.names) and not fits and any(map(is_known, line.cells))
    return (len(line.cells), True) if shifted else (len(base.names), False)


def _columns(base: Columns, rows: Sequence[Line], width: int) -> Columns:
    """Columns by what stands in them; the metric keeps its name, for it is the same table."""
    found = guessed(width, [line.cells for line in rows])
    if found.metric is None:
        return found
    names = list(found.names)
    names[found.metric] = base.metric_name
    return Columns(names, found.roles, found.metric, guessed=True)


def _row(line: Line, columns: Columns) -> Row:
    cells, doubts = list(line.cells), list(line.doubts)
    extra = len(cells) - len(columns.names)
    if extra > 0:
        doubts.append(f"{extra} more cells than columns: taken for the last one's text")
        cells[len(columns.names) - 1 :] = [" ".join(cells[len(columns.names) - 1 :])]
    elif extra < 0:
        doubts.append(f"{-extra} fewer cells than columns")
    row = Row(line.place, line.text, doubts=doubts)
    for role, place in columns.roles.items():
        setattr(row, role, cells[place] if place < len(cells) else "")
    row.cell = cells[columns.metric] if columns.metric is not None and columns.metric < len(cells) else ""
    if columns.metric is None and len(cells) == 1:
        row.summary = cells[0]
    _others(row, cells, columns)
    return row


def _others(row: Row, cells: Sequence[str], columns: Columns) -> None:
    taken = {*columns.roles.values(), columns.metric}
    for place, cell in enumerate(cells):
        if place in taken:
            continue
        row.extra[columns.names[place]] = cell
        if (value := number(cell).value) is not None:
            row.values[columns.names[place]] = value


def _notes(block: Block, columns: Columns, place: int, metric: str | None) -> list[str]:
    notes, at = [], (columns.metric or 0) + 1
    if block.place > 1 and block.lines[0].place == place and block.heading and block.changed:
        notes.append(f"line {block.place}: a new heading")
    if columns.guessed:
        what = "no heading" if block.heading is None else "rows that do not fit the heading"
        notes.append(f"line {place}: {what}; columns are told by what stands in them, the metric is column {at}")
    if columns.others:
        others = ", ".join(columns.others)
        notes.append(f"line {place}: {columns.metric_name} is taken for the metric; it may be {others}: --metric NAME")
    if metric and metric not in columns.names:
        notes.append(f"line {place}: no column {metric!r}")
    return notes
