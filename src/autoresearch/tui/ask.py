"""Small questions over the view."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label


class Ask(ModalScreen[str | None]):
    """One line of text from a person; None when they think better of it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Leave")]

    def __init__(self, question: str, hint: str) -> None:
        super().__init__()
        self._question, self._hint = question, hint

    def compose(self) -> ComposeResult:
        """The question, a field, what the keys do."""
        with Vertical(classes="card"):
            yield Label(self._question, markup=False)
            yield Input(placeholder=self._hint, max_length=2000)
            yield Label("Enter says it, Escape leaves everything as it is.", classes="quiet", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """The answer."""
        self.dismiss(event.value)

    def action_leave(self) -> None:
        """No answer."""
        self.dismiss(None)


class Confirm(ModalScreen[bool]):
    """A yes or a no."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,enter", "answer(True)", "Yes"),
        Binding("n,escape", "answer(False)", "No"),
    ]

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        """The question and the keys."""
        with Vertical(classes="card"):
            yield Label(self._question, markup=False)
            yield Label("y yes, n no", classes="quiet", markup=False)

    def action_answer(self, yes: bool) -> None:
        """The answer."""
        self.dismiss(yes)
