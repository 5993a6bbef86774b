"""What files outside git hold, by content, without reading again what has not changed.

A file is believed unchanged while its signature is: device, inode, size, mode and both of its times. When the signature
differs the content decides, so that a `touch` or another hard link is no change.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import os
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from autoresearch.workspace.trees import TICK, Signature, Unreadable, walk

Digest = Callable[[str, os.stat_result], str]
"""From a path below a root, and what `stat` says of it, to what stands for its content."""

CACHES = "__pycache__"
"""Folders of this name are left out: Python makes them again from what is not left out."""


DIST_INFO = ".dist-info"
"""End of the folder in which an installer keeps what it knows of a package."""


class Memory:
    """sha256 of files, remembered between runs by signature. Losing it costs time, nothing else."""

    def __init__(self, path: Path) -> None:
        """`path` is where it is kept; a file that cannot be read is an empty memory."""
        self._path = path
        self._known: dict[str, list[object]] = {}
        with suppress(OSError, ValueError):
            said = json.loads(path.read_bytes())
            self._known = said if isinstance(said, dict) else {}

    def digest(self, path: Path, info: os.stat_result) -> str:
        """sha256 of the bytes at `path`, hex; read only when its signature is new. A link stands for its target."""
        if stat.S_ISLNK(info.st_mode):
            return f"link to {os.readlink(path)}"
        if not stat.S_ISREG(info.st_mode):
            return f"special file {stat.S_IFMT(info.st_mode):o}"
        mark = [*Signature.of(info)]
        known = self._known.get(str(path))
        if known and known[:-1] == mark:
            return str(known[-1])
        try:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            return f"unreadable: {error.strerror}"
        if _settled(info):
            self._known[str(path)] = [*mark, found]
        return found

    def save(self) -> None:
        """Keep it for the next run, in one piece or not at all."""
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps(self._known))
        fresh.replace(self._path)


def _settled(info: os.stat_result) -> Signature | None:
    return Signature.of(info) if time.time_ns() - info.st_ctime_ns > TICK else None


@dataclass(slots=True)
class Place:
    """A file, or everything below a folder, as it was when the place was made."""

    name: str
    """What it is to the study, for sentences."""
    root: Path
    digest: Digest
    seen: dict[str, tuple[Signature | None, str]] = field(default_factory=dict)
    """Path below `root` ("" for the root itself, when it is a file) to its signature and what stands for it.

    A file that was written a moment ago has no signature yet: another write might leave it as it is.
    """

    def __post_init__(self) -> None:
        """Look once. Raises Unreadable, FileNotFoundError."""
        for path, info in sorted(files(self.root)):
            self.seen[path] = _settled(info), self.digest(path, info)

    def sign(self) -> object:
        """What one `stat` tells: of a folder, whether a name in it came, went or was replaced."""
        try:
            return Signature.of(self.root.stat())
        except OSError as error:
            return error.errno

    def changes(self) -> list[str]:
        """What is no longer as it was, a phrase each, sorted; empty while nothing is."""
        try:
            found = dict(files(self.root))
        except Unreadable as error:
            return [f"{self.name}: {error}"]
        except OSError as error:
            return [f"{self.name}: {error.strerror}"]
        told = [self._told(path, found.get(path)) for path in sorted(found.keys() | self.seen.keys())]
        return [f"{self.name}{text}" for text in told if text]

    def _told(self, path: str, info: os.stat_result | None) -> str:
        where = f"/{path}" if path else ""
        if info is None:
            return f"{where} is gone"
        if path not in self.seen:
            return f"{where} is new"
        before, old = self.seen[path]
        if Signature.of(info) == before:
            return ""
        if (new := self.digest(path, info)) == old:
            self.seen[path] = _settled(info), old
            return ""
        return f"{where} changed ({old[:12]} -> {new[:12]})"

    def total(self, paths: Iterable[str] | None = None) -> str:
        """sha256 over `paths`, all of them when None, in the order they were seen, and what stands for each; hex."""
        lines = (f"{path}\0{self.seen[path][1]}\n" for path in (self.seen if paths is None else paths))
        return hashlib.sha256("".join(lines).encode(errors="surrogateescape")).hexdigest()


def files(root: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Every file at or below `root` with its `stat`; a root that is a link is followed, nothing else is.

    Raises Unreadable for a folder that cannot be opened, OSError for a root that is not there.
    """
    info = root.stat()
    if not stat.S_ISDIR(info.st_mode):
        yield "", info
        return
    for found in walk(root.resolve(), enter=lambda path: path.rpartition("/")[2] != CACHES):
        yield found.path, found.info


@dataclass(frozen=True, slots=True)
class Installed:
    """What the installer wrote down about one file of a package."""

    package: str
    """Name and version, as in `numpy-2.1.0`."""
    digest: str
    """sha256, hex."""
    size: int
    at: int
    """When the package was installed, nanoseconds since 1970."""


def installed(folder: Path) -> Mapping[str, Installed]:
    """The files that the packages installed in `folder` say are theirs, by path below it (the RECORD of PEP 376)."""
    found: dict[str, Installed] = {}
    for record in sorted(folder.glob(f"*{DIST_INFO}/RECORD")):
        with suppress(OSError, UnicodeDecodeError, ValueError, csv.Error):
            at = record.stat().st_mtime_ns
            package = record.parent.name.removesuffix(DIST_INFO)
            for path, hashed, size in csv.reader(record.read_text(encoding="utf-8").splitlines()):
                kind, _, text = hashed.partition("=")
                if kind == "sha256":
                    found[path] = Installed(package, _hex(text), int(size), at)
    return found


def _hex(text: str) -> str:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).hex()


def as_installed(folder: Path, listed: Mapping[str, Installed], memory: Memory) -> Digest:
    """Digests for a folder of packages: the installer's own where nothing was written to the file since, else ours.

    Hashing every package would take seconds; the installer has done it. Who sets a file's time back is believed.
    """

    def digest(path: str, info: os.stat_result) -> str:
        known = listed.get(path)
        if known and info.st_size == known.size and info.st_mtime_ns <= known.at:
            return known.digest
        return memory.digest(folder / path, info)

    return digest
