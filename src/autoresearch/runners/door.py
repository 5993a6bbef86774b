"""The evaluator's one way to reach a candidate: ask the referee for a fresh process, talk to it over a socket.

The evaluator holds one end of a stream socket. `s` asks for a contestant; the answer is `k` and the socket that is the
contestant's standard input and output, or `n`. There is at most one: asking again ends the one before.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

from autoresearch.box import Exit

START, GRANTED, REFUSED = b"s", b"k", b"n"


class Door:
    """Serves one evaluation. A context manager: on leaving, the last contestant is dead."""

    def __init__(self, start: Callable[[int, threading.Event], Exit], *, limit: int = 64) -> None:
        """`start(fd, stop)` runs a contestant on the socket `fd` to its end; `limit` is how many there may be."""
        self.evaluator, self._ours = socket.socketpair()
        self.exits: list[Exit] = []
        self._start = start
        self._left = limit
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

    def _serve(self) -> None:
        try:
            while self._ours.recv(1) == START:
                self._end()
                self._answer()
        except OSError:
            pass  # the evaluation died with the door open; its exit says so
        finally:
            self._end()

    def _answer(self) -> None:
        if self._left <= 0:
            self._ours.sendall(REFUSED)
            return
        self._left -= 1
        theirs, contestant = socket.socketpair()
        self._stop = threading.Event()
        self._contestant = threading.Thread(
            target=self._run, args=(contestant, self._stop), name="contestant", daemon=True
        )
        self._contestant.start()
        with theirs:
            socket.send_fds(self._ours, [GRANTED], [theirs.fileno()])

    def _run(self, contestant: socket.socket, stop: threading.Event) -> None:
        with contestant:
            self.exits.append(self._start(contestant.fileno(), stop))

    def _end(self) -> None:
        self._stop.set()
        if self._contestant is not None:
            self._contestant.join()
            self._contestant = None
