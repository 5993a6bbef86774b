"""Trees on disk: made from a commit, and read again without believing anything about them.

Reading never follows a symbolic link, never waits for a FIFO, opens every component below the last one's descriptor,
and says what is there by content: the object id git would give the bytes.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import NamedTuple

from autoresearch.workspace.git import FILE, LINK, PROGRAM, SUBMODULE, Change, Entry, Tree

_CHUNK = 1 << 20
_DEEPEST = 64
"""Folders inside folders; each one costs a descriptor while it is read."""


class Unreadable(Exception):
    """Something in a tree is not what a tree may hold. `path` is where, `why` ends the sentence "<path> ..."."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path} {why}")
        self.path = path
        self.why = why


class Found(NamedTuple):
    """One thing that is not a folder, while its folder is open."""

    path: str
    info: os.stat_result
    """Of the thing itself, never of what it points to."""
    folder: int
    """Descriptor of the folder that holds it."""

    @property
    def name(self) -> str:
        """The last component of `path`."""
        return self.path.rpartition("/")[2]

    @property
    def mode(self) -> str:
        """The mode git would give it. Raises Unreadable for what git does not keep."""
        if stat.S_ISLNK(self.info.st_mode):
            return LINK
        if not stat.S_ISREG(self.info.st_mode):
            raise Unreadable(self.path, "is neither a file nor a folder")
        return PROGRAM if self.info.st_mode & stat.S_IXUSR else FILE


def walk(root: Path, *, enter: Callable[[str], bool] = lambda _: True) -> Iterator[Found]:
    """Everything below `root` that is not a folder; a folder's inside only when `enter(its path)`.

    Its owner may be alive and change it meanwhile. Raises Unreadable for what is gone when it is looked at, and for a
    folder that cannot be opened or lies too deep.
    """
    folder = _open_folder(None, str(root), ".", 0)
    try:
        yield from _walk(folder, "", enter, 0)
    finally:
        os.close(folder)


def _walk(folder: int, prefix: str, enter: Callable[[str], bool], depth: int) -> Iterator[Found]:
    with os.scandir(folder) as entries:
        for entry in entries:
            path = prefix + entry.name
            info = _look(entry, path)
            if not stat.S_ISDIR(info.st_mode):
                yield Found(path, info, folder)
            elif enter(path):
                inner = _open_folder(folder, entry.name, path, depth)
                try:
                    yield from _walk(inner, path + "/", enter, depth + 1)
                finally:
                    os.close(inner)


def _look(entry: os.DirEntry[str], path: str) -> os.stat_result:
    try:
        return entry.stat(follow_symlinks=False)
    except OSError as error:
        raise Unreadable(path, f"cannot be looked at: {error.strerror}") from error


def _open_folder(folder: int | None, name: str, path: str, depth: int) -> int:
    if depth == _DEEPEST:
        raise Unreadable(path, f"lies more than {_DEEPEST} folders deep")
    try:
        return os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    except OSError as error:
        raise Unreadable(path, f"cannot be opened: {error.strerror}") from error


def entry_of(found: Found, like: Entry | None = None) -> Entry:
    """What `found` holds, as git would name it; `like` says by its id's length which hash to use.

    Raises Unreadable like `contents`.
    """
    mode = found.mode
    digest = _blob_hash(found.info.st_size, like)
    if mode == LINK:
        digest.update(_target(found))
    else:
        for chunk in contents(found):
            digest.update(chunk)
    return Entry(mode, digest.hexdigest(), found.info.st_size)


def _target(found: Found) -> bytes:
    """Where a symbolic link points."""
    try:
        return os.fsencode(os.readlink(found.name, dir_fd=found.folder))
    except OSError as error:
        raise Unreadable(found.path, f"cannot be read: {error.strerror}") from error


def entry_for(change: Change, like: Entry | None) -> Entry:
    """What a tree holds after `change`, which is not a deletion."""
    data = change.data or b""
    digest = _blob_hash(len(data), like)
    digest.update(data)
    return Entry(change.mode, digest.hexdigest(), len(data))


