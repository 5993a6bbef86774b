"""What a process tree holds at this moment, read from /proc by its supervisor; nothing where there is no /proc."""

from __future__ import annotations

import math
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain

BLOCK = 512
"""Unit of st_blocks (stat(2)), whatever the file system."""
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


def _kilobytes(text: bytes, keys: Iterable[bytes]) -> int:
    wanted = tuple(keys)
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith(wanted))


def memory_bound(pids: Iterable[int]) -> int:
    """Bytes only these processes can give back, pages they share counted once for each: cheap, and never too low."""
    return 1024 * sum(_kilobytes(_read(f"/proc/{pid}/status"), (b"RssAnon:", b"RssShmem:")) for pid in pids)


def memory(pids: Iterable[int]) -> int | None:
    """The same with shared pages counted once (smaps_rollup's shares of them); None when the kernel will not tell."""
    total = 0
    for pid in pids:
        text = _read(f"/proc/{pid}/smaps_rollup")
        if not text and alive(pid):
            return None
        total += 1024 * _kilobytes(text, (b"Pss_Anon:", b"Pss_Shmem:"))
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


def disk(directories: Iterable[str], pids: Iterable[int], *, at_most: float) -> float:
    """Bytes taken up below `directories` and by the processes' nameless files; the count stops once past `at_most`.

    Infinite when a directory hides its contents: what cannot be counted is too much.
    """
    total = 0
    seen: set[tuple[int, int]] = set()
    try:
        for found in chain(_walk(directories), _unlinked(pids)):
            key = (found.st_dev, found.st_ino)
            if key not in seen:
                seen.add(key)
                total += max(BLOCK * found.st_blocks, SMALLEST_FILE)
            if total > at_most:
                break
    except OSError:
        return math.inf
    return total
