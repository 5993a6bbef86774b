"""The git side of a study: exported trees, intake of a change, refs, advance.

Below `<study dir>`, which git ignores:

    referee.git/        the referee's repository: every candidate; borrows the user's objects
    work/pristine/      the sealed files of the base, which every tree is copied from; no box ever sees it
    work/agent<k>/tree  a draft, for one agent to change; gone when the agent is done
    work/slot<k>/tree   a commit, for the candidate box; incumbent and candidate lie at the same path
    work/slot<k>/sealed the base's sealed files, for the evaluation

The user's repository gets objects and our refs by one `git fetch` at a time; nothing else of it ever changes.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from autoresearch.changes import sizes
from autoresearch.changes.footprint import Footprint
from autoresearch.errors import UserError
from autoresearch.workspace.disk import mendable
from autoresearch.workspace.git import SUBMODULE, Change, Entry, Store, Tree, UserRepository
from autoresearch.workspace.globs import Globs
from autoresearch.workspace.intake import Scope, read_changes, refuse_credentials
from autoresearch.workspace.likeness import Forms
from autoresearch.workspace.refs import Refs, check_study_name, short_name
from autoresearch.workspace.refusals import refuse_foreign, refuse_links_out, refuse_orphans
from autoresearch.workspace.trees import Plot, Source, entry_for, remove

_TREES_KEPT = 16
"""Listings in memory: the tip, the certified commit and the last candidates."""

_VERSIONS = 50
"""How far back versions of a file are looked for."""

_LOOKED_AT = "2000-01-01T00:00:00Z"
"""The date of commits that nobody keeps, so that making one again makes the same one."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A change taken in: the candidate's commit and what it did."""

    commit: str
    paths: tuple[str, ...]
    """Changed, added and deleted files, sorted."""
    nodes: int | None
    touched: int | None
    counted: str
    """Its size, as `sizes.Size` has it."""
    footprint: Footprint


