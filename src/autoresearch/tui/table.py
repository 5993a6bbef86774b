"""The table of experiments. Only the rows on the screen are made, so ten thousand cost what ten do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from autoresearch.records import Experiment
from autoresearch.tui.choice import Choice, Order
from autoresearch.tui.feed import Scene
from autoresearch.tui.signs import ending
from autoresearch.views.words import duration, plain

ROOMY = 76
"""Columns from which the table names the agent."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the table."""

    name: str
    width: int
    """0 takes what is left."""
    right: bool = False
    order: Order | None = None
    """What a click on its name sorts by."""


class Experiments(ScrollView, can_focus=True):
    """One row an experiment, a cursor on one of them. At the top the cursor stays at the top: it follows the newest."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move(1)", "Next", show=False),
        Binding("up", "move(-1)", "Previous", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("home", "move(-1000000000)", "First", show=False),
        Binding("end", "move(1000000000)", "Last", show=False),
        Binding("enter", "open", "Read"),
    ]

    row: reactive[int] = reactive(0)
    """Where the cursor is."""

    class Pointed(Message):
        """The cursor is on another experiment, or on none."""

        def __init__(self, number: int | None) -> None:
            super().__init__()
            self.number = number

    class Opened(Message):
        """Somebody wants to read the experiment under the cursor."""

    class Sorted(Message):
        """A column's name was clicked."""

        def __init__(self, order: Order) -> None:
            super().__init__()
            self.order = order

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.scene: Scene | None = None
        self.choice = Choice()
        self.numbers: Sequence[int] = ()

    @property
    def _width(self) -> int:
        """Columns of the screen it has, the scrollbar's left out."""
        return self.scrollable_content_region.width

    @property
    def _theirs(self) -> bool:
        """Whether it is another tool's ledger, which knows no times and no agents."""
        return self.scene is not None and self.scene.history.imported is not None

    @property
    def _names_agents(self) -> bool:
        return self._width >= ROOMY and not self._theirs

    @property
    def number(self) -> int | None:
        """The experiment under the cursor."""
        return self.numbers[self.row] if self.row < len(self.numbers) else None

    def show(self, scene: Scene, choice: Choice) -> None:
        """Show `choice` of `scene`; the cursor stays on its experiment, or at the top."""
        held = self.number if self.row and choice == self.choice else None
        before = self.number
        self.scene, self.choice, self.numbers = scene, choice, choice.numbers(scene)
        self.virtual_size = Size(self._width, len(self.numbers) + 1)
        place = self.numbers.index(held) if held in self.numbers else 0
        self.set_reactive(Experiments.row, place)
        self._reveal()
        self.refresh()
        if self.number != before:
            self.post_message(self.Pointed(self.number))

    def watch_row(self) -> None:
        """The cursor moved."""
        self._reveal()
        self.refresh()
        self.post_message(self.Pointed(self.number))

    def validate_row(self, row: int) -> int:
        """A row there is."""
        return max(0, min(row, len(self.numbers) - 1))

    def on_resize(self) -> None:
        """The columns share another width."""
        self.virtual_size = Size(self._width, len(self.numbers) + 1)
        self._reveal()

    def action_move(self, rows: int) -> None:
        """Move the cursor."""
        self.row += rows

    def action_page(self, pages: int) -> None:
        """Move the cursor by what fits on the screen."""
        self.row += pages * max(1, self.size.height - 2)

    def action_open(self) -> None:
        """Read the experiment."""
        if self.number is not None:
            self.post_message(self.Opened())

    def on_click(self, event: events.Click) -> None:
        """A name sorts, a row is pointed at."""
        if event.y:
            self.row = round(self.scroll_offset.y) + event.y - 1
            return
        left = 0
        for column, width in self._columns():
            left += width + 1
            if event.x < left:
                if column.order is not None:
                    self.post_message(self.Sorted(column.order))
                return

    def _reveal(self) -> None:
        """Scroll so that the cursor is seen."""
        top, height = round(self.scroll_target_y), max(1, self.size.height - 1)
        if self.row < top:
            self.scroll_to(y=self.row, animate=False)
        elif self.row >= top + height:
            self.scroll_to(y=self.row - height + 1, animate=False)

    def _columns(self) -> list[tuple[Column, int]]:
        """The columns that fit, with their widths."""
        metric = plain(self.scene.history.metric.name, 13) if self.scene else ""
        columns = [
            Column("#", max(4, len(str(len(self.numbers)))), right=True, order=Order.NUMBER),
            Column("outcome", 21 if self._theirs else 15, order=Order.OUTCOME),
            Column(metric, max(10, len(metric)), right=True, order=Order.VALUE),
            *([] if self._theirs else [Column("took", 12, right=True, order=Order.SECONDS)]),
            *([Column("agent", 10)] if self._names_agents else []),
            Column("change", 0),
        ]
        left = self._width - sum(column.width + 1 for column in columns) + 1
        return [(column, column.width or max(4, left)) for column in columns]

    def render_line(self, y: int) -> Strip:
        """The names, then the rows in sight."""
        width, base = self._width, self.rich_style
        row = round(self.scroll_offset.y) + y - 1
        if y == 0:
            return self._strip([(self._heading(column), "dim") for column, _ in self._columns()], base)
        if self.scene is None or row >= len(self.numbers):
            return Strip.blank(width, base)
        done = self.scene.history.experiments[self.numbers[row]]
        style = base
        if row == self.row:
            style += Style(reverse=True) if self.has_focus else Style(bold=True, underline=True)
        return self._strip(self._cells(self.scene, done), style)

    def _heading(self, column: Column) -> str:
        if column.order is not self.choice.order:
            return column.name
        return column.name + ("▲" if self.choice.reverse else "▼")

    def _cells(self, scene: Scene, done: Experiment) -> list[tuple[str, str]]:
        sign, word, style = ending(done, scene.standings.get(done.number))
        current = scene.reading.spans[-1].experiments
        here = "" if current and done.number >= current[0].number else "dim"
        value = "–" if done.value is None else scene.figures(done.number).value(done.value)
        return [
            (str(done.number), here),
            (f"{sign} {word}", style),
            (value, here),
            *([] if self._theirs else [(duration(done.seconds) if done.seconds else "–", here)]),
            *([(plain(done.agent, 10), "")] if self._names_agents else []),
            (_change(done), here),
        ]

    def _strip(self, cells: Sequence[tuple[str, str]], style: Style) -> Strip:
        line = Text(no_wrap=True, end="")
        for (text, colour), (column, width) in zip(cells, self._columns(), strict=True):
            cell = Text(text, colour, no_wrap=True, end="")
            cell.truncate(width, overflow="ellipsis")
            cell.align("right" if column.right else "left", width)
            line.append_text(cell).append(" ")
        segments = Segment.apply_style(line.render(self.app.console), style)
        return Strip(segments).adjust_cell_length(self._width, style)


def _change(done: Experiment) -> str:
    """What was tried; of a change that earned no score, why."""
    if done.candidate is None:
        return plain(done.verdict.reason)
    summary = plain(done.candidate.summary)
    return summary if done.value is not None else f"{summary} ({plain(done.verdict.reason)})"
