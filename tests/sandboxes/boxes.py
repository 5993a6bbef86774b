"""What the sandbox tests share: backends that come up on this machine, and commands that do not want to die."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import pytest

from autoresearch import sandboxes
from autoresearch.box import Box
from autoresearch.errors import SandboxError
from autoresearch.protocols import Sandbox

PYTHON = str(Path(sys.executable).resolve())
CONTAINED = ("embedded", "bubblewrap")
KILL_SECONDS = 1.0
"""How soon after its limit a box must be dead, on a busy machine."""

MakeBox = Callable[..., Box]


@cache
def proven(name: str) -> Mapping[str, bool] | str:
    """What `name` proves here, or why it does not come up."""
    try:
        return sandboxes.make(name).probe()
    except SandboxError as error:
        return error.message


def backend(name: str) -> Sandbox:
    """The backend called `name`; the test is skipped where it does not come up."""
    found = proven(name)
    if isinstance(found, str):
        pytest.skip(f"{name}: {found}")
    return sandboxes.make(name)


def is_silent(*beats: Path, seconds: float = 0.1) -> bool:
    """Whether heartbeats that were once there have all stopped."""
    before = [beat.stat().st_size for beat in beats]
    time.sleep(seconds)
    return all(before) and before == [beat.stat().st_size for beat in beats]


BEATING = """
import os, sys, time
end = time.monotonic() + 20
def beat(name):
    with open(sys.argv[1] + "/" + name, "ab") as file:
        file.write(b"x")
def appeared(name):
    path = sys.argv[1] + "/" + name
    while not (os.path.exists(path) and os.path.getsize(path)):
        time.sleep(0.001)
"""
DAEMON = """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while time.monotonic() < end:
            beat("daemon")
            time.sleep(0.005)
    os._exit(0)
appeared("daemon")
"""
"""A process in a session of its own, two forks away."""
RACER = """
if os.fork() == 0:
    os.setsid()
    while time.monotonic() < end:
        beat("racer")
        if os.fork():
            os._exit(0)
    os._exit(0)
appeared("racer")
"""
"""A process that is always already its own child."""
