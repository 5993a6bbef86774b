"""One boxed command: what a sandbox is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from autoresearch.task import Limits


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The one place a box with an uplink can reach: a port of 127.0.0.1, where a proxy of ours answers."""

    port: int
    """TCP port, the same number inside and outside of the box."""
    listeners: int
    """A socket of ours. A box with a network of its own listens at `port` there and sends the listener along it."""


@dataclass(frozen=True, slots=True)
class Box:
    """One untrusted command and all it may see."""

    argv: tuple[str, ...]
    cwd: Path
    limits: Limits
    read: tuple[Path, ...] = ()
    """Readable besides the system's own programs and libraries; `cwd` and `write` need no mention."""
    write: tuple[Path, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    """The whole environment: nothing is inherited."""
    channel: int | None = None
    """A socket of ours that becomes the command's standard input and output; None gives it no input."""
    door: int | None = None
    """A socket of ours the command finds as file descriptor 3; None closes every descriptor above 2."""
    uplink: Endpoint | None = None
    """The one place the command can reach; without it `limits.network` decides. Never both."""
    aloud: bool = False
    """Whether a person may watch what it prints while it runs: never where no log may keep it either."""


@dataclass(frozen=True, slots=True)
class Exit:
    """How a boxed command ended. Nothing it started is alive any more."""

    code: int | None
    """Exit status; None when a signal or a limit of ours ended it."""
    signal: int | None
    limit: str
    """What stopped it: "" | time | memory | processes | disk | output | cancelled."""
    seconds: float
    """Exec to end, on our monotonic clock."""
    output: bytes
    """Standard output and error as they came, the middle left out when long."""
    peak_memory_bytes: int | None = None
    cpu_seconds: float | None = None
    survivors: int = 0
    """Processes that outlived the kill. Anything but 0 is a fault of the machine."""
