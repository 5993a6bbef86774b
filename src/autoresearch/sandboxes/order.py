"""What the referee asks a supervisor to run, and what it hears back: plain values, one line of JSON each."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, slots=True)
class Fence:
    """What Landlock leaves a command of the file system and of TCP."""

    read: tuple[str, ...]
    write: tuple[str, ...]
    devices: tuple[str, ...]
    network: bool
    port: int | None = None
    """Without a network, the one TCP port that can still be connected to."""


@dataclass(frozen=True, slots=True)
class Order:
    """One command, its limits, and how it is fenced in."""

    argv: tuple[str, ...]
    cwd: str
    env: dict[str, str]
    seconds: float
    memory_bytes: int | None = None
    processes: int | None = None
    disk_bytes: int | None = None
    scratch: tuple[str, ...] = ()
    """Directories whose contents count against `disk_bytes`."""
    cores: tuple[int, ...] = ()
    """Core numbers the command is pinned to; none leaves it to the scheduler."""
    fence: Fence | None = None
    filter: str = ""
    """Seccomp program, hexadecimal; empty is none."""
    channel: bool = False
    """Whether a socket comes along that becomes standard input and output."""
    door: bool = False
    """Whether a socket comes along that becomes descriptor `DOOR`."""
    uplink: bool = False
    """Whether a socket comes along that becomes descriptor `UPLINK`, for the listener of a network inside."""
    wrapped: bool = False
    """Whether `argv` is a wrapper that builds the box itself and then says so on descriptor `ANNOUNCE`."""
    enclosed: dict[str, str] = field(default_factory=dict)
    """What a wrapper reads: descriptor number (below `ANNOUNCE`, above 2) to contents, hexadecimal."""


@dataclass(frozen=True, slots=True)
class Report:
    """How it ended, as `protocols.Exit` has it; `fault` is why it never began, and then nothing else counts."""

    code: int | None = None
    signal: int | None = None
    limit: str = ""
    seconds: float = 0.0
    peak_memory_bytes: int | None = None
    cpu_seconds: float | None = None
    survivors: int = 0
    fault: str = ""


DOOR = 3
"""Descriptor on which an evaluation finds its way to contestants."""
UPLINK = 4
"""Descriptor along which the last step before the command sends the listener of its uplink."""
ANNOUNCE = 9
"""Descriptor on which the last step before the command writes a byte. One digit: shells redirect no other."""


def encoded(message: Order | Report) -> bytes:
    """One line of JSON. Undecodable bytes of names and values survive as lone surrogates."""
    return json.dumps(asdict(message)).encode() + b"\n"


def decoded_order(line: bytes) -> Order:
    """Inverse of `encoded`."""
    fields = json.loads(line)
    fence = fields.pop("fence")
    return Order(**fields, fence=Fence(**fence) if fence else None)


def decoded_report(line: bytes) -> Report:
    """Inverse of `encoded`."""
    return Report(**json.loads(line))
