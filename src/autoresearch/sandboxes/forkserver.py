"""A small process that forks supervisors: it pays for its interpreter once, and has no threads to fork badly from."""

from __future__ import annotations

import gc
import os
import signal
import socket
from contextlib import suppress

from autoresearch.sandboxes.supervisor import supervise


def serve() -> None:
    """Fork a supervisor for every set of descriptors that arrives on standard input; end when its other end closes.

    A set is the control socket, the output pipe and, where the order says so, the channel, the door and the uplink.
    """
    requests = socket.socket(fileno=0)
    _default_signals()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries supervisors
    gc.freeze()  # what a supervisor never touches it never has to copy
    while True:
        message, handles, _, _ = socket.recv_fds(requests, 1, 5)
        if not message:
            return
        if os.fork() == 0:
            requests.detach()
            _supervise(handles)
        for handle in handles:
            os.close(handle)


def _default_signals() -> None:
    """What we ignore, or were told to ignore, would be ignored by every command as well."""
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    for number in signal.valid_signals():
        with suppress(OSError):  # SIGKILL, SIGSTOP and those the C library keeps
            signal.signal(number, signal.SIG_DFL)


def _supervise(handles: list[int]) -> None:
    try:
        control, output, *sockets = handles
        os.close(0)
        os.open(os.devnull, os.O_RDWR)
        supervise(socket.socket(fileno=control), output, sockets)
    finally:
        os._exit(0)
