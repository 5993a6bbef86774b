"""How git is asked, and what it answers with.

Nothing here runs a program the repository's configuration or contents could name: hooks, file-system monitors,
external diffs, text conversions and automatic maintenance are off. The one exception is `UserRepository.dirty`,
which must hear from the user's own clean filters what the user's `git status` would say.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autoresearch import proc
from autoresearch.errors import UserError

FILE, PROGRAM, LINK, SUBMODULE = "100644", "100755", "120000", "160000"

_SAFE = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.quotePath": "false",
    "diff.ignoreSubmodules": "all",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "protocol.allow": "never",
    "protocol.file.allow": "always",
}
_OURS = _SAFE | {
    # A commit that is in the ledger must survive a power cut, and nobody should pay two processes for one commit:
    # each candidate is one small pack, synced by git, and the packs are folded together now and then.
    "fastimport.unpackLimit": "1",
    "core.fsync": "committed",
    "core.attributesFile": os.devnull,
    "safe.bareRepository": "explicit",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """What a tree holds at one path."""

    mode: str
    """FILE, PROGRAM, LINK or SUBMODULE."""
    blob: str
    """Object id; a submodule's is its commit."""
    size: int
    """Bytes; 0 of a submodule."""


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one path."""

    data: bytes | None
    """The new bytes; None: deleted."""
    mode: str = FILE


@dataclass(frozen=True, slots=True)
class Branch:
    """Where a branch of the user's repository is."""

    commit: str
    checked_out: Path | None
    """The working tree, main or linked, that has it checked out."""


Tree = Mapping[str, Entry]
"""A commit's files by path, submodules and symbolic links included; odd bytes in names are surrogate-escaped."""


def environment(*, ours: bool) -> dict[str, str]:
    """Our environment without what would lead git elsewhere. The user's repository keeps the user's global settings:
    whom to trust (`safe.directory`) is said there."""
    kept = {"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"}
    env = {key: value for key, value in os.environ.items() if not key.startswith("GIT_") or key in kept}
    env |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1"}
    env |= {"GIT_NO_REPLACE_OBJECTS": "1", "LC_ALL": "C"}
    for who in "AUTHOR", "COMMITTER":
        # For the reflog of our branches; without it git refuses where the user never said who they are.
        env |= {f"GIT_{who}_NAME": "autoresearch", f"GIT_{who}_EMAIL": "autoresearch@localhost"}
    if ours:
        env |= {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_ATTR_NOSYSTEM": "1"}
    # As good as `-c` options, and a command that failed stays short enough to be typed again.
    settings = _OURS if ours else _SAFE
    env["GIT_CONFIG_COUNT"] = str(len(settings))
    for number, (key, value) in enumerate(settings.items()):
        env |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return env


def quoted(path: str) -> bytes:
    """`path` in double quotes with octal escapes, as git reads it in a stream or a list: every name is possible."""
    return b'"' + b"".join(b"\\%03o" % byte for byte in os.fsencode(path)) + b'"'


def files_in(listing: bytes, commit: str) -> dict[str, Entry]:
    """What `git LIST_FILES commit` answered. Raises UserError where a partial clone lacks some of the files."""
    tree = {}
    for line in listing.split(b"\0")[:-1]:
        meta, _, path = line.partition(b"\t")
        mode, _, blob, size = meta.decode().split()
        if size == "BAD":
            raise UserError(
                f"Not all files of commit {commit[:12]} are in the repository: {os.fsdecode(path)!r} is missing.",
                fix="work in a full clone: git clone without --filter",
            )
        tree[os.fsdecode(path)] = Entry(mode, blob, 0 if size == "-" else int(size))
    return tree


LIST_FILES = ("ls-tree", "-r", "-l", "-z", "--full-tree")
LIST_REFS = "--format=%(objectname) %(refname)"


def refs_in(listing: bytes) -> dict[str, str]:
    """What `git for-each-ref LIST_REFS` answered: commits by full name."""
    pairs = (os.fsdecode(line).split(" ", 1) for line in listing.splitlines())
    return {ref: commit for commit, ref in pairs}


def create(folder: Path, *, message: str) -> None:
    """Make `folder` a repository whose first commit holds everything in it. For examples and tests."""
    identity = ("-c", "user.name=autoresearch", "-c", "user.email=autoresearch@localhost", "-c", "commit.gpgSign=false")
    for words in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--message", message)):
        proc.output(["git", "-C", str(folder), *identity, *words], env=environment(ours=False))


def merges(ours: bytes, base: bytes, theirs: bytes) -> bool:
    """Whether git would merge two descendants of one file without asking anybody; never of binary files."""
    with tempfile.TemporaryDirectory(prefix="autoresearch-") as folder:
        paths = [Path(folder, name) for name in ("ours", "base", "theirs")]
        for path, data in zip(paths, (ours, base, theirs), strict=True):
            path.write_bytes(data)
        try:
            proc.output(["git", "-C", folder, "merge-file", "-p", *map(str, paths)], env=environment(ours=True))
        except proc.CommandError:
            return False
        return True
