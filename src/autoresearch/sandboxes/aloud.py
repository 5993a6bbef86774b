"""What boxes print, kept for a person's eyes while they run: the newest part, in one file, and no longer than that.

Nothing waits for it: the boxes' output is only remembered where it is read, and a thread of its own writes it down.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from autoresearch import credentials
from autoresearch.box import Box, Exit
from autoresearch.protocols import Sandbox
from autoresearch.site import rewrite

KEPT_BYTES = 32 * 2**10
"""How much of the newest output is kept."""
REST_SECONDS = 0.5
"""Between two writings; a box that ends earlier is never written about."""


class Tail:
    """The newest output of what runs now, in a file that is gone when nothing does. Thread-safe."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._newest = bytearray()
        self._stale = False
        self._boxes = 0
        self._over = threading.Event()
        self._writer: threading.Thread | None = None
        self._lock = threading.Lock()
        self._turn = threading.Lock()

    @contextmanager
    def following(self) -> Iterator[Callable[[bytes], None]]:
        """For the length of one box, what takes in its output. The first of several beside each other begins anew."""
        with self._turn:
            self._boxes += 1
            if self._boxes == 1:
                self._begin()
        try:
            yield self._add
        finally:
            with self._turn:
                self._boxes -= 1
                if self._boxes == 0:
                    self._end()

    def _begin(self) -> None:
        self._newest.clear()
        self._stale = False
        self._over.clear()
        writer = threading.Thread(target=self._write_on, name="tail", daemon=True)
        with suppress(RuntimeError):  # no room for a thread: nobody looks on, and nothing else changes
            writer.start()
            self._writer = writer

    def _end(self) -> None:
        self._over.set()
        if self._writer is not None:
            self._writer.join()
            self._writer = None

    def _add(self, chunk: bytes) -> None:
        with self._lock:
            self._newest += chunk
            self._stale = True
            if len(self._newest) > 2 * KEPT_BYTES:
                del self._newest[:-KEPT_BYTES]

    def _write_on(self) -> None:
        while not self._over.wait(REST_SECONDS):
            self._write()
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _write(self) -> None:
        with self._lock:
            newest, stale, self._stale = bytes(self._newest), self._stale, False
        if stale:
            with suppress(OSError):  # a full disk: nobody looks on until there is room again
                rewrite(self._path, credentials.redacted(newest)[-KEPT_BYTES:])


class Aloud:
    """A sandbox whose boxes can be listened to, as far as they are to be run aloud. See `protocols.Sandbox`."""

    def __init__(self, inner: Sandbox, tail: Tail) -> None:
        self.name = inner.name
        self._inner = inner
        self._tail = tail

    def probe(self) -> Mapping[str, bool]:
        """What the sandbox itself proves."""
        return self._inner.probe()

    def run(
        self, box: Box, *, on_output: Callable[[bytes], None] | None = None, stop: threading.Event | None = None
    ) -> Exit:
        """Run `box`, and let a person see what it prints if it is run aloud."""
        if not box.aloud:
            return self._inner.run(box, on_output=on_output, stop=stop)
        with self._tail.following() as tell:

            def both(chunk: bytes) -> None:
                tell(chunk)
                if on_output is not None:
                    on_output(chunk)

            return self._inner.run(box, on_output=both, stop=stop)
