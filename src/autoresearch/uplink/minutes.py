"""Minutes: what passed between a program and its model, bounded, and without any key."""

from __future__ import annotations

import json
import threading
import time
from collections import deque

from autoresearch.uplink.secret import Blotter

MOST_OF_ONE = 64 * 2**10
MOST_BYTES = 2**20
"""Kept of one text, and of a whole attempt: its beginning and its end."""


class Minutes:
    """Grows by one line of JSON for every request. Thread-safe."""

    def __init__(self, blotter: Blotter) -> None:
        self._blotter = blotter
        self._lock = threading.Lock()
        self._began = time.monotonic()
        self._head: list[bytes] = []
        self._tail: deque[bytes] = deque()
        self._sizes = [0, 0]
        self._left_out = 0
        self._last = b""

    def note(self, **said: object) -> None:
        """Add a line."""
        line = {"at": round(time.monotonic() - self._began, 3)} | {name: value for name, value in said.items() if value}
        text = self._blotter.whole(json.dumps(line, ensure_ascii=False).encode("utf-8", "replace")) + b"\n"
        with self._lock:
            self._add(text)

    def _add(self, text: bytes) -> None:
        if not self._tail and self._sizes[0] + len(text) <= MOST_BYTES // 2:
            self._head.append(text)
            self._sizes[0] += len(text)
            return
        self._tail.append(text)
        self._sizes[1] += len(text)
        while self._sizes[1] > MOST_BYTES // 2:
            self._sizes[1] -= len(self._tail.popleft())
            self._left_out += 1

    def news(self, body: bytes) -> str:
        """What of a request was not in the one before it: conversations are sent again and again, a little longer."""
        with self._lock:
            before, self._last = self._last, body
        same = _common(before, body)
        if same < 200:
            return short(body)
        return f"[{same} bytes as before]" + short(body[same:])

    @property
    def text(self) -> bytes:
        """All of it, the middle left out when it is long."""
        with self._lock:
            gap = json.dumps({"left_out": self._left_out}).encode() + b"\n" if self._left_out else b""
            return b"".join([*self._head, gap, *self._tail])


def short(text: bytes) -> str:
    """`text` with its middle left out when it is long."""
    if len(text) <= MOST_OF_ONE:
        return text.decode("utf-8", "replace")
    half = MOST_OF_ONE // 2
    left_out = f"\n[... {len(text) - 2 * half} bytes left out ...]\n"
    return text[:half].decode("utf-8", "replace") + left_out + text[-half:].decode("utf-8", "replace")


def _common(one: bytes, other: bytes) -> int:
    """Length of their common beginning, found by halving."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[:middle] == other[:middle] else (low, middle - 1)
    return low
