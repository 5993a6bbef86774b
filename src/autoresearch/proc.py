"""Processes: the one module that starts them."""

from __future__ import annotations

import atexit
import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from autoresearch.errors import UserError

LAST_LINES = 8
"""Of a failed helper's output that are repeated."""


class CommandError(UserError):
    """A trusted helper failed. `code` is None when it could not be started or ran out of time.

    `stdout` is what it had printed by then; where it said nothing on `stderr`, the end of that is what it said.
    """

    def __init__(self, argv: Sequence[str], code: int | None, stderr: bytes, stdout: bytes = b"") -> None:
        last = b"\n".join(stdout.strip().splitlines()[-LAST_LINES:])
        said = (stderr.strip() or last).decode(errors="replace").strip()
        how = "could not finish" if code is None else f"ended with status {code}"
        super().__init__(
            f"`{shlex.join(argv)}` {how}" + (f": {said}" if said else " and said nothing"),
            fix=f"run it by hand to see why: {shlex.join(argv)}",
        )
        self.argv = tuple(argv)
        self.code = code
        self.stderr = stderr
        self.stdout = stdout


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
                raise CommandError(argv, None, f"no end after {timeout:g} s".encode(), error.stdout or b"") from None
            raise
    if process.returncode != 0:
        raise CommandError(argv, process.returncode, stderr, stdout)
    return stdout


def aside(argv: Sequence[str], *, cwd: Path) -> subprocess.Popen[bytes]:
    """Start a trusted command nobody listens to, in a session of its own. Raises CommandError when it cannot start."""
    quiet = subprocess.DEVNULL
    try:
        return subprocess.Popen(argv, cwd=cwd, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)
    except OSError as error:
        raise CommandError(argv, None, str(error).encode()) from error


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill what `aside` started, with everything in its session that has not left it."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextmanager
def companion(argv: Sequence[str], *, env: Mapping[str, str]) -> Iterator[int]:
    """The process id of a trusted helper that lives for the length of the block, its input open and empty."""
    process = subprocess.Popen(argv, env=env, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True)
    with process:
        try:
            yield process.pid
        finally:
            process.kill()


class ForkServer:
    """A helper interpreter that runs `module.serve()` with a socket as its standard input, started when first needed.

    It has none of our environment, threads or memory, so what it forks is clean and cheap. Thread-safe.
    """

    def __init__(self, module: str) -> None:
        self._module = module
        self._lock = threading.Lock()
        self._owner = 0
        self._socket: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def hand(self, handles: Sequence[int]) -> None:
        """Send copies of `handles`, at least one, to the helper; a helper that died is replaced."""
        with self._lock:
            if self._owner == os.getpid() and self._socket is not None:
                try:
                    socket.send_fds(self._socket, [b"."], handles)
                except (BrokenPipeError, ConnectionResetError):
                    self._close()
                else:
                    return
            socket.send_fds(self._start(), [b"."], handles)

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        package_root = str(Path(__file__).resolve().parents[1])
        code = f"import sys; sys.path.append({package_root!r}); from {self._module} import serve; serve()"
        libraries: dict[str, str] = {
            key: os.environ[key] for key in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH") if key in os.environ
        }
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-X", "utf8", "-c", code],
                cwd="/",
                env=libraries,
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
        if self._owner == 0:
            atexit.register(self._close)
        self._owner, self._socket = os.getpid(), ours
        return ours

    def _close(self) -> None:
        """Let the helper go; one inherited from a parent process is not ours to wait for."""
        if self._socket is not None:
            self._socket.close()
        if self._process is not None and self._owner == os.getpid():
            self._process.wait()
