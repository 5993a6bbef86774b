"""The proxy: listens for one attempt's programs, here and in their boxes, and answers each connection in a thread."""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

from autoresearch.uplink.exchange import Exchange
from autoresearch.uplink.gate import Gate

MOST_CONNECTIONS = 16
"""At the same time; more wait in the queue of the listener."""

LAST_SECONDS = 2.0
"""How long an answer that was cut off may take to be booked."""


class Proxy:
    """Open from construction to `close`. `port` is its number on 127.0.0.1."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = listener.getsockname()[1]
        self._ours, self.listeners = socket.socketpair()
        """The other end goes to boxes: listeners made in there come along it."""
        self._wake, self._closing = os.pipe()
        self.reading = threading.Lock()
        """Held while a request's text is taken apart."""
        self._free = threading.Semaphore(MOST_CONNECTIONS)
        self._lock = threading.Lock()
        self._closed = False
        self._open: set[socket.socket] = set()
        self._threads: set[threading.Thread] = set()
        self._selector = selectors.DefaultSelector()
        for handle in (self._ours, self._wake):
            self._selector.register(handle, selectors.EVENT_READ)
        self._add(listener)
        self._thread = threading.Thread(target=self._accept, name="uplink", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End every connection. Who is still on the way to the provider will find the door shut, and ask nothing."""
        os.close(self._closing)
        self._thread.join()
        with self._lock:
            self._closed = True
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            threads = list(self._threads)
        for thread in threads:
            thread.join(LAST_SECONDS)

    @contextlib.contextmanager
    def watching(self, connection: socket.socket) -> Iterator[None]:
        """Have `connection` cut when the proxy is closed. Raises OSError when it is closed already."""
        with self._lock:
            if self._closed:
                raise ConnectionAbortedError("the attempt is over")
            self._open.add(connection)
        try:
            yield
        finally:
            with self._lock:
                self._open.discard(connection)

    def _add(self, listener: socket.socket) -> None:
        listener.setblocking(False)
        self._selector.register(listener, selectors.EVENT_READ)

    def _accept(self) -> None:
        try:
            while True:
                for ready, _ in self._selector.select():
                    if ready.fileobj == self._wake:
                        return
                    assert isinstance(ready.fileobj, socket.socket)
                    if ready.fileobj is self._ours:
                        self._receive()
                    else:
                        self._take(ready.fileobj)
        finally:
            self._let_go()

    def _let_go(self) -> None:
        for key in list(self._selector.get_map().values()):
            if isinstance(key.fileobj, socket.socket):
                key.fileobj.close()
        self._selector.close()
        os.close(self._wake)
        self.listeners.close()

    def _receive(self) -> None:
        """A listener from a box. Whatever else comes along that way is dropped."""
        _, handles, _, _ = socket.recv_fds(self._ours, 1, 1)
        for handle in handles:
            try:
                received = socket.socket(fileno=handle)
            except OSError:
                os.close(handle)
                continue
            if received.family == socket.AF_INET and received.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                self._add(received)
            else:
                received.close()

    def _take(self, listener: socket.socket) -> None:
        if not self._free.acquire(timeout=0.05):
            return  # it stays in the queue
        try:
            connection, _ = listener.accept()
        except OSError:
            self._free.release()
            return
        thread = threading.Thread(target=self._answer, args=(connection,), name="uplink answer", daemon=True)
        with self._lock:
            self._threads.add(thread)
            self._open.add(connection)
        thread.start()

    def _answer(self, connection: socket.socket) -> None:
        try:
            with suppress(OSError), self.watching(connection):
                connection.setblocking(True)
                Exchange(connection, self)
        finally:
            connection.close()
            self._free.release()
            with self._lock:
                self._threads.discard(threading.current_thread())
