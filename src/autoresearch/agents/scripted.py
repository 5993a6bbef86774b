"""A queue of prepared changes as an agent: for tests, demonstrations and replaying somebody's night."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from autoresearch.agents import patches
from autoresearch.errors import Foul, UserError
from autoresearch.history import History
from autoresearch.records import Brief, Outcome, Proposal


@dataclass(frozen=True, slots=True)
class Edit:
    """One prepared change."""

    summary: str
    apply: Callable[[Path], None]
    """Changes files below the tree it is given. Raises ValueError when it does not fit."""
    hypothesis: str = ""


class Scripted:
    """Makes the change numbered like the experiment: experiment 1 gets the first."""

    name = "scripted"
    is_free = True

    def __init__(self, edits: Sequence[Edit], *, repeat: bool = False) -> None:
        """`repeat` begins again at the first change when the last was made."""
        self.stop = threading.Event()
        self._edits = tuple(edits)
        self._repeat = repeat

    def edit(self, brief: Brief, tree: Path, history: History) -> Proposal:  # noqa: ARG002 - a script looks at nothing
        """Make the prepared change. Raises Foul: NO_CHANGE at the end of the script, CRASH when it does not fit."""
        nth = brief.number - 1
        if self._edits and self._repeat:
            nth %= len(self._edits)
        if not 0 <= nth < len(self._edits):
            raise Foul(Outcome.NO_CHANGE, "the script is at its end", cost_usd=0.0, tokens=0)
        edit = self._edits[nth]
        try:
            edit.apply(tree)
        except ValueError as error:
            raise Foul(Outcome.CRASH, f"the change {edit.summary!r} does not apply: {error}") from None
        return Proposal(edit.summary, edit.hypothesis, agent=self.name, cost_usd=0.0, tokens=0)

    def problems(self, tree: Path) -> list[str]:  # noqa: ARG002 - the same for every tree
        """Why it could not begin: the script is empty."""
        return [] if self._edits else ["The scripted agent has no changes to make."]


def from_folder(folder: Path) -> list[Edit]:
    """The changes in a directory, in order of name: `001.patch` unified diffs and `002/` folders laid over the tree.

    Raises UserError when there is no such directory.
    """
    if not folder.is_dir():
        raise UserError(f"There is no directory {folder} with patches.", fix="name one with agent.patches")
    return [_edit(path) for path in sorted(folder.iterdir()) if path.is_dir() or path.suffix == ".patch"]


def _edit(path: Path) -> Edit:
    if path.is_dir():
        return Edit(f"overlay {path.name}", lambda tree: _lay_over(path, tree))
    text = path.read_bytes().decode("utf-8")
    return Edit(_title(text) or path.name, lambda tree: patches.apply(text, tree))


def _title(text: str) -> str:
    """What stands above the diff, first line: `git format-patch` puts the subject there."""
    head = text.split("diff --git")[0].split("\n--- ")[0]
    lines = [line.removeprefix("Subject: ").strip() for line in head.splitlines()]
    named = [line for line in lines if line and not line.startswith(("From ", "From: ", "Date: ", "---", "+++"))]
    return named[0] if named else ""


def _lay_over(folder: Path, tree: Path) -> None:
    shutil.copytree(folder, tree, dirs_exist_ok=True, copy_function=shutil.copyfile)
