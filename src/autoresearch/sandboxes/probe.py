"""The probe: put a canary into a box on this machine, and believe only what was seen to fail, inside and out."""

from __future__ import annotations

import json
import os
import resource
import secrets
import socket
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from autoresearch.box import Box, Endpoint, Exit
from autoresearch.errors import SandboxError
from autoresearch.proc import companion
from autoresearch.protocols import Sandbox
from autoresearch.sandboxes.calls import CALLS, MACHINES
from autoresearch.sandboxes.properties import PROPERTIES
from autoresearch.task import Limits
from autoresearch.workspace import trees

CANARY = Path(__file__).with_name("canary.py")
MEGABYTE = 2**20
LOOK_SECONDS = 20.0
PATIENCE = 3.0
"""Seconds a canary nobody stops goes on. It ends by itself: a box that fails the probe leaves nothing behind."""
FOLDER = "autoresearch-probe-"
LONGEST_FOLDER = 60
"""Characters of a temporary directory in which a socket's whole path stays below 104, the least that systems allow."""
STALE_SECONDS = 600.0
"""A folder not touched for so long is nobody's: no probe takes a minute."""
LINGER_SECONDS = 0.3
KILL_SECONDS = 1.0
"""How long a kill may take to count as one."""
BOMBS = {
    "memory_cap": ("memory", Limits(PATIENCE, memory_bytes=64 * MEGABYTE), 256),
    "process_cap": ("processes", Limits(PATIENCE, processes=8), 16),
    "disk_cap": ("disk", Limits(PATIENCE, disk_bytes=4 * MEGABYTE), 16),
}
"""What goes past a cap: the limit it must end at, the limits of its box, and how much it takes."""
QUIET_SECONDS = 0.05
"""How long the dead are watched for signs of life; living ones would show many."""


def probe(sandbox: Sandbox, *, hide: tuple[Path, ...] = ()) -> Mapping[str, bool]:
    """Each of `PROPERTIES`, and whether `sandbox` was seen to give it here; `hide` are further paths it must not show.

    Takes about a second; for the same kind again, less than half of that. Raises SandboxError when no box comes up at
    all.
    """
    with _folder() as root, Bait.planted(root) as bait:
        seen = Cage(sandbox, bait).looked(hide)
    return {**dict.fromkeys(PROPERTIES, False), **seen, **_whatever_it_hides(sandbox)}


_SEEN: dict[type[Sandbox], set[str]] = {}
"""What this process has seen each kind of sandbox to give whatever it hides. What it has not is looked at again."""


def _whatever_it_hides(sandbox: Sandbox) -> Mapping[str, bool]:
    """The properties that do not depend on hidden paths: each is seen once in the life of a process."""
    seen = _SEEN.setdefault(type(sandbox), set())
    with _folder() as root, Bait.planted(root) as bait:
        cage = Cage(sandbox, bait)
        with ThreadPoolExecutor() as crew:
            caps = {name: crew.submit(cage.stopped, *BOMBS[name]) for name in BOMBS.keys() - seen}
            if "uplink_only" not in seen and cage.uplinked():
                seen.add("uplink_only")
        seen.update(name for name, cap in caps.items() if cap.result())
        if "kill_all" not in seen and cage.killed():
            seen.add("kill_all")
    return {name: name in seen for name in (*BOMBS, "uplink_only", "kill_all")}


def place() -> Path:
    """Where temporary folders go that sockets lie in: the usual place, unless its path is too long for them."""
    usual = tempfile.gettempdir()
    return Path(usual if len(usual) <= LONGEST_FOLDER else "/tmp")


@contextmanager
def _folder() -> Iterator[Path]:
    """A fresh folder, with a path short enough for sockets; those that killed probes left behind go with it."""
    parent = place()
    for old in parent.glob(f"{FOLDER}*"):
        with suppress(OSError):
            found = old.lstat()
            if found.st_uid == os.getuid() and time.time() - found.st_mtime > STALE_SECONDS:
                trees.remove(old)
    with trees.fleeting(parent, FOLDER) as root:
        yield root


