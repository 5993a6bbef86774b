"""The staircase in a terminal: one sign a cell, told apart by shape first and colour second."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from autoresearch.records import Ruling
from autoresearch.report.axes import Scale
from autoresearch.report.staircase import Staircase
from autoresearch.views.standing import Standing
from autoresearch.views.words import plain

if TYPE_CHECKING:
    from rich.text import Text

Cell = tuple[str, str]
"""A sign, and the rich style it is painted in."""

LEAST = (30, 10)
"""Columns and rows below which there is no picture."""

BLANK: Cell = (" ", "")
BAND: Cell = ("░", "bright_black")
BASE: Cell = ("╌", "bright_black")
DISCARD: Cell = ("·", "")
REPEAT: Cell = ("∘", "blue")
LINE: Cell = ("─", "green")
LEVEL: Cell = ("━", "bold blue")
UNDONE: Cell = ("○", "yellow")
KEEP: Cell = ("●", "bold green")
PROOF: Cell = ("◆", "bold blue")
DOUBT: Cell = ("◇", "bright_black")
LOST: Cell = ("◇", "yellow")
FOUL: Cell = ("╵", "bright_black")

LEGEND: tuple[tuple[Cell, str], ...] = (
    (KEEP, "kept"),
    (UNDONE, "rolled back"),
    (DISCARD, "discarded"),
    (FOUL, "no score"),
    (LINE, "best"),
    (LEVEL, "certified"),
    (PROOF, "certificate"),
    (DOUBT, "not proven"),
    (BAND, "noise"),
)


def text(stairs: Staircase, *, columns: int = 80, rows: int = 18) -> str:
    """The picture as plain lines, at most `columns` wide."""
    return "\n".join("".join(sign for sign, _ in line).rstrip() for line in cells(stairs, columns=columns, rows=rows))


def rich_text(stairs: Staircase, *, columns: int = 80, rows: int = 18) -> Text:
    """The same, coloured."""
    from rich.text import Text

    lines = (Text.assemble(*line, no_wrap=True) for line in cells(stairs, columns=columns, rows=rows))
    return Text("\n", no_wrap=True).join(lines)


def cells(stairs: Staircase, *, columns: int, rows: int) -> Iterator[list[Cell]]:
    """Title, picture, rug, axis and legend, `rows` lines in all, none wider than `columns`."""
    columns, rows = max(columns, LEAST[0]), max(rows, LEAST[1])
    gutter = _gutter(stairs)
    yield _words(_title(stairs), columns, "bold")
    legend = list(_legend(stairs, columns))
    height = rows - 3 - len(legend)
    canvas = _canvas(stairs, width=columns - gutter, height=height)
    for row, (line, level) in enumerate(zip(canvas, _levels(stairs, height), strict=True)):
        name = stairs.figures.value(level) if row in (0, height // 2, height - 1) and stairs.plateaus else ""
        yield [*_words(name.rjust(gutter - 1) + " ", gutter, "bright_black"), *line]
    yield [*[BLANK] * gutter, *_rug(stairs, columns - gutter)]
    yield [*[BLANK] * gutter, *_axis(stairs, columns - gutter)]
    yield from legend


def column(stairs: Staircase, number: int, *, columns: int) -> int:
    """Where experiment `number` stands in lines of that width."""
    gutter, columns = _gutter(stairs), max(columns, LEAST[0])
    return gutter + round(Scale(*stairs.x_range, 0, columns - gutter - 1)(number))


def rug_row(stairs: Staircase, *, columns: int, rows: int) -> int:
    """Which of the lines stands between the plot and the numbers of the experiments."""
    return max(rows, LEAST[1]) - 2 - len(list(_legend(stairs, max(columns, LEAST[0]))))


def _gutter(stairs: Staircase) -> int:
    """Columns left of the plot, for the levels."""
    low, high = (stairs.figures.value(end) for end in stairs.y_range)
    return min(14, max(len(low), len(high), len(stairs.figures.value(sum(stairs.y_range) / 2)))) + 1


@dataclass(slots=True)
class Canvas:
    """A grid of cells in the picture's coordinates. What lies outside is left out."""

    grid: list[list[Cell]]
    x: Scale
    y: Scale

    def across(self, x0: float, x1: float, level: float, cell: Cell) -> None:
        """Paint one row from `x0` to `x1`."""
        row, width = round(self.y(level)) if math.isfinite(level) else -1, len(self.grid[0])
        if 0 <= row < len(self.grid):
            for column in range(max(0, round(self.x(x0))), min(width - 1, round(self.x(x1))) + 1):
                self.grid[row][column] = cell

    def put(self, x: float, y: float, cell: Cell) -> None:
        """Paint one cell."""
        self.across(x, x, y, cell)