def _blob_hash(size: int, like: Entry | None) -> hashlib._Hash:
    # The hash is the repository's own format, not a choice of ours: 40 digits are SHA-1, 64 are SHA-256.
    sha256 = like is not None and len(like.blob) == 64
    return hashlib.new("sha256" if sha256 else "sha1", b"blob %d\0" % size, usedforsecurity=False)


def contents(found: Found) -> Iterator[bytes]:
    """The bytes of a regular file, in pieces; exactly as many as its size said when it was found.

    Raises Unreadable when it is not a plain file with one name, or changes while it is read.
    """
    try:
        source = os.open(found.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=found.folder)
    except OSError as error:
        raise Unreadable(found.path, f"cannot be opened: {error.strerror}") from error
    try:
        _check_plain(found, os.fstat(source))
        left = found.info.st_size
        while chunk := os.read(source, min(_CHUNK, left + 1)):
            left -= len(chunk)
            if left < 0:
                break
            yield chunk
        if left:
            raise Unreadable(found.path, "changed while it was read")
    finally:
        os.close(source)


def _check_plain(found: Found, info: os.stat_result) -> None:
    if not stat.S_ISREG(info.st_mode):
        raise Unreadable(found.path, "is not a regular file")
    if info.st_nlink != 1:
        raise Unreadable(found.path, "is a hard link: its bytes have another name as well")


def remove(root: Path) -> None:
    """Delete `root` and everything below it, whatever somebody made of it; links are not followed."""
    try:
        shutil.rmtree(root)
    except FileNotFoundError:
        return
    except NotADirectoryError:
        root.unlink()
    except (OSError, RecursionError):
        # A link, folders without permissions, or a thousand deep.
        if root.is_symlink():
            root.unlink()
        else:
            _raze(root)


@contextmanager
def fleeting(parent: Path, prefix: str) -> Iterator[Path]:
    """A fresh folder of ours alone, gone afterwards, whatever was put there.

    Its name is known before it exists: a signal that ends us in between leaves nothing behind.
    """
    root = parent / f"{prefix}{os.urandom(8).hex()}"
    try:
        root.mkdir(mode=0o700)
        yield root
    finally:
        remove(root)


def _raze(root: Path) -> None:
    """Delete a tree of any depth in linear time: what lies deep is moved up first, so no path grows long."""
    root.chmod(0o700)
    up = (root / f"up{number}-{os.urandom(8).hex()}" for number in count())
    while folders := _emptied(root):
        for folder in folders:
            for inner in _emptied(folder):
                inner.rename(next(up))
            folder.rmdir()
    root.rmdir()


def _emptied(folder: Path) -> list[Path]:
    """Delete the files of `folder`; the folders in it, which may now be entered and moved."""
    with os.scandir(folder) as entries:
        found = [(Path(entry), entry.is_dir(follow_symlinks=False)) for entry in entries]
    for path, is_folder in found:
        if is_folder:
            path.chmod(0o700)
        else:
            path.unlink()
    return [path for path, is_folder in found if is_folder]


class Signature(NamedTuple):
    """What changes when a file does. The change time cannot be set by any call short of setting the clock."""

    device: int
    inode: int
    size: int
    mode: int
    modified: int
    changed: int

    @classmethod
    def of(cls, info: os.stat_result) -> Signature:
        """The signature of what `info` is about."""
        return cls(info.st_dev, info.st_ino, info.st_size, info.st_mode, info.st_mtime_ns, info.st_ctime_ns)


@dataclass(frozen=True, slots=True)
class Source:
    """Where the bytes of files come from: a folder that has many of them, and git for the rest."""

    read: Callable[[str], bytes]
    """Bytes by object id."""
    folder: Path = Path()
    holds: Tree = field(default_factory=dict)
    """What `folder` holds."""

    def pour(self, path: str, entry: Entry, target: int) -> None:
        """Write the bytes of `entry`, wanted at `path`, into the descriptor `target`."""
        if self.holds.get(path) == entry:
            _copy(self.folder / path, target)
        else:
            _write_all(target, self.read(entry.blob))


def _write_all(target: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(target, rest) :]


