"""One boxed command, from its first process to the death of its last: the clock, the limits, the kill, the report.

A supervisor is a process of ours beside every box. It outlives the box and never the referee's interest in it: when the
referee's end of the control socket closes, even by kill -9, everything in the box dies and then the supervisor.
"""

from __future__ import annotations

import os
import resource
import select
import signal
import socket
import struct
import sys
import time
import traceback
from contextlib import suppress

from autoresearch.sandboxes import landlock, linux, tree
from autoresearch.sandboxes.launch import launch
from autoresearch.sandboxes.meter import Meter
from autoresearch.sandboxes.order import Order, Report, decoded_order, encoded

SAMPLE_SECONDS = 0.1
"""How often memory, processes and disk are looked at."""
SAMPLE_SHARE = 20
"""A look that took t seconds of processor time is followed by at least this many times t without one."""
BUILD_SECONDS = 30.0
"""How long a box may take to be built."""
KILL_SECONDS = 10.0
"""How long the dead may take to be gone; who is still there then is a survivor."""
STRIKE_SECONDS = 0.002
"""How long to wait between two strikes, unless somebody dies before."""
ASKED_TO_STOP = {b"c": "cancelled", b"o": "output"}
"""What the referee may write on the control socket, and the limit it means."""


class RefereeGone(Exception):
    """The control socket was closed from the other side: nobody waits for a report."""


def supervise(control: socket.socket, output: int, sockets: list[int]) -> None:
    """Carry out the order that arrives on `control`, and report there. The descriptors become this process's own."""
    run = Run(decoded_order(_line(control)), control)
    try:
        report = run.begin(output, sockets) or run.watch()
    except RefereeGone:
        run.kill()
        return
    except BaseException:  # a bug of ours must not leave the box running, nor the referee waiting
        run.kill()
        report = Report(fault=traceback.format_exc())
    with suppress(OSError):
        control.sendall(encoded(report))


def _line(control: socket.socket) -> bytes:
    text = b""
    while not text.endswith(b"\n"):
        more = control.recv(1 << 16)
        if not more:
            raise RefereeGone
        text += more
    return text


