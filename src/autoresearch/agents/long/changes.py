"""What a session changed in its tree, as a change of the current best; and the way back."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from autoresearch.agents.long.door import Restoring
from autoresearch.agents.long.session import Session
from autoresearch.errors import Foul
from autoresearch.records import Brief, Outcome
from autoresearch.workspace.git import LINK, SUBMODULE, Change
from autoresearch.workspace.globs import Globs
from autoresearch.workspace.grafts import graft, write
from autoresearch.workspace.intake import read_changes
from autoresearch.workspace.workspace import Workspace

EVERYTHING = Globs(("**",))


class Moved(Exception):
    """The current best has other changes at the path this names."""


@dataclass(frozen=True, slots=True)
class Changes:
    """One look at a session's tree, whose owner may be alive: everything is read once, and no link is followed."""

    workspace: Workspace
    session: Session

    def make(self, tree: Path, brief: Brief) -> str:
        """Make the session's change in `tree`, a draft of the current best. Gives a digest of the change.

        Raises Foul as intake does, Moved when it does not go together with the current best.
        """
        base = self.session.base
        changes = read_changes(self.session.tree, self.workspace.tree(base), self.workspace.scope)
        if base == brief.parent:
            _lay(changes, tree)
        else:
            commit = self.workspace.copied(changes, number=brief.number, parent=base, when=SOME_DAY)
            if path := graft(self.workspace, tree, onto=brief.parent, old=base, new=commit):
                raise Moved(path)
        return hashlib.sha256(repr((brief.parent, list(changes.items()))).encode()).hexdigest()

    def restoring(self, to: str) -> Restoring:
        """What makes the session's tree that of `to` again. Raises Foul for a tree that cannot be mended in place."""
        wanted = self.workspace.tree(to)
        try:
            changed = read_changes(self.session.tree, wanted, replace(self.workspace.scope, editable=EVERYTHING))
        except Foul as foul:
            if foul.outcome is Outcome.NO_CHANGE:
                return Restoring()
            raise
        back = {path: wanted[path] for path in changed if path in wanted}
        if any(entry.mode in {LINK, SUBMODULE} for entry in back.values()):
            raise Foul(Outcome.VIOLATION, "a link was changed")
        files = {path: (self.workspace.read(to, path), entry.mode) for path, entry in back.items()}
        return Restoring(files, [path for path in changed if path not in wanted])


def _lay(changes: Mapping[str, Change], tree: Path) -> None:
    """Make `changes` in a draft. Deletions first: a file may take the place of a folder."""
    for path in (path for path, change in changes.items() if change.data is None):
        (tree / path).unlink()
        with suppress(OSError):
            for folder in Path(path).parents[:-1]:
                (tree / folder).rmdir()
    for path, change in changes.items():
        if change.data is not None:
            write(tree / path, change.data, change.mode)


SOME_DAY = "2000-01-01T00:00:00Z"
"""The same files make the same commit, whenever."""
