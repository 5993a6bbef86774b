"""A person's own files as an agent: what they changed since they parted from the current best, made on the best.

Only reads, until it is asked to put files back; and then only those that still are what was measured.
"""

from __future__ import annotations

import os
import shlex
import stat
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from autoresearch.causes import Cause
from autoresearch.changes import threeway
from autoresearch.errors import Foul, UserError
from autoresearch.history import History
from autoresearch.ledger import now
from autoresearch.records import Brief, Candidate, Experiment, Outcome, Proposal
from autoresearch.site import FOLDER
from autoresearch.workspace.git import FILE, PROGRAM, Change, Entry, Tree, UserRepository
from autoresearch.workspace.grafts import graft_file
from autoresearch.workspace.intake import quote
from autoresearch.workspace.trees import entry_for
from autoresearch.workspace.workspace import Workspace

NAME = "try"
"""How experiments that came from a working copy name their agent."""


@dataclass(frozen=True, slots=True)
class PutBack:
    """What became of the files of a working copy that was tried."""

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
    _parted: dict[str, str] = field(default_factory=dict)
    """Of each file found, the commit it parted from."""

    def edit(self, brief: Brief, tree: Path, history: History) -> Proposal:  # noqa: ARG002 - the person read it
        """Make the change in `tree`, a draft of the current best, by three-way merge.

        Raises Foul(VIOLATION) for what is no plain file, UserError when nothing was changed, or when the current best
        has other changes at the same place: neither costs an experiment.
        """
        path = self._make(tree, number=brief.number, onto=brief.parent)
        if path:
            raise UserError(
                f"The study's best has other changes in {quote(path)}, where yours are; nothing was measured.",
                fix=f"{self.fetching}, then make your change again",
            )
        if not any(self._is_new(path, change, brief.parent) for path, change in self._found.items()):
            taking_back = f"; to take back what was kept: {self.fetching}, then take it back" if self._found else ""
            raise UserError(
                "Nothing to try: every file that may change is as in the study's best, or as it was there once.",
                fix=f"change one ({', '.join(self.workspace.scope.editable.patterns)}){taking_back}, then try again",
            )
        return Proposal(self.summary, self.hypothesis, agent=self.name)

    def _make(self, tree: Path, *, number: int, onto: str) -> str:
        """Make the change in a draft of `onto`. Gives the path where the two do not go together, or empty."""
        base = self._base()
        self._found = dict(self._changes(base))
        copy = self.workspace.copied(self._found, number=number, parent=base, when=now())
        self._parted = {path: self._nearest(path, change, base, onto) for path, change in self._found.items()}
        for path, old in self._parted.items():
            if not graft_file(self.workspace, tree, path, onto=onto, old=old, new=copy):
                return path
        return ""

    def _nearest(self, path: str, change: Change, base: str, onto: str) -> str:
        """The commit whose version of a file the copy's was made from: `base`, or what was kept between it and `onto`.

        What was kept lies in the copy, and no commit of the person's says so. So it is the version with the fewest
        lines between, and of equals the latest: a version that has lines the copy never had is further away.
        """
        if change.data is None or len(change.data) > threeway.LARGEST:
            return base
        known = [commit for commit in self.workspace.versions(path, since=base, until=onto) if self._has(commit, path)]
        far = {commit: threeway.distance(self.workspace.read(commit, path), change.data) for commit in known}
        return min(known, key=far.__getitem__, default=base)

    def _has(self, commit: str, path: str) -> bool:
        return path in self.workspace.tree(commit)

    @property
    def sealed(self) -> tuple[str, ...]:
        """What was changed and nobody may change."""
        return tuple(path for path in self._found if not self.workspace.scope.may_change(path))

    def _is_new(self, path: str, change: Change, best: str) -> bool:
        """Whether a file is neither what the best has nor what it parted from."""
        return all(self._differs(path, change, commit) for commit in (best, self._parted[path]))

    @property
    def fetching(self) -> str:
        """The command that brings the person the study's best, whatever lies uncommitted; that is in a stash then."""
        best = self.workspace.refs.tip.removeprefix("refs/heads/")
        return f"git stash push -u -- {shlex.join(self._found)} && git merge {best}"

    def holds(self, opened: Candidate) -> bool:
        """Whether a candidate that was left without a verdict is what lies there now."""
        number, parent = opened.number, opened.parent
        try:
            made = self.workspace.rehearsed(lambda tree: self._make(tree, number=number, onto=parent), onto=parent)
        except (Foul, UserError):
            return False
        return self.workspace.tree(made) == self.workspace.tree(opened.commit)

    def put_back(self, done: Experiment, best: str) -> PutBack:
        """Make the files that were tried what `best`, the current best, has, once they are safe under a ref.

        Of a change that was kept these are the files others had changed meanwhile. A file that is no longer what was
        measured stays as it is, and so does everything that was refused, unless it was measured before.
        """
        mine = {path: change for path, change in self._found.items() if self._differs(path, change, best)}
        if not mine or not (done.candidate or done.verdict.cause == Cause.DUPLICATE):
            return PutBack()
        unchanged = [path for path, change in mine.items() if self._read(path) == change]
        saved = self._saved(done, mine)
        for path in unchanged:
            self._write(path, best)
        return PutBack(tuple(unchanged), tuple(path for path in mine if path not in unchanged), saved)

    def _saved(self, done: Experiment, mine: dict[str, Change]) -> str:
        """Where the files are safe: under the candidate's own ref; a copy's, where changes of others were merged in."""
        commit = done.candidate.commit if done.candidate else None
        if commit is None or any(self._differs(path, change, commit) for path, change in mine.items()):
            return self.workspace.publish_copy(done.number)
        self.workspace.publish([done.number])
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
    return path.startswith(FOLDER + "/") or path.endswith("/skills/autoresearch/SKILL.md")
