"""What a process tree holds at this moment, read from /proc by its supervisor; nothing where there is no /proc."""

from __future__ import annotations

import math
import os
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain, islice

BLOCK = 512
"""Unit of st_blocks (stat(2)), whatever the file system."""
PIECE = 64
"""Files counted between two looks at the clock."""
SMALLEST_FILE = 4096
"""What an empty file counts as, so that a flood of them ends too."""


def _read(path: str) -> bytes:
    """Contents of a /proc file; empty when its process is gone or not ours to look at."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.read(handle, 1 << 16)
    except OSError:
        return b""
    finally:
        os.close(handle)


def _names(path: str) -> list[str]:
    try:
        return os.listdir(path)
    except OSError:
        return []


def children(pid: int | str) -> list[int]:
    """Process ids of the living and dead children of `pid`, whichever of its threads started them."""
    return [
        int(child)
        for thread in _names(f"/proc/{pid}/task")
        for child in _read(f"/proc/{pid}/task/{thread}/children").split()
    ]


def descendants(at_most: int | None = None) -> list[int]:
    """Process ids of everything below us; the search stops once it has found more than `at_most`."""
    found: list[int] = []
    ahead = children("self")
    while ahead and (at_most is None or len(found) <= at_most):
        pid = ahead.pop()
        found.append(pid)
        ahead += children(pid)
    return found


def alive(pid: int) -> bool:
    """Whether `pid` still runs: a zombie does not."""
    state = _read(f"/proc/{pid}/stat").rpartition(b")")[2].split()
    return bool(state) and state[0] not in (b"Z", b"X")


def _sum(text: bytes, keys: tuple[bytes, ...]) -> int:
    """Of the numbers that follow `keys`."""
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith(keys))


def threads(pids: Iterable[int]) -> int:
    """Threads of these processes, at least one each."""
    return sum(_sum(_read(f"/proc/{pid}/status"), (b"Threads:",)) or 1 for pid in pids)


def memory_bound(pids: Iterable[int]) -> int:
    """Bytes only these processes can give back, pages they share counted once for each: cheap, and never too low.

    Page tables count: terabytes of one shared zero page fill them and nothing else.
    """
    kinds = (b"RssAnon:", b"RssShmem:", b"VmPTE:")
    return sum(1024 * _sum(_read(f"/proc/{pid}/status"), kinds) + _in_memory_files(pid) for pid in pids)


def memory(pids: Iterable[int]) -> int | None:
    """The same with shared pages counted once (smaps_rollup's shares of them); None when the kernel will not tell."""
    total = 0
    for pid in pids:
        text = _read(f"/proc/{pid}/smaps_rollup")
        if not text and alive(pid):
            return None
        tables = _sum(_read(f"/proc/{pid}/status"), (b"VmPTE:",))
        total += 1024 * (_sum(text, (b"Pss_Anon:", b"Pss_Shmem:")) + tables) + _in_memory_files(pid)
    return total


def _in_memory_files(pid: int) -> int:
    """Bytes in files that never were on a disk (memfd_create(2)): no page of them need be mapped anywhere."""
    total = 0
    for handle in _names(f"/proc/{pid}/fd"):
        with suppress(OSError):
            if os.readlink(path := f"/proc/{pid}/fd/{handle}").startswith("/memfd:"):
                total += BLOCK * os.stat(path).st_blocks
    return total


def _walk(directories: Iterable[str]) -> Iterator[os.stat_result]:
    """Every entry below `directories`. Raises OSError at one that exists and cannot be looked into."""
    ahead = list(directories)
    while ahead:
        with suppress(FileNotFoundError, NotADirectoryError), os.scandir(ahead.pop()) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):
                    yield entry.stat(follow_symlinks=False)
                    if entry.is_dir(follow_symlinks=False):
                        ahead.append(entry.path)


def _unlinked(pids: Iterable[int]) -> Iterator[os.stat_result]:
    """Files these processes keep open without a name: no walk finds them, and they fill the disk all the same."""
    for pid in pids:
        for handle in _names(f"/proc/{pid}/fd"):
            with suppress(OSError):
                found = os.stat(f"/proc/{pid}/fd/{handle}")
                if stat.S_ISREG(found.st_mode) and found.st_nlink == 0:
                    yield found


class Disk:
    """What is stored below some directories and in the nameless files of some processes, counted a piece at a time.

    A piece is small, so that nobody stops the clock by filling a directory with names.
    """

    def __init__(self, directories: Iterable[str], pids: Iterable[int]) -> None:
        self.bytes = 0.0
        """Counted so far. Infinite when a directory hides its contents: what cannot be counted is too much."""
        self._ahead = chain(_walk(directories), _unlinked(pids))
        self._seen: set[tuple[int, int]] = set()

    def count(self, seconds: float = math.inf) -> bool:
        """Go on for about so long, or to the end; whether that was reached."""
        end = time.monotonic() + seconds
        try:
            while piece := [self._size(found) for found in islice(self._ahead, PIECE)]:
                self.bytes += sum(piece)
                if time.monotonic() > end:
                    return False
        except OSError:
            self.bytes = math.inf
        return True

    def _size(self, found: os.stat_result) -> int:
        """A second name for the same file takes room as well."""
        key = (found.st_dev, found.st_ino)
        if key in self._seen:
            return SMALLEST_FILE
        self._seen.add(key)
        return max(BLOCK * found.st_blocks, SMALLEST_FILE)
