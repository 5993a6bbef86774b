"""The staircase of the epoch under the cursor, with an arrow below the experiment."""

from __future__ import annotations

from rich.text import Text
from textual.geometry import Size
from textual.widget import Widget

from autoresearch.report import terminal
from autoresearch.report.staircase import Staircase
from autoresearch.tui.feed import Scene

ARROW = ("▲", "bold")


class Picture(Widget):
    """The staircase. It is drawn again when it or its size changes, not when the cursor moves."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._stairs: Staircase | None = None
        self._number: int | None = None
        self._drawn: tuple[Staircase, Size] | None = None
        self._lines: list[list[terminal.Cell]] = []

    def show(self, scene: Scene, number: int | None) -> None:
        """Show the epoch of experiment `number`; of the newest one where there is none."""
        self._stairs = scene.staircase(scene.experiments - 1 if number is None else number)
        self._number = number
        self.refresh()

    def render(self) -> Text:
        """Every cell as it is, the arrow over the rug."""
        if self._stairs is None:
            return Text("nothing recorded yet", "dim")
        lines = self._cells(self._stairs)
        column = None if self._number is None else terminal.column(self._stairs, self._number, columns=self.size.width)
        rug = terminal.rug_row(self._stairs, columns=self.size.width, rows=self.size.height)
        shown = [list(line) for line in lines]
        if column is not None and column < len(shown[rug]):
            shown[rug][column] = ARROW
        return Text("\n", no_wrap=True).join(Text.assemble(*line, no_wrap=True) for line in shown[: self.size.height])

    def _cells(self, stairs: Staircase) -> list[list[terminal.Cell]]:
        drawn = self._drawn
        if drawn is None or drawn[0] is not stairs or drawn[1] != self.size:
            self._lines = list(terminal.cells(stairs, columns=self.size.width, rows=self.size.height))
            self._drawn = (stairs, self.size)
        return self._lines
