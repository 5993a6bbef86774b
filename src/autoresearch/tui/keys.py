"""Every key of the view, in words."""

from __future__ import annotations

from typing import ClassVar

from rich.table import Table
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Label, Static

KEYS = (
    ("↑ ↓ page up/down", "move; at the top the cursor follows the newest"),
    ("home end", "the first and the last experiment"),
    ("j k", "the next and the previous, also while reading"),
    ("1 enter", "read the experiment"),
    ("2", "read about the study"),
    ("3", "read the log"),
    ("4", "read what the candidate or the agent prints now"),
    ("tab", "the next page; escape goes back to the list"),
    ("/", "find words, or #12; escape shows all again"),
    ("f", "all, kept, certified, discarded, no score"),
    ("s S", "another order; the same from the other end"),
    ("p r", "pause; resume"),
    ("x", "stop after the experiment now running"),
    ("t", "tell the next agents something"),
    ("q", "detach: the study goes on"),
)


class Keys(ModalScreen[None]):
    """The list of them. It closes by the key that opened it, or any that means no more."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,question_mark,enter,q", "leave", "Close")]

    def compose(self) -> ComposeResult:
        """A key and what it does, line by line."""
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="bold", no_wrap=True)
        for key, words in KEYS:
            grid.add_row(key, words)
        with Vertical(classes="card"):
            yield Static(grid)
            yield Label("Escape closes this.", classes="quiet", markup=False)

    def action_leave(self) -> None:
        """Away with it."""
        self.dismiss(None)
