"""`results.tsv` as people really have it: without a heading, with other columns, with lines broken by hand.

Tabs, commas, or a Markdown table. A new heading further down changes the columns; a new metric opens a segment. A line
that is no row belongs to the row before it.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from autoresearch.readers.cells import number
from autoresearch.readers.columns import Columns, guessed, headed, is_heading, may_be_heading
from autoresearch.readers.foreign import Reader, Row
from autoresearch.readers.units import settle
from autoresearch.readers.words import is_known

GOES_ON = "its text goes on in the next line"
_RULE = re.compile(r"[|\s:+=-]{3,}")


@dataclass(slots=True)
class _Line:
    """A row's cells, and the lines they stand on."""

    place: int
    text: str
    cells: list[str]
    doubts: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Block:
    """Rows below one heading, or below none."""

    heading: Sequence[str] | None
    place: int
    changed: bool = False
    """Whether rows with other columns stand above."""
    lines: list[_Line] = field(default_factory=list)


def segments(lines: Sequence[str], metric: str | None) -> list[Reader]:
    """The table's segments: one for each metric it goes on with."""
    found: list[Reader] = []
    blocks = _blocks(lines)
    for block in blocks:
        for columns, rows in _layouts(block, metric):
            notes = _notes(block, columns, rows[0].line, metric)
            name, unit = metric or columns.metric_name, settle(rows, columns.metric_name)
            if found and (found[-1].metric == name or not rows):
                last = found[-1]
                rows, notes = [*last.rows, *rows], [*last.notes, *notes]
                headed = last.headed or block.heading is not None
                found[-1] = Reader(name, rows, last.unit or unit, why=last.why, notes=notes, headed=headed)
            else:
                why = f"line {block.place}: the table goes on with {name}" if found else ""
                found.append(Reader(name, rows, unit, why=why, notes=notes, headed=block.heading is not None))
    return found or [Reader(metric or "metric", [], headed=any(block.heading for block in blocks))]


def _blocks(lines: Sequence[str]) -> list[_Block]:
    separator = _separator(lines)
    blocks = [_Block(None, 1)]
    for place, line in enumerate(lines, 1):
        line = line.rstrip("\r")
        if not line.strip() or _RULE.fullmatch(line.strip()):
            continue
        cells = _cells(line, separator)
        is_first = len(blocks) == 1 and not blocks[0].lines
        if is_heading(cells) or (is_first and may_be_heading(cells)):
            blocks.append(_Block(cells, place, changed=any(block.lines for block in blocks)))
        elif line.startswith("#") and len(cells) < 3:
            continue  # a remark
        elif blocks[-1].lines and _goes_on(cells, blocks[-1]):
            _append(blocks[-1].lines[-1], line, cells)
        else:
            blocks[-1].lines.append(_Line(place, line, cells))
    return [block for block in blocks if block.lines or block.heading] or blocks


def _separator(lines: Sequence[str]) -> str:
    sample = [line for line in lines if line.strip()][:50]
    if any(line.count("\t") >= 2 for line in sample):
        return "\t"
    if sum(line.strip().startswith("|") for line in sample) * 2 > len(sample):
        return "|"
    return "," if sum(line.count(",") >= 2 for line in sample) * 2 > len(sample) else "\t"


def _cells(line: str, separator: str) -> list[str]:
    if separator == "|":
        return [cell.strip() for cell in line.strip().strip("|").split("|")]
    if separator == ",":
        try:
            return next(csv.reader([line]))
        except (csv.Error, StopIteration):
            return line.split(",")
    return [cell.strip() for cell in line.split("\t")]


def _goes_on(cells: Sequence[str], block: _Block) -> bool:
    """Whether a line is the rest of a description: too short for a row, and nothing in it says it is one."""
    width = len(block.heading or block.lines[0].cells)
    if width < 3 or len(cells) > max(2, width // 2):
        return False
    return not any(is_known(cell) or number(cell).value is not None for cell in cells[:-1])


def _append(row: _Line, line: str, cells: Sequence[str]) -> None:
    row.text += "\n" + line
    row.cells[-1] += " " + " ".join(cells)
    if GOES_ON not in row.doubts:
        row.doubts.append(GOES_ON)


def _layouts(block: _Block, metric: str | None) -> Iterator[tuple[Columns, list[Row]]]:
    """The block's rows, read by the columns they fit: those of the heading, or of a change nobody announced."""
    if not block.lines:
        return
    base = _base(block, metric)
    for (width, _), group in groupby(block.lines, key=lambda line: _layout(line, base)):
        rows = list(group)
        columns = base if width == len(base.names) else _columns(base, rows, width)
        yield columns, [_row(line, columns) for line in rows]


def _base(block: _Block, metric: str | None) -> Columns:
    """The block's columns: by its heading, else by the rows of the most usual width."""
    cells = [line.cells for line in block.lines]
    if block.heading:
        return headed(block.heading, cells, metric)
    width = Counter(map(len, cells)).most_common(1)[0][0]
    return guessed(width, [row for row in cells if len(row) == width], metric)


def _layout(line: _Line, base: Columns) -> tuple[int, bool]:
    """How wide a row is; one that the columns fit as they are counts as wide as they."""
    status = base.roles.get("status")
    fits = status is not None and status < len(line.cells) and is_known(line.cells[status])
    shifted = len(line.cells) > len(base.names) and not fits and any(map(is_known, line.cells))
    return (len(line.cells), True) if shifted else (len(base.names), False)


def _columns(base: Columns, rows: Sequence[_Line], width: int) -> Columns:
    """Columns by what stands in them; the metric keeps its name, for it is the same table."""
    found = guessed(width, [line.cells for line in rows])
    if found.metric is None:
        return found
    names = list(found.names)
    names[found.metric] = base.metric_name
    return Columns(names, found.roles, found.metric, guessed=True)


def _row(line: _Line, columns: Columns) -> Row:
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


def _notes(block: _Block, columns: Columns, place: int, metric: str | None) -> list[str]:
    notes, at = [], (columns.metric or 0) + 1
    if block.place > 1 and block.lines[0].place == place and block.heading and block.changed:
        notes.append(f"line {block.place}: a new heading")
    if columns.guessed:
        what = "no heading" if block.heading is None else "rows that do not fit the heading"
        notes.append(f"line {place}: {what}; columns are told by what stands in them, the metric is column {at}")
    if metric and metric not in columns.names:
        notes.append(f"line {place}: no column {metric!r}")
    return notes