def _copy(path: Path, target: int) -> None:
    source = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        # Within one file system the kernel copies, or shares the blocks; what it does not do is read and written.
        with suppress(OSError, AttributeError):
            while os.copy_file_range(source, target, _CHUNK << 6):
                pass
        while chunk := os.read(source, _CHUNK):
            _write_all(target, chunk)
    finally:
        os.close(source)


TICK = 20_000_000
"""Nanoseconds. Two changes within one tick of the kernel's coarse clock (at most 10 ms) may carry the same time."""


class Plot:
    """A folder of ours that holds exactly one tree at a time, and changes into the next by its differences.

    A file is believed unchanged when its signature is the one it had when it was last seen right, and that was more
    than a tick after it was written; every other file is hashed. So a folder that others could write is safe to
    reuse; `clear` it all the same when they were allowed to.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._known: dict[str, tuple[Signature, Entry]] = {}
        self._folders: set[str] = set()
        self._wanted: Tree = {}

    def clear(self) -> None:
        """Empty the folder."""
        remove(self.root)
        self._known.clear()

    def fill(self, wanted: Tree, source: Source) -> None:
        """Make the folder hold `wanted` and nothing else; submodules become empty folders."""
        present = self._survey(wanted)
        if present is None:
            self.clear()
            present = {}
        for path, entry in present.items():
            if wanted.get(path) != entry:
                self._delete(path)
        self._folders, self._wanted = set(), wanted
        self._make_folder(str(self.root))
        for path, entry in wanted.items():
            if present.get(path) != entry:
                self._write(path, entry, source)

    def prune(self) -> None:
        """Remove the folders no wanted file lies in; whoever could write here may have left some."""
        needed = {self.root, *(self.root / folder for path in self._wanted for folder in Path(path).parents)}
        submodules = {self.root / path for path, entry in self._wanted.items() if entry.mode == SUBMODULE}
        for folder, _, _ in os.walk(self.root, topdown=False):
            if Path(folder) not in needed | submodules:
                Path(folder).rmdir()

    def disturbed(self) -> tuple[str, ...]:
        """Paths at which the folder no longer holds what it was filled with, sorted; "." when it cannot be read."""
        present = self._survey(self._wanted)
        if present is None:
            return (".",)
        files = {path: entry for path, entry in self._wanted.items() if entry.mode != SUBMODULE}
        return tuple(sorted(path for path in present.keys() | files.keys() if present.get(path) != files.get(path)))

    def _survey(self, wanted: Tree) -> dict[str, Entry] | None:
        """What the folder holds, by content. None when that is nothing, or nothing that can be mended."""
        try:
            return {found.path: self._look(found, wanted.get(found.path)) for found in walk(self.root)}
        except Unreadable:
            return None

    def _look(self, found: Found, wanted: Entry | None) -> Entry:
        """What is there. Of what cannot be the file wanted only that: its bytes may be a terabyte of holes."""
        if wanted is None or found.info.st_size != wanted.size:
            return Entry(found.mode, "", found.info.st_size)
        signature = Signature.of(found.info)
        known = self._known.get(found.path)
        if known and known[0] == signature:
            return known[1]
        entry = entry_of(found, wanted)
        if time.time_ns() - signature.changed > TICK:
            self._known[found.path] = signature, entry
        return entry

    def _delete(self, path: str) -> None:
        gone = self.root / path
        gone.unlink()
        with suppress(OSError):
            # Folders leave with their last file.
            for folder in gone.relative_to(self.root).parents[:-1]:
                (self.root / folder).rmdir()

    def _write(self, path: str, entry: Entry, source: Source) -> None:
        target = f"{self.root}/{path}"
        if entry.mode == SUBMODULE:
            self._make_folder(target)
            return
        self._make_folder(target.rpartition("/")[0])
        if entry.mode == LINK:
            Path(target).symlink_to(os.fsdecode(source.read(entry.blob)))
            return
        file = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            os.fchmod(file, 0o755 if entry.mode == PROGRAM else 0o644)
            source.pour(path, entry, file)
        finally:
            os.close(file)

    def _make_folder(self, folder: str) -> None:
        if folder not in self._folders:
            Path(folder).mkdir(parents=True, exist_ok=True)
            self._folders.add(folder)
