"""Intake: what an agent left in its tree, read once, as the changes of a candidate, or refused.

The candidate is the parent's tree with these changes and nothing else, so whatever is not read here does not exist:
a file outside the scope can be altered, forged or hidden only from the agent itself. Every file is compared by the
digest of its bytes; sizes and times are never believed, for the agent can set them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from autoresearch import credentials
from autoresearch.causes import Cause
from autoresearch.errors import Foul
from autoresearch.records import Outcome
from autoresearch.site import FOLDER
from autoresearch.workspace.git import LINK, SUBMODULE, Change, Entry, Tree
from autoresearch.workspace.globs import Globs
from autoresearch.workspace.trees import Found, Unreadable, contents, entry_of, walk

CACHES = frozenset({"__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".ipynb_checkpoints"})
"""Folders that tools leave behind. New ones are not read at all."""

BYPRODUCTS = (".pyc", ".pyo", ".pth", ".so", ".DS_Store")
"""Ends of names that are never source: code nobody can review, start-up hooks, weights. New ones are dropped, and
no pattern makes an old one editable."""

_GIT_NAMES = frozenset({".git", ".gitattributes", ".gitmodules", ".lfsconfig", "git~1"})
"""Names git would obey, in lower case."""

_OUR_FOLDER = FOLDER + "/"
"""Where ledgers are. A branch that held one would overwrite the real one, which git ignores, when it is checked out."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much an agent may leave."""

    file_bytes: int = 16 * 2**20
    """Largest changed file."""
    total_bytes: int = 64 * 2**20
    """All changed files together."""
    entries: int = 20_000
    """Files and folders beyond those of the parent; what is inside caches is not counted."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What an agent may see and what it may change."""

    editable: Globs
    hidden: Globs

    def visible(self, path: str) -> bool:
        """Whether agent and candidate may see the file at `path`."""
        return path not in self.hidden

    def may_change(self, path: str) -> bool:
        """Whether a candidate may add, alter or delete the file at `path`."""
        wanted = path in self.editable and path not in self.hidden
        return wanted and not path.endswith(BYPRODUCTS) and not _gits(path) and not path.startswith(_OUR_FOLDER)

    def seal(self, tree: Tree) -> dict[str, Entry]:
        """The part of `tree` no candidate can change, hidden files included.

        Symbolic links and submodules are always sealed: they name things whose bytes are elsewhere.
        """
        return {
            path: entry for path, entry in tree.items() if entry.mode in {LINK, SUBMODULE} or not self.may_change(path)
        }


def read_changes(folder: Path, parent: Tree, scope: Scope, limits: Limits | None = None) -> dict[str, Change]:
    """How the tree in `folder` differs from `parent`, sorted by path. Changes to hidden files cannot happen.

    Raises Foul: VIOLATION for what a candidate can never hold (links, devices, `.git`, names that are not plain,
    too much); OUT_OF_SCOPE for changes outside the editable patterns, new files included; NO_CHANGE for none.
    """
    reading = _Reading(parent, scope, limits or Limits())
    try:
        for found in walk(folder, enter=reading.enters):
            reading.take(found)
    except Unreadable as error:
        raise Foul(Outcome.VIOLATION, f"{quote(error.path)} {error.why}.") from error
    reading.miss()
    return reading.result()


def refuse_credentials(message: str, sides: Iterable[tuple[str, bytes, bytes]]) -> None:
    """Raise Foul where a credential would be committed: in the message, or in a file's path, old and new bytes.

    It is not quoted: the ledger is no place for one, either.
    """
    if credentials.holds(message.encode()):
        raise Foul(Outcome.VIOLATION, "What the agent says of its change holds a credential.", cause=Cause.SECRET)
    for path, old, new in sides:
        if credentials.holds(new, old):
            raise Foul(Outcome.VIOLATION, f"{quote(path)} would hold a credential.", cause=Cause.SECRET)


def quote(path: str) -> str:
    """`path` as it may stand in a sentence: quoted, at most 120 characters, nothing unprintable."""
    text = path if path.isprintable() else ascii(path)[1:-1]
    return f"`{text if len(text) <= 120 else text[:59] + '...' + text[-58:]}`"


