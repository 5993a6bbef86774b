"""`watch`: the terminal view of a study. It reads the ledger, attaches and detaches freely, and decides nothing."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import ClassVar

from textual import work
from textual.app import App
from textual.binding import Binding, BindingType

from autoresearch import control
from autoresearch.errors import AutoresearchError, UserError
from autoresearch.history import Archive
from autoresearch.ledger import Ledger
from autoresearch.report.printed import NEWEST, printed
from autoresearch.site import Site
from autoresearch.tui.ask import Ask, Confirm
from autoresearch.tui.desk import Desk
from autoresearch.tui.experiment import DiffOf
from autoresearch.tui.feed import Feed, Status
from autoresearch.tui.keys import Keys

LOOK = 0.5
"""Seconds between two looks at the ledger."""
ANEW = 20.0
"""Seconds after which hours and budgets are told again, though nothing was recorded."""
REST = 3
"""It rests this many times as long as it took to arrange the ledger: a long one costs no more of the machine."""


class Watch(App[None]):
    """One study, live."""

    CSS_PATH = "watch.tcss"
    TITLE = "autoresearch watch"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "pause", "Pause"),
        Binding("r", "resume", "Resume"),
        Binding("x", "stop", "Stop"),
        Binding("t", "tell", "Tell"),
        Binding("question_mark", "keys", "Keys", key_display="?"),
        Binding("q", "quit", "Detach"),
    ]

    def __init__(self, site: Site, *, diff_of: DiffOf, status_of: Status) -> None:
        themed = "TEXTUAL_THEME" in os.environ
        super().__init__(ansi_color=None if themed else True)  # before the theme: NO_COLOR picks its filter by it
        self.feed = Feed(site, status_of)
        self.desk = Desk(site, self.feed, diff_of)
        self.trouble: AutoresearchError | None = None
        """Why the view closed by itself."""
        self._detached = threading.Event()
        if not themed:
            self.theme = "ansi-dark"  # the terminal's own colours: right on a light one too

    def on_mount(self) -> None:
        """Begin to read."""
        self.push_screen(self.desk)
        self.follow()
        self.listen()

    def on_unmount(self) -> None:
        """Detached: nobody reads on."""
        self._detached.set()

    @work(thread=True, group="follow")
    def follow(self) -> None:
        """Read the ledger on and on; show what it says whenever it grew."""
        told, took = -ANEW, 0.0
        try:
            while not self._detached.is_set():
                grown, began = self.feed.read(seconds=LOOK + REST * took), time.monotonic()
                if grown or began - told > ANEW:
                    self.desk.post_message(Desk.Grown(self.feed.scene()))
                    told, took = began, time.monotonic() - began
                self._detached.wait(0.0 if self.feed.behind else LOOK + REST * took)
        except (AutoresearchError, OSError) as error:
            self.trouble = error if isinstance(error, AutoresearchError) else _unreadable(error)
            self.call_later(self.exit)

    @work(thread=True, group="listen")
    def listen(self) -> None:
        """Show what is being done, and what it prints."""
        site = self.feed.site
        while not self._detached.wait(LOOK):
            with suppress(OSError):  # whoever reads the ledger will say so
                self.desk.post_message(Desk.Stepped(site.step(), printed(site.tail(), NEWEST)))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Which keys mean something now: a study is paused, or it can be; to an imported one nothing can be said."""
        if action in ("pause", "resume", "stop", "tell") and self.desk.is_imported:
            return False
        halted = self.desk.is_halted
        return halted if action == "resume" else not halted if action == "pause" else True

    def action_pause(self) -> None:
        """Start nothing new."""
        self.say(control.pause)

    def action_resume(self) -> None:
        """Go on."""
        self.say(control.resume)

    def action_stop(self) -> None:
        """End the night after this experiment, if that is meant; where nothing runs, say so at once."""
        if self.feed.site.step() is None:
            self.say(control.stop)
            return

        def answer(yes: bool | None) -> None:
            if yes:
                self.say(control.stop)

        self.push_screen(Confirm("Stop the study after the experiment now running?"), answer)

    def action_tell(self) -> None:
        """Say something to the next agents."""

        def answer(text: str | None) -> None:
            if text is not None and text.strip():
                self.say(lambda _, ledger: control.tell(ledger, text))

        self.push_screen(Ask("What should the next agents know or do?", "leave the optimiser alone"), answer)

    @work(thread=True, group="say")
    def say(self, word: Callable[[Site, Ledger[Archive]], str]) -> None:
        """Say a word to the study, and show what it comes to."""
        try:
            self.notify(self.feed.say(word), markup=False)
        except UserError as error:
            self.notify(f"{error.message} {error.fix}", severity="error", markup=False)

    def action_keys(self) -> None:
        """Show every key."""
        self.push_screen(Keys())


def _unreadable(error: OSError) -> UserError:
    return UserError(f"The ledger cannot be read any more ({error.strerror}).", fix="autoresearch status")
