"""The referee's end of the door, without boxes: enough of a referee to test evaluators and contestants against."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self


class Door:
    """Starts `command` afresh whenever somebody asks at `number`; without a command it refuses.

    `incumbent` is the other side's command, the same one by default.
    """

    def __init__(
        self,
        command: Sequence[str] = (),
        *,
        incumbent: Sequence[str] | None = None,
        cwd: Path | None = None,
        env: dict[str, str] | None = None,
    ):
        self.commands = {b"s": command, b"i": command if incumbent is None else incumbent}
        self.cwd, self.env = cwd, env
        self.started: list[subprocess.Popen[bytes]] = []
        self._ours, self._theirs = socket.socketpair()
        self._thread = threading.Thread(target=self._keep)

    @property
    def number(self) -> int:
        """The descriptor an evaluator inherits."""
        return self._theirs.fileno()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._theirs.close()
        self._thread.join()
        self._ours.close()

    def _keep(self) -> None:
        while word := self._ours.recv(1):
            self._end_the_last()
            command = self.commands[word]
            if not command:
                self._ours.sendall(b"n")
                break
            line, theirs = socket.socketpair()
            with line, theirs:
                self.started.append(
                    subprocess.Popen(command, stdin=line, stdout=line, cwd=self.cwd, env=self.env, bufsize=0)
                )
                socket.send_fds(self._ours, [b"k"], [theirs.fileno()])
        self._ours.shutdown(socket.SHUT_RDWR)
        self._end_the_last()

    def _end_the_last(self) -> None:
        if self.started:
            self.started[-1].kill()
            self.started[-1].wait()


def python(path: Path, *arguments: str) -> list[str]:
    """The command line that runs `path` with this interpreter."""
    return [sys.executable, str(path), *arguments]
