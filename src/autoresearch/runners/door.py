"""The evaluator's one way to reach a contestant: ask the referee for a fresh process, talk to it over a socket.

The evaluator holds one end of a stream socket. `s` asks for a contestant of the commit that is measured, `i` for one of
the commit on the other side of the contest; the answer is `k` and the socket that is the contestant's standard input
and output, or `n`. There is at most one: asking again ends the one before, so that neither side can slow the other.
"""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Callable

from autoresearch.box import Exit
from autoresearch.contestant.function import READY
from autoresearch.contestant.line import LENGTH_BYTES

WORDS = {b"s": False, b"i": True}
"""What is asked through the door, and whether it means the other side."""
GRANTED, REFUSED = b"k", b"n"
GREETING = len(READY).to_bytes(LENGTH_BYTES, "little") + READY
"""What a `Function` sends before any question; whoever left it unread knows nothing of the questions."""
GREETING_SECONDS = 0.2
"""How long after a contestant's end its greeting may still arrive: some die before they are greeted."""


class Door:
    """Serves one evaluation. A context manager: on leaving, the last contestant is dead.

    Leaving raises what went wrong on the referee's side while a contestant was started.
    """

    def __init__(
        self, start: Callable[[bool, int, threading.Event], Exit], *, limit: int = 256, other: bool = True
    ) -> None:
        """`start(other, fd, stop)` runs a contestant on the socket `fd` to its end.

        `limit` is how many there may be; `other` is whether the other side can be had.
        """
        self.evaluator, self._ours = socket.socketpair()
        self.peak_memory_bytes: int | None = None
        """Of the contestants so far, the other side's left out; None where it cannot be told."""
        self.ended: Exit | None = None
        """How the last contestant ended, of whichever side."""
        self.unasked = False
        """Whether the last contestant died by itself, and before it read anything."""
        self._start = start
        self._left = limit
        self._other = other
        self._fault: BaseException | None = None
        self._contestant: threading.Thread | None = None
        self._stop = threading.Event()
        self._server = threading.Thread(target=self._serve, name="door", daemon=True)

    def __enter__(self) -> Door:
        self._server.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._ours.shutdown(socket.SHUT_RDWR)
        self._server.join()
        self.evaluator.close()
        self._ours.close()
        if self._fault is not None:
            raise self._fault

    def _serve(self) -> None:
        try:
            while (word := self._ours.recv(1)) in WORDS:
                self._end()
                self._answer(WORDS[word])
        except OSError:
            pass  # the evaluation died with the door open; its exit says so
        finally:
            self._end()

    def _answer(self, other: bool) -> None:
        if self._left <= 0 or self._fault or (other and not self._other):
            self._ours.sendall(REFUSED)
            return
        self._left -= 1
        theirs, contestant = socket.socketpair()
        self._stop = threading.Event()
        self._contestant = threading.Thread(
            target=self._run, args=(other, contestant, self._stop), name="contestant", daemon=True
        )
        self._contestant.start()
        with theirs:
            socket.send_fds(self._ours, [GRANTED], [theirs.fileno()])

    def _run(self, other: bool, contestant: socket.socket, stop: threading.Event) -> None:
        with contestant:
            try:
                ended = self._start(other, contestant.fileno(), stop)
            except BaseException as fault:
                self._fault = fault
            else:
                self.ended = ended
                self.unasked = not stop.is_set() and _unread(contestant) == GREETING
                if not other:
                    self._weigh(ended)

    def _weigh(self, ended: Exit) -> None:
        if ended.peak_memory_bytes:
            self.peak_memory_bytes = max(ended.peak_memory_bytes, self.peak_memory_bytes or 0)

    def _end(self) -> None:
        self._stop.set()
        if self._contestant is not None:
            self._contestant.join()
            self._contestant = None


def _unread(contestant: socket.socket) -> bytes:
    """The beginning of what was sent to a dead contestant and not read. The evaluator hears of its end at once."""
    try:
        contestant.shutdown(socket.SHUT_WR)
        if not select.select([contestant], [], [], GREETING_SECONDS)[0]:
            return b""
        return contestant.recv(len(GREETING) + 1, socket.MSG_PEEK)
    except OSError:
        return b""
