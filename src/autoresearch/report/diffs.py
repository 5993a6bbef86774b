"""Diffs for reading: cut to a size, stripped of what could deceive, each line with its kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from autoresearch.errors import AutoresearchError
from autoresearch.views.words import is_harmless

LINES = 160
"""Most lines of one diff that are shown."""
WIDTH = 240
"""Most characters of one line that are shown."""


@dataclass(frozen=True, slots=True)
class Diff:
    """What one change did to the files."""

    lines: tuple[tuple[str, str], ...]
    """Kind (add, del, hunk, file, same) and text."""
    cut: int
    """Lines left out."""
    added: int
    removed: int


GONE = Diff((("hunk", "not kept here"),), 0, 0, 0)
"""Stands for a patch whose commits are nowhere to be read."""


@dataclass(slots=True)
class DiffBook:
    """Diffs on demand, until the page is full."""

    diff_of: Callable[[str, str], str]
    room: int = 600_000
    """Characters left."""

    def between(self, parent: str, child: str) -> Diff | None:
        """The diff from `parent` to `child`; None when the page is full: `autoresearch diff N` has it.

        A patch that cannot be read is named as such: the page is worth having without it.
        """
        if self.room <= 0:
            return None
        try:
            made = parse(self.diff_of(parent, child))
        except AutoresearchError:
            return GONE
        self.room -= sum(len(text) + 30 for _, text in made.lines)
        return made


def parse(text: str) -> Diff:
    """`git diff` output, line by line."""
    lines = [(_kind(line), readable(line)) for line in text.split("\n")[:-1] or [text] if line]
    kinds = [kind for kind, _ in lines]
    shown = tuple(lines[:LINES])
    return Diff(shown, len(lines) - len(shown), kinds.count("add"), kinds.count("del"))


def readable(line: str) -> str:
    """`line` with tabs widened and every character that controls or hides shown as �."""
    wide = line[:WIDTH].expandtabs(4)
    return "".join(char if is_harmless(char) else "�" for char in wide) + ("…" if len(line) > WIDTH else "")


def _kind(line: str) -> str:
    if line.startswith(("diff ", "index ", "--- ", "+++ ", "new file", "deleted file", "similarity", "rename")):
        return "file"
    return {"+": "add", "-": "del", "@": "hunk"}.get(line[:1], "same")
