"""A person's own files as an agent: what they changed since they parted from the current best, made on the best.

Only reads, until it is asked to put files back; and then only those that still are what was measured.
"""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from autoresearch.errors import Foul, UserError
from autoresearch.git import FILE, PROGRAM, Change, Entry, Tree, UserRepository
from autoresearch.grafts import graft
from autoresearch.history import History
from autoresearch.intake import quote
from autoresearch.ledger import now
from autoresearch.records import Brief, Candidate, Experiment, Outcome, Proposal
from autoresearch.site import FOLDER
from autoresearch.trees import entry_for
from autoresearch.workspace import Workspace

NAME = "try"
"""How experiments that came from a working copy name their agent."""


@dataclass(frozen=True, slots=True)
class PutBack:
    """What became of a working copy whose change was not kept."""

    paths: tuple[str, ...] = ()
    """Files that are the current best's again."""
    left: tuple[str, ...] = ()
    """Files that were changed again meanwhile, and were not touched."""
    saved: str = ""
    """Ref that keeps what they were."""


@dataclass(slots=True)
class WorkingCopy:
    """Takes what lies in the user's working tree; sealed files too, so that intake can say no."""

    workspace: Workspace
    user: UserRepository
    summary: str
    hypothesis: str = ""
    exempt: tuple[str, ...] = ()
    """Files that count as they lie there, whatever git says of them."""
    is_free = True
    name: str = NAME
    stop: threading.Event = field(default_factory=threading.Event)
    strays: tuple[str, ...] = ()
    """Files git does not know and the task does not let change: they are no part of what is measured."""
    _found: dict[str, Change] = field(default_factory=dict)
    _copy: str = ""

    def edit(self, brief: Brief, tree: Path, history: History) -> Proposal:  # noqa: ARG002 - the person read it
        """Make the change in `tree`, a draft of the current best, by three-way merge.

        Raises Foul(VIOLATION) for what is no plain file, UserError when nothing was changed, or when the current best
        has other changes at the same place: neither costs an experiment.
        """
        path = self._make(tree, number=brief.number, onto=brief.parent)
        best = self.workspace.refs.tip.removeprefix("refs/heads/")
        if path:
            raise UserError(
                f"The study's best has other changes in {quote(path)}, where yours are; nothing was measured.",
                fix=f"git diff HEAD {best} -- {path}; merge {best} into your work, then try again",
            )
        if not any(self._differs(path, change, brief.parent) for path, change in self._found.items()):
            raise UserError(
                "Nothing to try: no file that may change differs from the study's best.",
                fix=f"change one ({', '.join(self.workspace.scope.editable.patterns)}), then try again",
            )
        return Proposal(self.summary, self.hypothesis, agent=self.name)

    def _make(self, tree: Path, *, number: int, onto: str) -> str:
        """Make the change in a draft of `onto`. Gives the path where the two do not go together, or empty."""
        base = self._base()
        self._found = dict(self._changes(base))
        self._copy = self.workspace.copied(self._found, number=number, parent=base, when=now())
        return graft(self.workspace, tree, onto=onto, old=base, new=self._copy)

    def holds(self, opened: Candidate) -> bool:
        """Whether a candidate that was left without a verdict is what lies there now."""
        number, parent = opened.number, opened.parent
        try:
            made = self.workspace.rehearsed(lambda tree: self._make(tree, number=number, onto=parent), onto=parent)
        except (Foul, UserError):
            return False
        return self.workspace.tree(made) == self.workspace.tree(opened.commit)

    def put_back(self, done: Experiment) -> PutBack:
        """Make the files of an experiment that was not kept what its parent has, once they are safe under a ref.

        A file that is no longer what was measured stays as it is. Without a candidate nothing is touched.
        """
        if done.candidate is None:
            return PutBack()
        before, after = self.workspace.tree(done.parent), self.workspace.tree(done.candidate.commit)
        mine = {path: change for path, change in self._found.items() if before.get(path) != after.get(path)}
        unchanged = [path for path, change in mine.items() if self._read(path) == change]
        saved = self._saved(done, mine)
        for path in unchanged:
            self._write(path, done.parent)
        return PutBack(tuple(unchanged), tuple(path for path in mine if path not in unchanged), saved)

    def _saved(self, done: Experiment, mine: dict[str, Change]) -> str:
        """Where the files are safe: under the candidate's own ref; a copy's, where changes of others were merged in."""
        assert done.candidate is not None
        self.workspace.publish([done.number])
        if self._copy and any(self._differs(path, change, done.candidate.commit) for path, change in mine.items()):
            return self.workspace.publish_copy(done.number)
        return self.workspace.refs.candidate(done.number)

    def _base(self) -> str:
        base = self.workspace.fork(self.user.head())
        if base is None:
            raise UserError(
                "What is checked out has no commit in common with the study.",
                fix=f"git switch --detach {self.workspace.base[:12]}",
            )
        return base

    def _changes(self, base: str) -> Iterator[tuple[str, Change]]:
        """What lies there and is not what `base` has: editable files, and sealed ones git knows. By path, sorted."""
        before, head = self.workspace.tree(base), self.workspace.tree(self.user.head())
        dirty = {path for path in self.user.dirty(each=True) if path not in self.exempt}
        committed = {path for path in before.keys() | head.keys() if before.get(path) != head.get(path)}
        may_change = self.workspace.scope.may_change
        self.strays = tuple(sorted(p for p in dirty if p not in head and not may_change(p) and not _ours(p)))
        wanted = {path for path in dirty if path in head or may_change(path)}
        for path in sorted(wanted | {path for path in committed if may_change(path)}):
            change = self._read(path)
            if _entry(change, before) != before.get(path):
                yield path, change

    def _differs(self, path: str, change: Change, commit: str) -> bool:
        tree = self.workspace.tree(commit)
        return _entry(change, tree) != tree.get(path)

    def _read(self, path: str) -> Change:
        """The file as it lies there. Raises Foul for a link or a device."""
        try:
            source = os.open(self.user.root / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            return Change(None)
        except OSError as error:
            raise Foul(Outcome.VIOLATION, f"{quote(path)} cannot be read: {error.strerror}.") from error
        info = os.fstat(source)
        if not stat.S_ISREG(info.st_mode):
            os.close(source)
            raise Foul(Outcome.VIOLATION, f"{quote(path)} is no plain file.")
        with open(source, "rb") as file:
            return Change(file.read(), PROGRAM if info.st_mode & stat.S_IXUSR else FILE)

    def _write(self, path: str, commit: str) -> None:
        """Make the file what `commit` has, at once or not at all."""
        target, entry = self.user.root / path, self.workspace.tree(commit).get(path)
        if entry is None:
            target.unlink()
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_name(f".{target.name}.{os.getpid()}.new")
        fresh.write_bytes(self.workspace.read(commit, path))
        fresh.chmod(0o755 if entry.mode == PROGRAM else 0o644)
        fresh.replace(target)


def _entry(change: Change, like: Tree) -> Entry | None:
    return None if change.data is None else entry_for(change, next(iter(like.values()), None))


def _ours(path: str) -> bool:
    return path.startswith(FOLDER + "/")