@dataclass(slots=True)
class _Reading:
    """One intake: what was seen so far, and what of it counts."""

    parent: Tree
    scope: Scope
    limits: Limits
    shown: dict[str, Entry] = field(init=False)
    """The part of the parent the agent was shown."""
    folders: set[str] = field(init=False)
    spellings: dict[str, str] = field(default_factory=dict)
    """Every path and folder by what it is where upper and lower case are one; made when the first new file comes."""
    seen: set[str] = field(default_factory=set)
    changes: dict[str, Change] = field(default_factory=dict)
    outside: list[str] = field(default_factory=list)
    new: int = 0
    """Files and folders the parent does not have."""
    bytes: int = 0
    """Of the changed files."""

    def __post_init__(self) -> None:
        self.shown = {path: entry for path, entry in self.parent.items() if self.scope.visible(path)}
        self.folders = {folder for path in self.shown for folder in _folders(path)}
        self.folders |= {path for path, entry in self.shown.items() if entry.mode == SUBMODULE}

    def enters(self, folder: str) -> bool:
        """Whether to look into `folder`. Raises Foul for a repository inside the tree."""
        if folder in self.folders:
            return True
        self._meet(folder)
        return folder.rpartition("/")[2] not in CACHES

    def take(self, found: Found) -> None:
        """Judge one thing the agent left. Raises Foul or Unreadable."""
        entry = self.shown.get(found.path)
        if entry is None:
            self._meet(found.path)
            if found.path.endswith(BYPRODUCTS):
                return
        self.seen.add(found.path)
        if entry is not None and found.info.st_size == entry.size and entry_of(found, entry) == entry:
            return
        if found.mode == LINK:
            raise Foul(Outcome.VIOLATION, f"{quote(found.path)} is a symbolic link that was not there before.")
        if self._may_become(found.path, entry):
            self._read(found)
        else:
            self.outside.append(found.path)

    def _meet(self, path: str) -> None:
        """Count something new. Raises Foul when it is one too many, or git would obey its name."""
        self.new += 1
        if self.new > self.limits.entries:
            raise Foul(
                Outcome.VIOLATION,
                f"The tree holds more than {self.limits.entries:,} new files and folders.",
                cause=Cause.SIZE,
            )
        if _gits(path.rpartition("/")[2]):
            raise Foul(Outcome.VIOLATION, f"{quote(path)} is a name git obeys; a candidate cannot bring one.")

    def _may_become(self, path: str, entry: Entry | None) -> bool:
        if not self.scope.may_change(path):
            return False
        if entry is not None:
            return entry.mode not in {LINK, SUBMODULE}
        if any(folder in self.shown and self.shown[folder].mode == SUBMODULE for folder in _folders(path)):
            return False
        self._check_name(path)
        return True

    def _check_name(self, path: str) -> None:
        if not path.isprintable() or unicodedata.normalize("NFC", path) != path:
            raise Foul(Outcome.VIOLATION, f"{quote(path)} is not a plain name: printable characters, composed form.")
        if not self.spellings:
            self.spellings = {_folded(old): old for old in (*self.parent, *self.folders)}
        for part in (*_folders(path), path):
            other = self.spellings.setdefault(_folded(part), part)
            if other != part:
                raise Foul(Outcome.VIOLATION, f"{quote(part)} and {quote(other)} are one name on some systems.")

    def _read(self, found: Found) -> None:
        size = found.info.st_size
        self.bytes += size
        if size > self.limits.file_bytes or self.bytes > self.limits.total_bytes:
            raise Foul(
                Outcome.VIOLATION,
                f"{quote(found.path)} has {size:,} bytes: a changed file may have {self.limits.file_bytes:,}, "
                f"all of them together {self.limits.total_bytes:,}.",
                cause=Cause.SIZE,
            )
        self.changes[found.path] = Change(b"".join(contents(found)), found.mode)

    def miss(self) -> None:
        """Take what is gone as deleted."""
        for path in self.shown.keys() - self.seen:
            entry = self.shown[path]
            if entry.mode == SUBMODULE:
                continue
            if entry.mode != LINK and self.scope.may_change(path):
                self.changes[path] = Change(None)
            else:
                self.outside.append(path)

    def result(self) -> dict[str, Change]:
        """The changes by path. Raises Foul when there are none, or others."""
        if self.outside:
            first = ", ".join(quote(path) for path in sorted(self.outside)[:_NAMED])
            more = len(self.outside) - _NAMED
            rest = f" and {more} more" if more > 0 else ""
            raise Foul(Outcome.OUT_OF_SCOPE, f"Changed what may not change: {first}{rest}.", cause=Cause.SCOPE)
        if not self.changes:
            raise Foul(Outcome.NO_CHANGE, "The tree is the parent's: nothing was changed.")
        return dict(sorted(self.changes.items()))


_NAMED = 5
"""Paths named in one refusal."""


def _folders(path: str) -> Iterator[str]:
    """The folders above `path`, outermost first."""
    for at, letter in enumerate(path):
        if letter == "/":
            yield path[:at]


def _gits(path: str) -> bool:
    """Whether git, on any system, would obey a component of `path`."""
    return any(part.rstrip(" .").lower() in _GIT_NAMES for part in path.split("/"))


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", path.casefold())
