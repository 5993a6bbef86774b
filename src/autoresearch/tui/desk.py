"""What is looked at: the picture and the list on one side, the pages about them on the other."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from rich.console import RenderableType
from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Footer, Input, RichLog, Static, TabbedContent, TabPane
from textual.worker import get_current_worker

from autoresearch.site import Site
from autoresearch.tui import experiment, journal, overview
from autoresearch.tui.choice import Choice
from autoresearch.tui.experiment import DiffOf
from autoresearch.tui.feed import REMEMBERED, Feed, Scene
from autoresearch.tui.picture import Picture
from autoresearch.tui.table import Experiments
from autoresearch.tui.top import Top
from autoresearch.views.words import count

SETTLED = 0.12
"""Seconds the cursor stands still before its experiment is fetched."""
WIDE = 120
"""Columns from which the list and what it is about stand side by side."""
SILENT = Text("Nothing is being printed now.", "dim")
PAGES = ("experiment", "study", "log", "now")


class Desk(Screen[None]):
    """The whole screen. It draws scenes; it never reads the ledger itself."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]  # noqa: RUF012 (textual declares no class variable)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "list", "Back"),
        Binding("slash", "search", "Find", key_display="/"),
        Binding("f", "filter", "Filter"),
        Binding("s", "sort", "Sort"),
        Binding("S", "reverse", "Reverse the order", show=False),
        Binding("1", "page('experiment')", "The experiment", show=False),
        Binding("2", "page('study')", "The study", show=False),
        Binding("3", "page('log')", "The log", show=False),
        Binding("4", "page('now')", "What runs now", show=False),
        Binding("tab", "next_page", "Pages", priority=True),
        Binding("j", "step(1)", "Next experiment", show=False),
        Binding("k", "step(-1)", "Previous experiment", show=False),
    ]

    class Grown(Message):
        """The ledger says more."""

        def __init__(self, scene: Scene) -> None:
            super().__init__()
            self.scene = scene

    class Stepped(Message):
        """What the running study does now, and the last lines it printed."""

        def __init__(self, step: dict[str, object] | None, printed: Sequence[str]) -> None:
            super().__init__()
            self.step, self.printed = step, printed

    class Turned(Message):
        """The page of an experiment is made."""

        def __init__(self, page: RenderableType) -> None:
            super().__init__()
            self.page = page

    def __init__(self, site: Site, feed: Feed, diff_of: DiffOf) -> None:
        super().__init__()
        self.site, self.feed, self.diff_of = site, feed, diff_of
        self.scene: Scene | None = None
        self.choice = Choice()

    @property
    def is_halted(self) -> bool:
        """Whether a human paused or stopped the study."""
        history = self.scene.history if self.scene else None
        return history is not None and (history.paused or bool(history.stopping))

    @property
    def is_imported(self) -> bool:
        """Whether it all is another tool's word, and read-only."""
        return self.scene is not None and self.scene.history.imported is not None

    @property
    def table(self) -> Experiments:
        """The list."""
        return self.query_one(Experiments)

    @property
    def _side(self) -> TabbedContent:
        return self.query_one("#side", TabbedContent)

    @property
    def _search(self) -> Input:
        return self.query_one("#search", Input)

    @property
    def _reading(self) -> bool:
        """Whether a page is being read, not the list."""
        return self.has_class("-reading")

    def compose(self) -> ComposeResult:
        """The top, the list with its picture, and what it is about."""
        yield Top(id="top")
        with Horizontal(id="body"):
            with Vertical(id="left"):
                yield Picture(id="picture")
                yield Static("", id="choice", markup=False)
                yield Input(placeholder="words that occur, or #12", id="search")
                yield Experiments(id="experiments")
            with TabbedContent(id="side"):
                with TabPane("Experiment", id="experiment"), VerticalScroll():
                    yield Static("", id="page", markup=False)
                with TabPane("Study", id="study"), VerticalScroll():
                    yield Static("", id="overview", markup=False)
                with TabPane("Log", id="log"):
                    yield RichLog(id="journal", max_lines=5 * REMEMBERED, wrap=True, min_width=0)
                with TabPane("Now", id="now"), VerticalScroll():
                    yield Static(SILENT, id="printed", markup=False)
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """The list has the keys; the clock moves."""
        self.table.focus()
        self.set_interval(1.0, self.query_one(Top).refresh)

    @on(Grown)
    def _grown(self, message: Grown) -> None:
        self.scene = message.scene
        self.query_one(Top).show(message.scene)
        self._list()
        log = self.query_one("#journal", RichLog)
        while self.feed.events:
            log.write(journal.line(message.scene.history, self.feed.events.popleft()))
        self._tell_study()
        self.refresh_bindings()

    @on(Stepped)
    def _stepped(self, message: Stepped) -> None:
        top = self.query_one(Top)
        top.step = message.step
        top.refresh()
        self._print(Text("\n".join(message.printed)) if message.printed else SILENT)

    def _print(self, shown: Text) -> None:
        """Show what is printed now; its end, unless a person went back to read."""
        now, pane = self.query_one("#printed", Static), self.query_one("#now VerticalScroll", VerticalScroll)
        if now.content != shown:
            follows = pane.is_vertical_scroll_end
            now.update(shown)
            if follows:
                pane.scroll_end(animate=False)

    @on(TabbedContent.TabActivated, pane="#now")
    def _show_end(self) -> None:
        self.query_one("#now VerticalScroll", VerticalScroll).scroll_end(animate=False)

    @on(TabbedContent.TabActivated)
    def _tell_study(self) -> None:
        if self.scene is not None and self._side.active == "study":
            self.query_one("#overview", Static).update(overview.page(self.scene))

    def _list(self) -> None:
        """The chosen experiments, and what was chosen."""
        if self.scene is None:
            return
        self.table.show(self.scene, self.choice)
        shown, total = self.scene.tried(self.table.numbers), count(self.scene.tried(), "experiment")
        words = f' with "{self.choice.words}"' if self.choice.words else ""
        part = f"{shown:,} of " if self.choice.is_narrowed else ""
        text = f"{part}{total}{words}: {self.choice.title}"
        style = "bold" if self.choice.is_narrowed else "dim"
        self.query_one("#choice", Static).update(Text(text, style, no_wrap=True, overflow="ellipsis"))
        self.query_one(Picture).show(self.scene, self.table.number)

    @on(Experiments.Pointed)
    def _pointed(self, message: Experiments.Pointed) -> None:
        if self.scene is not None:
            self.query_one(Picture).show(self.scene, message.number)
            self.fetch(message.number)

    @work(thread=True, exclusive=True, group="page")
    def fetch(self, number: int | None) -> None:
        """Make the page of an experiment, once the cursor stands still."""
        time.sleep(SETTLED)
        scene = self.scene  # not an argument: those are spelled out for the worker's name, the whole ledger then
        if get_current_worker().is_cancelled or scene is None:
            return
        page: RenderableType = Text("no experiment is chosen", "dim")
        if number is not None:
            page = experiment.page(scene, number, site=self.site, diff_of=self.diff_of)
        if not get_current_worker().is_cancelled:
            self.post_message(self.Turned(page))

    @on(Turned)
    def _turned(self, message: Turned) -> None:
        self.query_one("#page", Static).update(message.page)
        self.query_one("#experiment VerticalScroll", VerticalScroll).scroll_home(animate=False)

    def action_page(self, name: str) -> None:
        """Show a page; on a narrow screen instead of the list."""
        self._side.active = name
        self.add_class("-reading")
        self.query_one("#journal" if name == "log" else f"#{name} VerticalScroll").focus()
        self.refresh_bindings()

    def action_next_page(self) -> None:
        """From the list through the pages, and back."""
        place = PAGES.index(self._side.active) + 1 if self._reading else 0
        if place < len(PAGES):
            self.action_page(PAGES[place])
        else:
            self.action_list()

    @on(Experiments.Opened)
    def _opened(self) -> None:
        self.action_page("experiment")

    def action_list(self) -> None:
        """From a page to the list, from a search to all."""
        if not self._reading and self._search.display:
            self._choose(replace(self.choice, words=""))
            self._search.display = False
        self.remove_class("-reading")
        self.table.focus()
        self.refresh_bindings()

    def action_step(self, rows: int) -> None:
        """Another experiment, whatever is being read."""
        self.table.action_move(rows)

    def action_search(self) -> None:
        """Ask for words."""
        self.remove_class("-reading")
        self._search.display = True
        self._search.focus()
        self.refresh_bindings()

    @on(Input.Changed, "#search")
    def _searched(self, event: Input.Changed) -> None:
        self._choose(replace(self.choice, words=event.value))

    @on(Input.Submitted, "#search")
    def _found(self) -> None:
        self._search.display = bool(self.choice.words)
        self.table.focus()

    def action_filter(self) -> None:
        """The next kind of experiment."""
        self._choose(self.choice.next_kind())

    def action_sort(self) -> None:
        """The next order."""
        self._choose(self.choice.next_order())

    def action_reverse(self) -> None:
        """The same order from the other end."""
        self._choose(replace(self.choice, reverse=not self.choice.reverse))

    @on(Experiments.Sorted)
    def _sorted(self, message: Experiments.Sorted) -> None:
        same = message.order is self.choice.order
        self._choose(replace(self.choice, order=message.order, reverse=same and not self.choice.reverse))

    def _choose(self, choice: Choice) -> None:
        self.choice = choice
        self._list()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Which keys mean something now."""
        return self._reading or self._search.display if action == "list" else True