class Workspace:
    """One study's trees and refs. Only the process that owns the study may hold one; its threads may share it.

    To read a study somebody else is running, open its `git.Store` instead.
    """

    def __init__(self, user: UserRepository, store: Store, folder: Path, *, refs: Refs, scope: Scope) -> None:
        self.scope = scope
        self.refs = refs
        self.base = ""
        """Commit of the user's repository the study grew from."""
        self._user = user
        self._store = store
        self._folder = folder
        self._work = folder / "work"
        self._pristine = Plot(self._work / "pristine")
        self._source = Source(store.read)
        self._lock = threading.Lock()
        self._trees: OrderedDict[str, Tree] = OrderedDict()
        self._agents: set[int] = set()
        self._plots: dict[Path, Plot] = {}
        self._published: dict[str, str] = {}
        self._forms = Forms(store.read)

    @classmethod
    def open(
        cls,
        user_root: Path,
        study_dir: Path,
        study: str,
        *,
        editable: Iterable[str],
        hidden: Iterable[str] = (),
        base: str | None = None,
        movable: bool = False,
    ) -> Workspace:
        """The workspace of `study` in `study_dir`, made on first use from `base` (default: what is checked out).

        `movable` lets a study that has no experiments yet begin from there again, wherever it was opened first.

        Raises UserError for anything about the user's repository, the name, the patterns or the disk that a night
        could not be built on.
        """
        check_study_name(study)
        scope = Scope(Globs(tuple(editable)), Globs(tuple(hidden)))
        user = UserRepository(user_root)
        first = user.resolve(base) if base else user.head()
        with mendable(study_dir):
            study_dir.mkdir(parents=True, exist_ok=True)
            (study_dir.parent / ".gitignore").write_text("*\n")
            store = Store.open(study_dir / "referee.git", beside=user)
        workspace = cls(user, store, study_dir, refs=Refs(study), scope=scope)
        try:
            workspace._settle(first, chosen=base is not None, movable=movable)
        except BaseException:
            workspace.close()
            raise
        return workspace

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop what runs for it. Trees and refs stay."""
        self._store.close()

    # Set-up

    def _settle(self, first: str, *, chosen: bool, movable: bool) -> None:
        """Find or fix the base, make sure our refs are ours, lay out the pristine files."""
        self._store.sweep()
        ours = self._store.refs()
        known = ours.get(self.refs.base)
        if known and chosen and known != first and not movable:
            raise UserError(
                f"The study {self.refs.study} grew from commit {known[:12]}, not from {first[:12]}.",
                fix="leave the base out to continue it, or give the new study another name",
            )
        branches = self._user.branches("refs/heads/autoresearch")
        if not ours and self._user.refs(self.refs.all):
            refuse_orphans(self.refs, branches, self._folder)
        refuse_foreign(self.refs, set(ours.values()), branches)
        self._published = {ref: branch.commit for ref, branch in branches.items()}
        self._user.drop_locks((self.refs.tip, self.refs.certified, self.refs.base))
        self.base = first if movable else known or first
        with mendable(self._folder):
            self._keep_base(known)
            self._lay_out()

    def _keep_base(self, known: str | None) -> None:
        if known != self.base:
            self._store.set_refs({self.refs.base: self.base})
        if self._user.refs(self.refs.base).get(self.refs.base) != self.base:
            self._user.receive(self._store.path, [self.refs.base])

    def _lay_out(self) -> None:
        """Make the pristine files, which are hashed if they are already there."""
        sealed = self.scope.seal(self.tree(self.base))
        self._pristine.fill(sealed, self._source)
        refuse_links_out(self._pristine.root, sealed)
        self._source = Source(self._store.read, self._pristine.root, sealed)

    # Trees

    def tree(self, commit: str) -> Tree:
        """The files of `commit`: mode, object and size by path."""
        with self._lock:
            if commit in self._trees:
                self._trees.move_to_end(commit)
                return self._trees[commit]
        return self._remember(commit, self._store.tree(commit))

    def _remember(self, commit: str, tree: Tree) -> Tree:
        with self._lock:
            self._trees[commit] = tree
            while len(self._trees) > _TREES_KEPT:
                self._trees.popitem(last=False)
        return tree

    def files(self, commit: str) -> dict[str, str]:
        """The object id of every file of `commit`, by path."""
        return {path: entry.blob for path, entry in self.tree(commit).items()}

    def read(self, commit: str, path: str) -> bytes:
        """The bytes of one file of `commit`. Raises KeyError when it has none at `path`."""
        return self._store.read(self.tree(commit)[path].blob)

    def sealed_digest(self, commit: str) -> str:
        """sha256 over mode, object and path of every file of `commit` that no candidate can change."""
        sealed = sorted(self.scope.seal(self.tree(commit)).items())
        lines = (f"{entry.mode} {entry.blob} ".encode() + os.fsencode(path) + b"\0" for path, entry in sealed)
        return hashlib.sha256(b"".join(lines)).hexdigest()

    @property
    def submodules(self) -> tuple[str, ...]:
        """Submodules of the base. Every tree has them as empty folders."""
        return tuple(path for path, entry in self.tree(self.base).items() if entry.mode == SUBMODULE)

    @contextmanager
    def draft(self, commit: str) -> Iterator[Path]:
        """A copy of `commit` for one agent to change, without `.git` and hidden files.

        What the agent before left is mended: every file is verified by its signature or hashed, strays go.
        """
        number = self._seat()
        root = self._work / f"agent{number}" / "tree"
        plot = self._plots.setdefault(root, Plot(root))
        try:
            with mendable(self._folder):
                try:
                    plot.fill(self._visible(commit), self._source)
                    plot.prune()
                except OSError:  # the agent before left folders that cannot be mended
                    plot.clear()
                    plot.fill(self._visible(commit), self._source)
            yield root
        finally:
            with self._lock:
                self._agents.discard(number)

    def lay_out(self, root: Path, commit: str) -> None:
        """A copy of `commit` like a draft, in a folder that does not exist yet and that nobody mends later."""
        with mendable(self._folder):
            Plot(root).fill(self._visible(commit), self._source)

    def _seat(self) -> int:
        with self._lock:
            number = next(n for n in range(len(self._agents) + 1) if n not in self._agents)
            self._agents.add(number)
            return number

    def _visible(self, commit: str) -> dict[str, Entry]:
        return {path: entry for path, entry in self.tree(commit).items() if self.scope.visible(path)}

    def take_in(self, tree: Path, *, number: int, parent: str, message: str, when: str) -> Taken:
        """Read what an agent left in `tree` and make it the candidate of experiment `number`, a child of `parent`.

        The commit is on the disk when this returns; the same arguments make the same commit. `when` is ISO 8601.

        Raises Foul when there is no change, or one that a candidate may not make: see `intake.read_changes`; and for
        a credential in it.
        """
        before = self.tree(parent)
        changes = read_changes(tree, before, self.scope)
        refuse_credentials(message, self._sides(before, changes))
        with mendable(self._folder):
            ref = self.refs.candidate(number)
            commit = self._store.commit(ref, parent, changes, message=message, when=when)
        after = self._remember(commit, _applied(before, changes))
        sides = list(self._sides(before, changes))
        size = sizes.of_change(sides)
        return Taken(
            commit,
            tuple(changes),
            size.nodes,
            size.touched,
            size.counted,
            self._forms.footprint(self.tree(self.base), after, sides),
        )

    def changed(self, tree: Path, *, onto: str) -> list[tuple[str, bytes, bytes]]:
        """Path, old and new bytes of every file an agent changed in `tree`, a draft of `onto`; empty bytes for no file.

        Raises Foul as `take_in` does.
        """
        before = self.tree(onto)
        return list(self._sides(before, read_changes(tree, before, self.scope)))

    def form(self, commit: str, held: Mapping[str, bytes | None]) -> str:
        """The form, as `Footprint` has it, of `commit` with what these files are to hold; None for no file."""
        return self._forms.with_files(self.tree(self.base), self.tree(commit), held)

    def fork(self, commit: str) -> str | None:
        """Where `commit` of the user's parted from the current best; None when they have nothing in common."""
        return self._store.fork(commit, self._store.refs(self.refs.tip).get(self.refs.tip, self.base))

    def versions(self, path: str, *, since: str, until: str) -> list[str]:
        """Commits with the versions that `path` had from `since` to its descendant `until`, the latest first."""
        return [*self._store.versions(path, since, until, most=_VERSIONS), since]

    def copied(self, changes: Mapping[str, Change], *, number: int, parent: str, when: str) -> str:
        """A commit of what a person's own files are, `parent` with `changes`, before they are experiment `number`."""
        with mendable(self._folder):
            ref = self.refs.copy(number)
            return self._store.commit(ref, parent, changes, message=f"Before experiment {number}\n", when=when)

    def publish_copy(self, number: int) -> str:
        """Bring what `copied` made for experiment `number` into the user's repository. Gives the ref."""
        ref = self.refs.copy(number)
        with mendable(self._user.common):
            self._user.receive(self._store.path, [ref])
        return ref

    def _sides(self, before: Tree, changes: Mapping[str, Change]) -> Iterator[tuple[str, bytes, bytes]]:
        """Path, old and new bytes of every change; empty where there is no such file."""
        for path, change in changes.items():
            old = self._store.read(before[path].blob) if path in before else b""
            yield path, old, change.data or b""

    def rehearsed(self, edit: Callable[[Path], object], *, onto: str) -> str:
        """The commit of an agent that did `edit` to a draft of `onto`; looked at and never kept.

        The same edit makes the same commit. Raises what `edit` and `intake.read_changes` raise.
        """
        with self.draft(onto) as tree:
            edit(tree)
            changes = read_changes(tree, self.tree(onto), self.scope)
        with mendable(self._folder):
            return self._store.commit(self.refs.aside, onto, changes, message="looked at\n", when=_LOOKED_AT)

    def export(
        self, commit: str, slot: int, *, sealed_only: bool = False, with_hidden: bool = False, writable: bool = False
    ) -> Path:
        """Lay out `commit` for a box of measuring slot `slot` and give the folder, the same one for every commit.

        With `sealed_only` it is, in a folder of its own, the base's files no candidate can change, for the
        evaluation: an editable file is missing there rather than silently the wrong one. With `writable` the tree is
        made from nothing, and so is the next one; else only what differs is written and the rest verified.
        """
        tree = self.scope.seal(self.tree(self.base)) if sealed_only else self.tree(commit)
        wanted = {path: entry for path, entry in tree.items() if with_hidden or self.scope.visible(path)}
        root = self._work / f"slot{slot}" / ("sealed" if sealed_only else "tree")
        with mendable(self._folder):
            self._plot(root, writable=writable).fill(wanted, self._source)
        return root

    def _plot(self, root: Path, *, writable: bool) -> Plot:
        plot = self._plots.pop(root, None)
        if plot is None or writable:
            plot = Plot(root)
            plot.clear()
        if not writable:
            self._plots[root] = plot
        return plot

    def tampered(self) -> list[str]:
        """What of the pristine files, which no box ever sees, is no longer as it was laid out; a phrase each."""
        return [
            f"sealed file {path}, as it was laid out in {self._pristine.root}" for path in self._pristine.disturbed()
        ]

    def disturbed(self, root: Path) -> tuple[str, ...]:
        """Paths below an exported, not writable `root` that are no longer what was exported. For after a run."""
        return self._plots[root].disturbed()

    # Refs

    def enroll(self, number: int, commit: str) -> None:
        """Make an existing commit the candidate of experiment `number`: a baseline's."""
        self._store.set_refs({self.refs.candidate(number): commit})

    def advance(self, tip: str | None = None, certified: str | None = None) -> None:
        """Move the referee's branches; None leaves one where it is. `publish` shows it to the user."""
        moves = {self.refs.tip: tip, self.refs.certified: certified}
        self._store.set_refs({ref: commit for ref, commit in moves.items() if commit})

    def publish(self, numbers: Iterable[int] = ()) -> tuple[str, ...]:
        """Bring the branches, and the candidates of the experiments `numbers`, into the user's repository.

        Gives the branches it left alone, because somebody has them checked out or put commits of their own on them.
        Doing it again does no harm.
        """
        heads = self._store.refs(self.refs.tip, self.refs.certified)
        wanted = {ref: commit for ref, commit in heads.items() if self._published.get(ref) != commit}
        held = self._held(wanted)
        moving = [ref for ref in wanted if ref not in held]
        with mendable(self._user.common):
            self._user.receive(self._store.path, [*moving, *map(self.refs.candidate, numbers)])
        self._published |= {ref: wanted[ref] for ref in moving}
        return tuple(map(short_name, held))

    def _held(self, wanted: Mapping[str, str]) -> list[str]:
        branches = self._user.branches(*wanted) if wanted else {}
        return [
            ref
            for ref, branch in branches.items()
            if branch.commit != wanted[ref] and (branch.checked_out or branch.commit != self._published.get(ref))
        ]

    def reconcile(self, tip: str | None, certified: str | None, candidates: Mapping[int, str]) -> tuple[str, ...]:
        """After a kill: make both repositories say what the ledger says, and delete half-made trees.

        `candidates` are the recorded ones, by experiment number. Gives what `publish` gives.

        Raises UserError when a recorded commit is gone.
        """
        for leftover in self._work.glob("agent*"), self._work.glob("slot*"):
            for home in leftover:
                remove(home)
        self._plots.clear()
        wanted = {self.refs.candidate(number): commit for number, commit in candidates.items()}
        wanted |= {ref: to for ref, to in ((self.refs.tip, tip), (self.refs.certified, certified)) if to}
        self._agree(wanted | {self.refs.base: self.base})
        theirs = self._user.refs(self.refs.all)
        unseen = [number for number, to in candidates.items() if theirs.get(self.refs.candidate(number)) != to]
        return self.publish(unseen)

    def _agree(self, wanted: Mapping[str, str]) -> None:
        """Give the store exactly the refs `wanted`."""
        ours = self._store.refs()
        new = {ref: commit for ref, commit in wanted.items() if ours.get(ref) != commit}
        for ref, commit in new.items():
            if not self._store.has(commit):
                raise UserError(
                    f"Commit {commit[:12]}, which the ledger calls {short_name(ref)}, is gone from {self._store.path}.",
                    fix=f"look for it: git --git-dir {self._store.path} fsck --lost-found",
                )
        with mendable(self._folder):
            self._store.set_refs(new | dict.fromkeys(ours.keys() - wanted.keys()))
            self._store.fold()

    def diff(self, old: str, new: str) -> str:
        """The change from `old` to `new` as a patch."""
        return self._store.diff(old, new)


def _applied(tree: Tree, changes: Mapping[str, Change]) -> dict[str, Entry]:
    after, like = dict(tree), next(iter(tree.values()), None)
    for path, change in changes.items():
        after.pop(path, None)
        if change.data is not None:
            after[path] = entry_for(change, like)
    return after
