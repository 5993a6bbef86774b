"""Processes: the one module that starts them."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from autoresearch.errors import UserError


class CommandError(UserError):
    """A trusted helper failed. `code` is None when it could not be started or ran out of time."""

    def __init__(self, argv: Sequence[str], code: int | None, stderr: bytes) -> None:
        said = stderr.decode(errors="replace").strip()
        how = "could not finish" if code is None else f"ended with status {code}"
        super().__init__(
            f"`{shlex.join(argv)}` {how}" + (f": {said}" if said else " and said nothing"),
            fix=f"run it by hand to see why: {shlex.join(argv)}",
        )
        self.argv = tuple(argv)
        self.code = code
        self.stderr = stderr


def dialogue(argv: Sequence[str], *, env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start a trusted helper that answers questions on its standard output as it gets them on its standard input.

    It ends by itself when its input is closed; what it says on standard error is dropped.

    Raises CommandError when it cannot be started.
    """
    try:
        return subprocess.Popen(
            argv,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise CommandError(argv, None, str(error).encode()) from error


def output(
    argv: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    input: bytes | None = None,
    timeout: float = 600,
) -> bytes:
    """Standard output of a trusted helper such as git, which gets `input` (default: none) and `timeout` seconds.

    `env` is the whole environment; None is ours. The helper has its own session, so a Ctrl-C at the terminal does
    not cut it short, and no terminal to ask questions on. Safe to call from several threads.

    Raises CommandError when it cannot be started, exits with anything but 0, or runs out of time.
    """
    try:
        process = subprocess.Popen(
            argv,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL if input is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise CommandError(argv, None, str(error).encode()) from error
    with process:
        try:
            stdout, stderr = process.communicate(input, timeout)
        except BaseException as error:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
            if isinstance(error, subprocess.TimeoutExpired):
                raise CommandError(argv, None, f"no end after {timeout:g} s".encode()) from None
            raise
    if process.returncode != 0:
        raise CommandError(argv, process.returncode, stderr)
    return stdout
