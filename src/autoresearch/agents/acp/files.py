"""Files of a draft, read and written by us for an agent, which may have planted links there.

We stand outside of its box: a path is walked one component at a time, and no link is followed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

MAX_BYTES = 4 * 2**20
_HERE = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


def inside(tree: Path, path: object) -> str:
    """`path`, absolute or not, as one relative to `tree`. Raises ValueError when it is none, or leads out of it."""
    if not isinstance(path, str) or not path or "\0" in path:
        raise ValueError("that is no path")
    pure = PurePosixPath(path)
    if pure.is_absolute():
        if not pure.is_relative_to(tree):
            raise ValueError("that is outside of the tree")
        pure = pure.relative_to(tree)
    if ".." in pure.parts or not pure.parts:
        raise ValueError("that is outside of the tree")
    return pure.as_posix()


def read(tree: Path, path: str) -> str:
    """Text of the plain file at `path`. Raises OSError, ValueError for what is none or is too large."""
    with _folder(tree, path, create=False) as folder:
        handle = os.open(PurePosixPath(path).name, os.O_RDONLY | _HERE, dir_fd=folder)
        with os.fdopen(handle, "rb") as file:
            _demand_plain(handle)
            data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ValueError("it is too large")
    return data.decode("utf-8", "replace")


def write(tree: Path, path: str, text: str) -> None:
    """Put `text` into the plain file at `path`, a new one if need be. Raises OSError, ValueError."""
    data = text.encode("utf-8", "surrogatepass")
    if len(data) > MAX_BYTES:
        raise ValueError("it is too large")
    with _folder(tree, path, create=True) as folder:
        handle = os.open(PurePosixPath(path).name, os.O_WRONLY | os.O_CREAT | _HERE, 0o644, dir_fd=folder)
        with os.fdopen(handle, "wb") as file:
            _demand_plain(handle)
            file.truncate(0)
            file.write(data)


def _demand_plain(handle: int) -> None:
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
        raise ValueError("it is no plain file")


@contextmanager
def _folder(tree: Path, path: str, *, create: bool) -> Iterator[int]:
    """A descriptor of the folder `path` lies in."""
    handle = os.open(tree, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in PurePosixPath(path).parts[:-1]:
            if create:
                with suppress(FileExistsError):
                    os.mkdir(part, 0o755, dir_fd=handle)
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | _HERE, dir_fd=handle)
            os.close(handle)
            handle = inner
        yield handle
    finally:
        os.close(handle)
