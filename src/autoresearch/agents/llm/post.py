"""One HTTP request to a provider: bounded in time and size, and ended at once when a human wants everything ended."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Final

from autoresearch.errors import Interrupted

MAX_BYTES: Final = 8 << 20
"""Of an answer. A page of code has a thousandth of it."""
POLL_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class Response:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    """Names in small letters."""
    body: bytes


class Unreachable(Exception):
    """No answer was to be had: no connection, or one that broke. `sent` is whether the question may have arrived."""

    def __init__(self, why: str, *, sent: bool) -> None:
        super().__init__(why)
        self.sent = sent


class TooLong(Exception):
    """More came back than anybody could read."""


def post(
    connection: http.client.HTTPConnection,
    target: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    seconds: float,
    stop: threading.Event,
) -> Response:
    """Send `body` and read the whole answer. No redirect is followed: the key goes where it was meant to, or nowhere.

    `connection` is a fresh one, and closed at the end.

    Raises Unreachable, TooLong, TimeoutError after `seconds` all in all, Interrupted when `stop` is set.
    """
    deadline = time.monotonic() + seconds
    sockets: list[socket.socket] = []
    with _cut_off(sockets, deadline, stop), closing(connection):
        try:
            connection.connect()
            connection.sock.settimeout(seconds)
            sockets.append(connection.sock)  # the connection forgets it once the answer begins
            connection.request("POST", target, body, dict(headers))
            with connection.getresponse() as response:
                return _read(response)
        except (OSError, http.client.HTTPException) as error:
            if stop.is_set():
                raise Interrupted("stopped while the model was asked; nothing recorded is lost") from None
            if time.monotonic() >= deadline:
                raise TimeoutError(f"no whole answer within {seconds:g} s") from None
            raise Unreachable(_words(error), sent=bool(sockets)) from None


def _read(response: http.client.HTTPResponse) -> Response:
    data = response.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise TooLong(f"the answer is longer than {MAX_BYTES >> 20} MiB")
    if response.length:  # a read of at most so many bytes does not mind an early end
        raise http.client.IncompleteRead(data, response.length)
    return Response(response.status, {name.lower(): value for name, value in response.getheaders()}, data)


@contextmanager
def _cut_off(sockets: Sequence[socket.socket], deadline: float, stop: threading.Event) -> Iterator[None]:
    """Within, `sockets` are broken at `deadline` or when `stop` is set, whatever their reader is waiting for."""
    done = threading.Event()

    def watch() -> None:
        while not done.wait(POLL_SECONDS):
            if stop.is_set() or time.monotonic() >= deadline:
                for each in sockets:
                    with suppress(OSError):
                        each.shutdown(socket.SHUT_RDWR)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def _words(error: Exception) -> str:
    """The error without its type's name or number, where it has words of its own."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(text).split())[:200]