class Run:
    """The command's processes, seen from their supervisor, which is the parent or adoptive parent of all of them."""

    def __init__(self, order: Order, control: socket.socket) -> None:
        self.order = order
        self.control = control
        self.main = 0
        self.status: int | None = None
        self.started = 0.0
        self.sealed = False
        self.asked = ""
        self.meter = Meter(order)
        self.poll = select.poll()
        self.poll.register(control, select.POLLIN)
        self.wake = _wake_on_child()
        self.poll.register(self.wake, select.POLLIN)

    def begin(self, output: int, sockets: list[int]) -> Report | None:
        """Start the command; a report only when its box could not be built."""
        if sys.platform == "linux":
            linux.adopt_orphans()
            if self.order.fence is not None:
                self.sealed = _enter_sealed_domain(self.control)
        reader, writer = os.pipe()
        supervisor = os.getpid()
        self.main = os.fork()
        if self.main == 0:
            launch(self.order, supervisor=supervisor, output=output, sockets=sockets, announce=writer)
        for handle in (output, *sockets, writer):
            os.close(handle)
        fault = self._await(reader)
        os.close(reader)
        if fault is None:
            return None
        self.kill()
        return Report(fault=fault)

    def _await(self, reader: int) -> str | None:
        """Wait until the command is about to begin, and start the clock; else say why it never will."""
        deadline = time.monotonic() + BUILD_SECONDS
        self.poll.register(reader, select.POLLIN)
        while (left := deadline - time.monotonic()) > 0:
            if reader in self._events(left):
                self.poll.unregister(reader)
                said = os.read(reader, 4096)
                self.started = time.monotonic()
                return None if said.startswith(b"\n") else said.decode(errors="replace") or "it ended while being built"
        return f"it was not built within {BUILD_SECONDS:g} s"

    def watch(self) -> Report:
        """Wait for the command's end or its first limit, end everything, and report."""
        limit = self._wait()
        seconds = time.monotonic() - self.started
        survivors = self.kill()
        code, number = self._how_it_ended()
        limit = limit or self._late_limit(number)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        unit = 1 if sys.platform == "darwin" else 1024
        return Report(
            code=None if limit else code,
            signal=None if limit else number,
            limit=limit,
            seconds=seconds,
            peak_memory_bytes=max(self.meter.peak, used.ru_maxrss * unit),
            cpu_seconds=used.ru_utime + used.ru_stime,
            survivors=survivors,
        )

    def _wait(self) -> str:
        deadline = self.started + self.order.seconds
        sample = self.started + SAMPLE_SECONDS
        while True:
            self._events(min(deadline, sample) - time.monotonic())
            if self.status is not None:
                return ""
            now = time.monotonic()
            if now >= deadline:
                return "time"
            if self.asked:
                return self.asked
            if now >= sample:
                before = time.thread_time()  # ours, not what others kept us waiting for
                if limit := self.meter.exceeded():
                    return limit
                took = time.thread_time() - before
                sample = time.monotonic() + max(SAMPLE_SECONDS, SAMPLE_SHARE * took)

    def _events(self, seconds: float) -> set[int]:
        """Descriptors that became readable within `seconds`. The dead are buried and the referee heard on the way."""
        ready = {handle for handle, _ in self.poll.poll(max(0.0, seconds) * 1000)}
        if self.wake in ready:
            self._bury()
        if self.control.fileno() in ready:
            word = self.control.recv(1)
            if not word:
                raise RefereeGone
            self.asked = ASKED_TO_STOP[word]
        return ready

    def _bury(self) -> bool:
        """Reap whoever has died; whether anyone is left."""
        with suppress(BlockingIOError):
            os.read(self.wake, 4096)
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            if pid == self.main:
                self.status = status

    def kill(self) -> int:
        """End every process of the run, the main one included, and bury it; how many were still alive in the end."""
        deadline = time.monotonic() + KILL_SECONDS
        while self._bury() and time.monotonic() < deadline:
            self._strike()
            select.select([self.wake], [], [], STRIKE_SECONDS)
        return sum(map(tree.alive, tree.descendants(at_most=1000)))

    def _strike(self) -> None:
        """Send everyone SIGKILL: at one stroke in a sealed domain, through process 1 of a wrapper, else one by one."""
        if self.sealed:
            with suppress(OSError):
                os.kill(-1, signal.SIGKILL)
            return
        if self.main > 0 and (self.status is None or sys.platform == "darwin"):
            with suppress(OSError):
                os.killpg(self.main, signal.SIGKILL)
        for pid in tree.children("self") if self.order.wrapped else tree.descendants():
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)

    def _how_it_ended(self) -> tuple[int | None, int | None]:
        """Exit code or signal of the main process. A wrapper passes signal n on as code 128 + n, as shells do."""
        if self.status is None:
            return None, None
        code = os.waitstatus_to_exitcode(self.status)
        if self.order.wrapped and code - 128 in signal.valid_signals():
            return None, code - 128
        return (code, None) if code >= 0 else (None, -code)

    def _late_limit(self, number: int | None) -> str:
        """A limit passed too late, or by too large a file, for a sample to see."""
        too_large = self.order.disk_bytes is not None and number == signal.SIGXFSZ
        return "disk" if too_large or self.meter.too_much_disk() else ""


def _wake_on_child() -> int:
    """A descriptor that becomes readable when a child changes state."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    return reader


def _enter_sealed_domain(control: socket.socket) -> bool:
    """Enter a Landlock domain nobody in it can signal out of; whether that was seen to hold.

    Only then may the supervisor kill "everyone", which the kernel does at one stroke that no fork outruns
    (kill(2), pid -1): everyone is then the box and nobody else.
    """
    linux.renounce_new_privileges()
    if not landlock.enclose_signals():
        return False
    referee, _, _ = struct.unpack("3i", control.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return all(map(_out_of_reach, {referee, os.getppid(), 1}))


def _out_of_reach(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except OSError:
        return False
    return False
