"""From fork to exec: what a command's first process does to itself before it becomes the command."""

from __future__ import annotations

import fcntl
import os
import resource
import signal
import sys
from contextlib import suppress
from typing import NoReturn

from autoresearch.sandboxes import landlock, linux, seccomp
from autoresearch.sandboxes.order import ANNOUNCE, DOOR, UPLINK, Order

OPEN_FILES = 4096
CANNOT_START, NOT_FOUND = 126, 127
"""Exit codes shells give to a command that cannot be started, and to one that does not exist."""


def launch(order: Order, *, supervisor: int, output: int, sockets: list[int], announce: int) -> NoReturn:
    """Become the command. What goes wrong before that is said on `announce`, which otherwise gets an empty line."""
    try:
        _settle(output, sockets, announce, order)
        _limit(order)
        os.chdir(order.cwd)
        if sys.platform == "linux":
            _give_up(order, supervisor)
    except BaseException as error:  # whatever it is, this process must not go on as a copy of the supervisor
        os.write(ANNOUNCE, f"{type(error).__name__}: {error}".encode(errors="replace"))
        os._exit(1)
    _become(order)


def _settle(output: int, sockets: list[int], announce: int, order: Order) -> None:
    """A session of its own, and no descriptors but the agreed ones."""
    os.setsid()
    os.umask(0o022)
    nothing, output, announce = map(_raised, (os.open(os.devnull, os.O_RDWR), output, announce))
    raised = [_raised(handle) for handle in sockets]
    channel = raised.pop(0) if order.channel else None
    os.dup2(nothing if channel is None else channel, 0)
    os.dup2(output if channel is None else channel, 1)
    os.dup2(output, 2)
    os.closerange(3, ANNOUNCE)
    if order.door:
        os.dup2(raised.pop(0), DOOR)
    if order.uplink:
        os.dup2(raised.pop(0), UPLINK)
    os.dup2(announce, ANNOUNCE, inheritable=order.wrapped)
    for number, contents in order.enclosed.items():
        _enclose(bytes.fromhex(contents), int(number))
    os.closerange(ANNOUNCE + 1, os.sysconf("SC_OPEN_MAX"))


def _raised(handle: int) -> int:
    """A copy of `handle` above the numbers about to be handed out."""
    return fcntl.fcntl(handle, fcntl.F_DUPFD_CLOEXEC, ANNOUNCE + 1)


def _enclose(contents: bytes, number: int) -> None:
    """Leave `contents` to be read from descriptor `number`."""
    handle = _raised(os.memfd_create("enclosed"))
    os.write(handle, contents)
    os.lseek(handle, 0, os.SEEK_SET)
    os.dup2(handle, number)


def _limit(order: Order) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    if order.disk_bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (order.disk_bytes, order.disk_bytes))
    if order.cores and sys.platform == "linux":
        os.sched_setaffinity(0, order.cores)


def _give_up(order: Order, supervisor: int) -> None:
    """Die with the supervisor, be the first to go when memory runs out, and give up what the order fences off."""
    with suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
        score.write("1000")
    if order.fence is not None:
        linux.renounce_new_privileges()
        fence = order.fence
        landlock.restrict(read=fence.read, write=fence.write, devices=fence.devices, tcp=fence.network, port=fence.port)
        linux.drop_privileges()
    linux.die_with(supervisor, signal.SIGKILL)
    if order.filter:
        seccomp.install(bytes.fromhex(order.filter))


def _become(order: Order) -> NoReturn:
    """Exec; a command that cannot be started ends as it would under a shell, and says why where its output goes."""
    if not order.wrapped:
        os.write(ANNOUNCE, b"\n")
    try:
        os.execvpe(order.argv[0], order.argv, order.env)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        os.write(2, f"cannot start {order.argv[0]}: {reason}\n".encode(errors="replace"))
        os._exit(NOT_FOUND if isinstance(error, FileNotFoundError) else CANNOT_START)
