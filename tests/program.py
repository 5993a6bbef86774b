"""`autoresearch` as a person runs it, thousands of times: each in a process of its own, begun where imports are done.

    done = autoresearch(root, "run", "--experiments", "5")

Importing takes half a second of a core, which is more than most commands take. So one process a test worker imports
once, and forks for every command: other arguments, folder, environment and files, the same program. What is killed,
measured, or about starting itself begins `COMMAND` instead.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO

import luck

COMMAND = [sys.executable, "-m", "autoresearch.cli"]
"""How it begins anew."""

CLIENT = f"""#!{sys.executable} -IS
import json, os, signal, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect(os.path.join(os.path.dirname(os.path.abspath(__file__)), "socket"))
    asked = json.dumps({{"words": sys.argv[1:], "env": dict(os.environ), "cwd": os.getcwd()}}).encode()
    socket.send_fds(server, [len(asked).to_bytes(4, "big")], [0, 1, 2])
    server.sendall(asked)
    pid = int.from_bytes(server.recv(4), "big")
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, lambda number, _: os.kill(pid, number))
    code = int.from_bytes(server.recv(4), "big", signed=True)
if code < 0:
    signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
sys.exit(code)
"""
"""The program that shell scripts find: it begins in a hundredth of a second."""

_IMPORTED = (
    *("autoresearch.cli", "autoresearch.assembly", "autoresearch.report.build", "autoresearch.agents.tuner.agent"),
    *("autoresearch.cli.display", "autoresearch.cli.standing", "autoresearch.cli.tables", "autoresearch.replay"),
    *("autoresearch.views.state", "autoresearch.tries", "autoresearch.finish", "numpy", "jinja2"),
)


def autoresearch(
    where: Path, *words: str, code: int | None = None, timeout: float = 240, **env: str
) -> subprocess.CompletedProcess[str]:
    """One command in the folder `where`, with `env` set as well; it must end with `code`, unless that is None."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, open(os.devnull) as nothing:
        asked = {"words": words, "env": {**os.environ, **env}, "cwd": str(where)}
        ended = _forked(asked, [nothing, out, err], timeout)
        texts = [_text(file) for file in (out, err)]
    done = subprocess.CompletedProcess(list(words), ended, *texts)
    assert code is None or ended == code, done.stderr + done.stdout
    return done


def on_path() -> str:
    """A PATH on which scripts find `autoresearch`, quick to begin, and the programs of this environment."""
    return os.pathsep.join([str(_server()), os.environ["PATH"], str(Path(sys.executable).parent)])


def _forked(asked: Mapping[str, object], files: list[IO[bytes] | IO[str]], timeout: float) -> int:
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(str(_server() / "socket"))
        body = json.dumps(asked).encode()
        socket.send_fds(server, [len(body).to_bytes(4, "big")], [file.fileno() for file in files])
        server.sendall(body)
        pid = int.from_bytes(server.recv(4), "big")
        late = threading.Timer(timeout, os.kill, (pid, signal.SIGKILL))
        late.start()
        try:
            return int.from_bytes(server.recv(4), "big", signed=True)
        finally:
            late.cancel()


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace").replace("\r\n", "\n")


@cache
def _server() -> Path:
    """The folder of this test worker's server, which ends when the worker does."""
    folder = Path(tempfile.mkdtemp(prefix="program-"))
    program = folder / "autoresearch"
    program.write_text(CLIENT)
    program.chmod(0o755)
    begun = subprocess.Popen([sys.executable, __file__, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert begun.stdout is not None
    assert begun.stdout.readline() == b"ready\n"
    atexit.register(_end, begun)
    return folder


def _end(server: subprocess.Popen[bytes]) -> None:
    """It ends when its input does."""
    for pipe in (server.stdin, server.stdout):
        if pipe:
            pipe.close()
    server.wait(10)


def _serve(folder: Path) -> list[str]:
    """Fork for every connection until the input ends. Returns, in a forked process, the words of its command."""
    for name in _IMPORTED:
        importlib.import_module(name)
    _probe()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "socket"))
        server.listen(64)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        print("ready", flush=True)
        while 0 not in select.select([server, 0], [], [])[0]:
            connection, _ = server.accept()
            if os.fork() == 0:
                server.close()
                return _answer(connection)
            connection.close()
    shutil.rmtree(folder)
    sys.exit()


def _probe() -> None:
    """See once what each sandbox gives here; what is forked from this process has seen it."""
    from autoresearch import sandboxes
    from autoresearch.errors import SandboxError

    for name in sandboxes.BEST_FIRST:
        with suppress(SandboxError):
            sandboxes.make(name).probe()


def _answer(connection: socket.socket) -> list[str]:
    """Be the command that is asked for, in one process, and tell from another how it ended."""
    head, fds, _, _ = socket.recv_fds(connection, 4, 3)
    asked = json.loads(_exactly(connection, int.from_bytes(head, "big")))
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    pid = os.fork()
    if pid:
        connection.sendall(pid.to_bytes(4, "big"))
        _, status = os.waitpid(pid, 0)
        connection.sendall(os.waitstatus_to_exitcode(status).to_bytes(4, "big", signed=True))
        os._exit(0)
    connection.close()
    for at, fd in enumerate(fds):
        os.dup2(fd, at)
        os.close(fd)
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["env"])
    luck.give(*map(os.path.basename, asked["words"]))
    sys.path[:1] = [asked["cwd"], *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    words: list[str] = asked["words"]
    return words


def _exactly(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size and (more := connection.recv(size - len(data))):
        data += more
    return data


if __name__ == "__main__":
    sys.argv[1:] = _serve(Path(sys.argv[1]))
    sys.argv[0] = "autoresearch"
    from autoresearch.cli import main

    main()