@dataclass(frozen=True, slots=True)
class Bait:
    """What the canary goes for, all of it outside the box but for the tree and the scratch directory."""

    root: Path
    victim: int
    marker: str
    """Stands in the victim's command line and environment."""
    listener: socket.socket
    datagrams: socket.socket
    mailbox: socket.socket

    @classmethod
    @contextmanager
    def planted(cls, root: Path) -> Iterator[Bait]:
        """Lay it out below `root`, and clear up afterwards."""
        for name in ("tree/tracked", "outside/kept", "outside/secret"):
            path = root / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(b"bait")
        (root / "scratch").mkdir()
        marker = secrets.token_hex(16)
        with ExitStack() as stack:
            sockets = [stack.enter_context(found) for found in _listening(root)]
            listener, datagrams, mailbox = sockets[:3]
            command = ["/bin/sh", "-c", "read line", marker]
            victim = stack.enter_context(companion(command, env={"MARKER": marker}))
            yield cls(root, victim, marker, listener, datagrams, mailbox)

    def plan(self, hide: tuple[Path, ...]) -> dict[str, object]:
        """What the canary is told. The marker goes backwards: the canary must not find itself."""
        linux = sys.platform == "linux" and os.uname().machine in MACHINES
        column = MACHINES.index(os.uname().machine) if linux else 0
        return {
            "mode": "look",
            "secret": str(self.root / "outside/secret"),
            "outside": str(self.root / "outside/kept"),
            "scratch": str(self.root / "scratch"),
            "hide": [str(path) for path in hide],
            "victim": self.victim,
            "marker": self.marker[::-1],
            "port": self.listener.getsockname()[1],
            "socket": str(self.root / "socket"),
            "mailbox": str(self.root / "mailbox"),
            "abstract": self.root.name,
            "calls": {name: numbers[column] for name, numbers in CALLS.items()} if linux else {},
        }

    def received(self) -> bool:
        """Whether anything came in from a network that is not there."""
        return any(_received(found) for found in (self.datagrams, self.mailbox))

    def harmed(self) -> bool:
        """Whether the victim is dead, slowed down or limited."""
        try:
            slowed = os.getpriority(os.PRIO_PROCESS, self.victim) != os.getpriority(os.PRIO_PROCESS, 0)
        except ProcessLookupError:
            return True
        if sys.platform != "linux":
            return slowed
        return slowed or resource.prlimit(self.victim, resource.RLIMIT_NOFILE) != resource.getrlimit(
            resource.RLIMIT_NOFILE
        )

    def state(self, directory: str) -> object:
        """All that can be known about the files of one directory."""
        return sorted((path.name, path.read_bytes(), _metadata(path)) for path in (self.root / directory).iterdir())


def _listening(root: Path) -> Iterator[socket.socket]:
    listener = socket.create_server(("127.0.0.1", 0))
    yield listener
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    datagrams.bind(listener.getsockname())
    yield datagrams
    for kind, address in (
        (socket.SOCK_DGRAM, str(root / "mailbox")),
        (socket.SOCK_STREAM, str(root / "socket")),
        *([(socket.SOCK_STREAM, "\0" + root.name)] if sys.platform == "linux" else []),
    ):
        local = socket.socket(socket.AF_UNIX, kind)
        local.bind(address)
        if kind == socket.SOCK_STREAM:
            local.listen()
        yield local


def _received(receiver: socket.socket) -> bool:
    receiver.setblocking(False)
    try:
        return bool(receiver.recv(64))
    except BlockingIOError:
        return False


def _sent_along(ours: socket.socket) -> list[socket.socket]:
    """The listeners that came out of a box."""
    ours.setblocking(False)
    try:
        _, handles, _, _ = socket.recv_fds(ours, 1, 1)
    except BlockingIOError:
        return []
    return [socket.socket(fileno=handle) for handle in handles]


