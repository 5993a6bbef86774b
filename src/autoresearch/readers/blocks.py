"""A table's lines, told apart: headings, rows, what goes on in the next line, and remarks, which are told by line."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from autoresearch.readers.cells import number
from autoresearch.readers.columns import is_heading, may_be_heading, tells
from autoresearch.readers.words import is_known

GOES_ON = "its text goes on in the next line"
_RULER = re.compile(r"[|\s:+=-]{3,}")
_LONG_RULER = re.compile(r"\W*[-=]{3}")
"""A single dash in a cell says that nothing is there; three of them are drawn."""
_REMARK = re.compile(r"#+(\s|$)")


@dataclass(slots=True)
class Line:
    """A row's cells, and the lines they stand on."""

    place: int
    text: str
    cells: list[str]
    doubts: list[str] = field(default_factory=list)
    rest: list[tuple[str, str]] = field(default_factory=list)
    """The lines that its last cell goes on in, as they stand and without separators."""

    def close(self) -> None:
        """Join what goes on: once, for a description may have as many lines as a file."""
        if self.rest:
            self.text = "\n".join([self.text, *(text for text, _ in self.rest)])
            self.cells[-1] = " ".join([self.cells[-1], *(words for _, words in self.rest)])
            self.doubts.append(GOES_ON)
            self.rest = []


@dataclass(slots=True)
class Block:
    """Rows below one heading, or below none."""

    heading: Sequence[str] | None
    place: int
    changed: bool = False
    """Whether rows with other columns stand above."""
    lines: list[Line] = field(default_factory=list)


def blocks_of(lines: Sequence[str]) -> tuple[list[Block], list[str]]:
    """The table's blocks, and a note about every line that is taken neither for a row nor for part of one."""
    separator = _separator(lines)
    blocks, notes = [Block(None, 1)], []
    below_heading = False
    for place, line in enumerate(lines, 1):
        line, is_below, below_heading = line.rstrip("\r"), below_heading, False
        if not line.strip() or (is_below and _is_ruler(line)):
            continue
        cells = _cells(line, separator)
        is_first = len(blocks) == 1 and not blocks[0].lines
        if (by_name := is_heading(cells)) or (is_first and may_be_heading(cells)):
            blocks.append(Block(cells, place, changed=blocks[-1].changed or bool(blocks[-1].lines)))
            notes += [] if by_name else [f"line {place}: taken for a heading: {line[:60]!r}"]
            below_heading = True
        elif _is_remark(line, cells):
            notes.append(f"line {place}: taken for a remark: {line[:60]!r}")
        elif blocks[-1].lines and _goes_on(cells, blocks[-1]):
            blocks[-1].lines[-1].rest.append((line, " ".join(cells)))
        else:
            blocks[-1].lines.append(Line(place, line, cells))
    for block in blocks:
        if block.heading and not block.lines:
            notes.append(f"line {block.place}: a heading without rows")
        for row in block.lines:
            row.close()
    return [block for block in blocks if block.lines or block.heading] or blocks, notes


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


def _is_ruler(line: str) -> bool:
    return "\t" not in line and bool(_RULER.fullmatch(line.strip()))


def _is_remark(line: str, cells: Sequence[str]) -> bool:
    """Whether a line is set apart as no row: by a sign and a space before it, or because it is drawn."""
    if _is_ruler(line):
        return bool(_LONG_RULER.match(line))
    return bool(_REMARK.match(line)) and (len(cells) == 1 or not tells(cells))


def _goes_on(cells: Sequence[str], block: Block) -> bool:
    """Whether a line is the rest of a description: too short for a row, and nothing in it says it is one.

    A row that was cut off ends in a number.
    """
    width = len(block.heading or block.lines[0].cells)
    if width < 3 or len(cells) > max(2, width // 2):
        return False
    if len(cells) > 1 and number(cells[-1]).value is not None:
        return False
    return not any(is_known(cell) or number(cell).value is not None for cell in cells[:-1])
