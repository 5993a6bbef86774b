"""The box of namespaces: bubblewrap gives the command a machine of its own in which nothing of ours exists."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from autoresearch.box import Box, Exit
from autoresearch.errors import SandboxError
from autoresearch.sandboxes import drive, seccomp, system
from autoresearch.sandboxes.order import ANNOUNCE, UPLINK

NAMESPACES = (
    *("--unshare-all", "--unshare-user", "--disable-userns", "--cap-drop", "ALL"),
    *("--die-with-parent", "--new-session"),
)
ARGUMENTS, FILTER = 7, 8
"""Descriptors bwrap reads the rest of its options and the seccomp program from: a command line could be read inside."""
KERNEL_SETTINGS = ("/proc/sys", "/proc/pressure")
"""What in /proc is the whole machine's. Its owner writes there without any capability: user 0 of a box among them."""
SET_ON_THE_WAY = {"PWD", "OLDPWD", "SHLVL"}
"""What bwrap and shells add to an environment."""
LISTEN = """
import socket
with socket.create_server(("127.0.0.1", {port})) as listener, socket.socket(fileno={uplink}) as outside:
    socket.send_fds(outside, [b"."], [listener.fileno()])
"""
"""Makes the uplink, from the inside: a listener of the box's own empty network, handed out to the proxy.

A socket stays in the network it was made in, so whoever connects to the port in there speaks to a process out here,
and there is nothing else to connect to.
"""


class Bubblewrap:
    """Boxes made by the `bwrap` program. `hide` are paths no box may be able to read."""

    name = "bubblewrap"

    def __init__(self, *, hide: tuple[Path, ...] = ()) -> None:
        self._hide = tuple(path.resolve() for path in hide)

    def probe(self) -> Mapping[str, bool]:
        """What a canary saw to hold here."""
        from autoresearch.sandboxes.probe import probe

        return probe(self, hide=self._hide)

    def run(
        self, box: Box, *, on_output: Callable[[bytes], None] | None = None, stop: threading.Event | None = None
    ) -> Exit:
        """See `protocols.Sandbox`. Raises SandboxError without bwrap, or for a box that shows a hidden path."""
        program = shutil.which("bwrap")
        if program is None:
            raise SandboxError("bubblewrap is not installed", fix="apt-get install bubblewrap")
        if box.uplink:
            box = replace(box, read=(*box.read, Path(sys.base_prefix)))  # of the interpreter that will listen
        system.check(box, self._hide, covered=())
        order = drive.order(box, argv=(program, "--args", str(ARGUMENTS), "--", *_last_step(box)), wrapped=True)
        options = b"".join(os.fsencode(option) + b"\0" for option in _options(box, self._hide))
        enclosed = {str(ARGUMENTS): options.hex(), str(FILTER): _filter(box).hex()}
        order = replace(order, env={}, enclosed=enclosed, uplink=box.uplink is not None)
        return drive.drive(order, box, on_output=on_output, stop=stop)


def _last_step(box: Box) -> tuple[str, ...]:
    """Inside: forget what was set on the way, say that the box is built, which starts the clock, become the command."""
    added = " ".join(sorted(SET_ON_THE_WAY - set(box.env)))
    listen, close = "", f"{ANNOUNCE}>&-"
    if box.uplink:
        code = LISTEN.format(port=box.uplink.port, uplink=UPLINK)
        python = shlex.join((os.path.realpath(sys.executable), "-I", "-S", "-c", code))
        listen, close = f"{python} || exit; ", f"{close} {UPLINK}>&-"
    return ("/bin/sh", "-c", f'unset {added}; {listen}echo >&{ANNOUNCE}; exec "$@" {close}', "sh", *box.argv)


def _filter(box: Box) -> bytes:
    """Inside, the network is an empty loopback. The host's would bring its abstract sockets: no unix ones then."""
    families: tuple[int, ...] = (seccomp.AF_INET, seccomp.AF_INET6, seccomp.AF_NETLINK)
    if not box.limits.network:
        families = (*families, seccomp.AF_UNIX)
    return seccomp.program(families=families, namespaced=True, pinned=box.limits.cores is not None)


def _options(box: Box, hide: Iterable[Path]) -> Iterator[str]:
    masks = {path for path in hide if any(path.is_relative_to(os.path.realpath(seen)) for seen in system.readable(box))}
    yield from NAMESPACES
    if box.limits.network:
        yield "--share-net"
    yield from ("--seccomp", str(FILTER), "--proc", "/proc", "--dev", "/dev")
    for path in system.existing(KERNEL_SETTINGS):
        yield from ("--ro-bind", path, path)
    for device in system.gpu_devices(box):
        yield from ("--dev-bind", device, device)
    yield from _memory_file_systems(box)
    yield from _views(box, masks)
    for path in ("/", "/dev", *(str(mask) for mask in masks if mask.is_dir())):
        yield from ("--remount-ro", path)
    for name, value in box.env.items():
        yield from ("--setenv", name, value)
    yield from ("--chdir", str(box.cwd))


def _memory_file_systems(box: Box) -> Iterator[str]:
    """Private /tmp and /dev/shm, neither larger than what the box may store or hold."""
    limits = [limit for limit in (box.limits.disk_bytes, box.limits.memory_bytes) if limit is not None]
    for path in ("/tmp", "/dev/shm"):
        yield from (("--size", str(min(limits))) if limits else ())
        yield from ("--tmpfs", path)


def _views(box: Box, masks: Iterable[Path]) -> Iterator[str]:
    """Host paths as the box sees them, parents before children so that the nearer rule wins."""
    views = {path: _read_only(path) for path in system.readable(box)}
    for mask in masks:
        nothing = ("--tmpfs",) if mask.is_dir() else ("--ro-bind", os.devnull)
        views[str(mask)] = (*nothing, str(mask))
    for path in map(str, box.read):
        views[path] = _read_only(path)
    if not any(box.cwd.is_relative_to(whole) for whole in box.write):
        views[str(box.cwd)] = _read_only(str(box.cwd))
    for path in map(str, box.write):
        views[path] = ("--bind", path, path)
    for path in sorted(views, key=lambda path: path.count("/")):
        yield from views[path]


def _read_only(path: str) -> tuple[str, ...]:
    """A link of the root directory stays a link (/bin on most systems); all else is what it leads to, read-only."""
    if Path(path).is_symlink() and path.count("/") == 1:
        return ("--symlink", str(Path(path).readlink()), path)
    return ("--ro-bind", os.path.realpath(path), path)