def _accepted(listener: socket.socket) -> int:
    """How many connections wait there."""
    listener.setblocking(False)
    count = 0
    with suppress(BlockingIOError):
        while True:
            listener.accept()[0].close()
            count += 1
    return count


def _metadata(path: Path) -> tuple[object, ...]:
    found = path.stat()
    attributes = os.listxattr(path) if sys.platform == "linux" else []
    return (found.st_mode, found.st_uid, found.st_nlink, found.st_mtime_ns, attributes)


@dataclass(frozen=True, slots=True)
class Cage:
    """The sandbox under test, and what was laid out for the canary."""

    sandbox: Sandbox
    bait: Bait

    def looked(self, hide: tuple[Path, ...]) -> dict[str, bool]:
        """The properties a single look around decides. A canary that does not report proves nothing."""
        before = {name: self.bait.state(name) for name in ("tree", "outside")}
        end = self.run(self.bait.plan(hide), Limits(LOOK_SECONDS))
        if end.code != 0:
            return {}
        held = {name: bool(tried) and not any(tried) for name, tried in json.loads(end.output).items()}
        held["read_only_tree"] &= self.bait.state("tree") == before["tree"]
        held["no_outside_writes"] &= held["read_only_tree"] and self.bait.state("outside") == before["outside"]
        held["no_network"] &= not self.bait.received()
        held["no_signals"] &= not self.bait.harmed()
        return held

    def uplinked(self) -> bool:
        """Whether a box with an uplink reached its endpoint, and was seen to reach nothing else."""
        with ExitStack() as stack:
            endpoint = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            port = endpoint.getsockname()[1]
            neighbour = stack.enter_context(socket.create_server(("127.0.0.2", port)))
            ours, theirs = map(stack.enter_context, socket.socketpair())
            plan = self.bait.plan(()) | {"mode": "uplink", "endpoint": port}
            try:
                end = self.run(plan, Limits(LOOK_SECONDS), uplink=Endpoint(port, theirs.fileno()))
            except SandboxError:
                return False
            listeners = [endpoint, *_sent_along(ours)]
            arrived = sum(map(_accepted, listeners))
            for listener in listeners[1:]:
                listener.close()
            tried = json.loads(end.output) if end.code == 0 else [True]
            return arrived == 1 and not any(tried) and not _accepted(neighbour) and not self.bait.received()

    def stopped(self, limit: str, limits: Limits, amount: int) -> bool:
        """Whether a bomb of `amount` ends at its limit."""
        plan = {"mode": limit, "scratch": str(self.bait.root / "scratch"), "amount": amount, "patience": PATIENCE}
        end = self.run(plan, limits)
        return end.limit == limit and end.survivors == 0

    def killed(self) -> bool:
        """Whether a daemon and a fork racer, both seen alive, are silent once the clock has run out."""
        scratch = self.bait.root / "scratch"
        started = time.monotonic()
        plan = {"mode": "linger", "scratch": str(scratch), "patience": PATIENCE}
        end = self.run(plan, Limits(LINGER_SECONDS))
        in_time = time.monotonic() - started < LINGER_SECONDS + KILL_SECONDS
        beats = [scratch / name for name in ("daemon", "racer")]
        before = [_size(beat) for beat in beats]
        time.sleep(QUIET_SECONDS)
        silent = before == [_size(beat) for beat in beats]
        return end.limit == "time" and in_time and all(before) and silent and end.survivors == 0

    def run(self, plan: dict[str, object], limits: Limits, *, uplink: Endpoint | None = None) -> Exit:
        """One canary in one box."""
        bait = self.bait
        python = os.path.realpath(sys.executable)
        return self.sandbox.run(
            Box(
                argv=(python, "-I", "-S", "-c", CANARY.read_text(), json.dumps(plan)),
                cwd=bait.root / "tree",
                limits=limits,
                read=(Path(sys.base_prefix),),
                write=(bait.root / "scratch",),
                uplink=uplink,
            )
        )


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