def _canvas(stairs: Staircase, *, width: int, height: int) -> list[list[Cell]]:
    """The plot, painted from the back to the front."""
    grid = [[BLANK] * width for _ in range(height)]
    canvas = Canvas(grid, Scale(*stairs.x_range, 0, width - 1), Scale(*stairs.y_range, height - 1, 0))
    _paint_band(canvas, stairs)
    for a, b in zip(stairs.line[::2], stairs.line[1::2], strict=False):
        canvas.across(a.x, b.x, a.y, LINE)
    for plateau in stairs.plateaus:
        canvas.across(plateau.x0, plateau.x1, plateau.mean, LEVEL if plateau.certificate else BASE)
    for point in stairs.repeats:
        canvas.put(point.x, point.y, REPEAT)
    for point in stairs.discards:
        canvas.put(point.x, point.y, DISCARD)
    for mark in stairs.marks:
        canvas.put(mark.x, mark.y, {Ruling.CERTIFIED: PROOF, Ruling.ROLLED_BACK: LOST}.get(mark.ruling, DOUBT))
    for keep in stairs.keeps:
        canvas.put(keep.x, keep.y, UNDONE if keep.standing is Standing.ROLLED_BACK else KEEP)
    return grid


def _paint_band(canvas: Canvas, stairs: Staircase) -> None:
    for level in _levels(stairs, len(canvas.grid)):
        for plateau in stairs.plateaus:
            if abs(level - plateau.mean) < 2 * (plateau.sigma or 0.0):
                canvas.across(plateau.x0, plateau.x1, level, BAND)


def _levels(stairs: Staircase, height: int) -> list[float]:
    """The metric at each row, from the top."""
    low, high = stairs.y_range
    return [high - row / (height - 1) * (high - low) for row in range(height)]


def _title(stairs: Staircase) -> str:
    unit = f" ({plain(stairs.metric.unit, 20)})" if stairs.metric.unit else ""
    unsafe = ", UNSAFE: no sandbox" if stairs.unsafe else ""
    if not stairs.plateaus:
        return f"{plain(stairs.metric.name, 30)}: nothing measured yet{unsafe}"
    off = f", {len(stairs.beyond)} off the scale" if stairs.beyond else ""
    way = "lower" if stairs.downwards else "higher"
    return f"{plain(stairs.metric.name, 30)}{unit}, {way} is better{unsafe}{off}"


def _words(words: str, width: int, style: str) -> list[Cell]:
    return [(char, style) for char in words[:width]]


def _rug(stairs: Staircase, width: int) -> list[Cell]:
    x = Scale(*stairs.x_range, 0, width - 1)
    fouls = {round(x(number)) for number, _ in stairs.rug}
    return [FOUL if column in fouls else BLANK for column in range(width)]


def _axis(stairs: Staircase, width: int) -> list[Cell]:
    first, last = f"{math.ceil(stairs.x_range[0]):,}", f"{math.floor(stairs.x_range[1]):,}"
    middle = "experiment" if width > len(first) + len(last) + 14 else ""
    return _words(first + middle.center(width - len(first) - len(last)) + last, width, "bright_black")


def _legend(stairs: Staircase, columns: int) -> Iterator[list[Cell]]:
    line: list[Cell] = []
    for cell, words in LEGEND:
        if cell in (UNDONE, DOUBT) and not _occurs(stairs, cell):
            continue
        if stairs.hearsay and cell in (REPEAT, LEVEL, PROOF, BAND):
            continue
        item = [cell, BLANK, *_words(words, 20, "bright_black"), BLANK, BLANK]
        if len(line) + len(item) - 2 > columns:
            yield line
            line = []
        line += item
    yield line[:-2]


def _occurs(stairs: Staircase, cell: Cell) -> bool:
    if cell is UNDONE:
        return any(keep.standing is Standing.ROLLED_BACK for keep in stairs.keeps)
    return any(mark.ruling is not Ruling.CERTIFIED for mark in stairs.marks)
