"""The referee's side of one boxed run: hand over the order, read the output, pass on a stop, return how it ended."""

from __future__ import annotations

import os
import select
import socket
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace

from autoresearch.box import Box, Exit
from autoresearch.errors import SandboxError
from autoresearch.proc import ForkServer
from autoresearch.sandboxes.order import Fence, Order, Report, decoded_report, encoded

KEPT_BYTES = 256 * 2**10
"""How much of the output's beginning, and how much of its end, is kept."""
STOP_POLL_SECONDS = 0.05
"""How soon a stop that was asked for is noticed."""

_supervisors = ForkServer("autoresearch.sandboxes.forkserver")


class Excerpt:
    """The beginning and the end of a stream, and how much there was in all."""

    def __init__(self, kept: int = KEPT_BYTES) -> None:
        self._kept = kept
        self._head = bytearray()
        self._tail = bytearray()
        self.total = 0

    def add(self, chunk: bytes) -> None:
        """Append `chunk`."""
        self.total += len(chunk)
        room = self._kept - len(self._head)
        self._head += chunk[:room]
        self._tail += chunk[room:]
        if len(self._tail) > 2 * self._kept:
            del self._tail[: -self._kept]

    def __bytes__(self) -> bytes:
        tail = self._tail[-self._kept :]
        omitted = self.total - len(self._head) - len(tail)
        gap = b"\n[... %d bytes left out ...]\n" % omitted if omitted else b""
        return bytes(self._head + gap + tail)


def order(box: Box, *, argv: tuple[str, ...] | None = None, wrapped: bool = False, fence: Fence | None = None) -> Order:
    """The order for `box`, run as `argv` where the backend wraps its command."""
    limits = box.limits
    return Order(
        argv=argv or box.argv,
        cwd=str(box.cwd),
        env=dict(box.env),
        seconds=limits.seconds,
        memory_bytes=limits.memory_bytes,
        processes=limits.processes,
        disk_bytes=limits.disk_bytes,
        scratch=tuple(map(str, box.write)),
        channel=box.channel is not None,
        door=box.door is not None,
        wrapped=wrapped,
        fence=fence,
    )


def drive(
    order: Order,
    box: Box,
    *,
    on_output: Callable[[bytes], None] | None = None,
    stop: threading.Event | None = None,
) -> Exit:
    """Have `order` carried out for `box` by a supervisor of its own; returns once everything it started is dead.

    Raises SandboxError when the box could not be built or its supervisor died: never the command's fault.
    """
    with _cores(box.limits.cores) as cores, _Session(box.limits.output_bytes) as session:
        listeners = box.uplink.listeners if box.uplink and order.uplink else None
        sockets = [handle for handle in (box.channel, box.door, listeners) if handle is not None]
        session.hand_over(replace(order, cores=cores), sockets)
        try:
            report = session.follow(on_output, stop)
        except BaseException:
            session.tell(b"c")
            session.follow(None, None)
            raise
    return session.exit(report)


class _Session:
    """One supervisor's two pipes, from hand-over to report."""

    def __init__(self, output_bytes: int) -> None:
        self._most = output_bytes
        self._excerpt = Excerpt()
        self._control, self._theirs = socket.socketpair()
        self._output, self._writer = os.pipe()

    def __enter__(self) -> _Session:
        return self

    def __exit__(self, *_: object) -> None:
        self._control.close()
        os.close(self._output)

    def hand_over(self, order: Order, sockets: Sequence[int]) -> None:
        """Give the supervisor its ends and its order. One that dies at once is noticed when its report is due."""
        try:
            _supervisors.hand([self._theirs.fileno(), self._writer, *sockets])
        finally:
            self._theirs.close()
            os.close(self._writer)
        with suppress(BrokenPipeError, ConnectionResetError):
            self._control.sendall(encoded(order))

    def tell(self, word: bytes) -> None:
        """Ask the supervisor to stop; see `supervisor.ASKED_TO_STOP`."""
        with suppress(BrokenPipeError, ConnectionResetError):
            self._control.send(word)

    def follow(self, on_output: Callable[[bytes], None] | None, stop: threading.Event | None) -> Report:
        """Read the output until the report comes, then what is left of the output."""
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        poll.register(self._output, select.POLLIN)
        while True:
            ready = [handle for handle, _ in poll.poll(None if stop is None else 1000 * STOP_POLL_SECONDS)]
            if self._output in ready and not self._read(on_output):
                poll.unregister(self._output)
            if self._control.fileno() in ready:
                report = self._report()
                os.set_blocking(self._output, False)
                with suppress(BlockingIOError):
                    while self._read(on_output):
                        pass
                return report
            if stop is not None and stop.is_set():
                self.tell(b"c")
                stop = None

    def _read(self, on_output: Callable[[bytes], None] | None) -> bool:
        """Take one chunk of output; False at its end. Past the limit nothing is passed on, and the box is stopped."""
        chunk = os.read(self._output, 1 << 16)
        if not chunk:
            return False
        within = self._excerpt.total <= self._most
        self._excerpt.add(chunk)
        if within and on_output is not None:
            on_output(chunk)
        if within and self._excerpt.total > self._most:
            self.tell(b"o")
        return True

    def _report(self) -> Report:
        text = b""
        with suppress(ConnectionResetError):
            while not text.endswith(b"\n") and (more := self._control.recv(1 << 16)):
                text += more
        return decoded_report(text) if text.endswith(b"\n") else Report(fault="its supervisor died")

    def exit(self, report: Report) -> Exit:
        """The report with the output it goes with. Raises SandboxError when there was no run to report on."""
        output = bytes(self._excerpt)
        if report.fault:
            words = " ".join(f"{report.fault} {output.decode(errors='replace')}".split())
            raise SandboxError(f"the box did not come up: {words}", fix="autoresearch check")
        too_much = not report.limit and self._excerpt.total > self._most
        return Exit(
            code=None if too_much else report.code,
            signal=None if too_much else report.signal,
            limit="output" if too_much else report.limit,
            seconds=report.seconds,
            output=output,
            peak_memory_bytes=report.peak_memory_bytes,
            cpu_seconds=report.cpu_seconds,
            survivors=report.survivors,
        )


_leases: Counter[int] = Counter()
_leases_lock = threading.Lock()


@contextmanager
def _cores(wanted: int | None) -> Iterator[tuple[int, ...]]:
    """The least leased of our cores, `wanted` of them, high numbers first: core 0 serves the machine's interrupts."""
    if wanted is None or sys.platform != "linux":
        yield ()
        return
    with _leases_lock:
        ours = sorted(os.sched_getaffinity(0), key=lambda core: (_leases[core], -core))
        cores = tuple(ours[:wanted])
        _leases.update(cores)
    try:
        yield cores
    finally:
        with _leases_lock:
            _leases.subtract(cores)
