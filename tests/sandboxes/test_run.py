"""What every backend does: run one command, keep its time and its output, end it and all it started."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from autoresearch import sandboxes
from autoresearch.box import Exit
from autoresearch.errors import SandboxError
from autoresearch.protocols import Sandbox
from autoresearch.sandboxes import tree
from autoresearch.sandboxes.drive import KEPT_BYTES

from .boxes import BEATING, DAEMON, KILL_SECONDS, RACER, MakeBox, backend, is_silent

MEGABYTE = 2**20


def test_exit_code_and_output_come_back(sandbox: Sandbox, box: MakeBox) -> None:
    end = sandbox.run(box("sh", "-c", "echo out; echo err >&2; exit 7"))
    assert (end.code, end.signal, end.limit, end.survivors) == (7, None, "", 0)
    assert end.output == b"out\nerr\n"
    assert 0 < end.seconds < 5


def test_a_signal_is_told_from_an_exit_code(sandbox: Sandbox, box: MakeBox) -> None:
    end = sandbox.run(box("sh", "-c", "kill -SEGV $$"))
    assert (end.code, end.signal, end.limit) == (None, signal.SIGSEGV, "")


def test_a_command_that_does_not_exist_ends_as_under_a_shell(sandbox: Sandbox, box: MakeBox) -> None:
    end = sandbox.run(box("no-such-command"))
    assert end.code == 127
    assert b"no-such-command" in end.output


def test_the_environment_is_exactly_the_boxs(
    sandbox: Sandbox, python: MakeBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTORESEARCH_SECRET", "secret")
    env = {"PATH": "/usr/bin:/bin", "SPACE": "a b\nc", "BYTES": os.fsdecode(b"\xff\xfe"), "EMPTY": ""}
    end = sandbox.run(python("import os; os.write(1, open('/proc/self/environ', 'rb').read())", env=env))
    assert sorted(end.output.split(b"\0")[:-1]) == sorted(os.fsencode(f"{name}={env[name]}") for name in env)


def test_input_is_empty_and_directory_and_umask_are_set(sandbox: Sandbox, box: MakeBox, tree: Path) -> None:
    end = sandbox.run(box("sh", "-c", "cat; pwd; umask"))
    assert end.output.decode() == f"{tree}\n0022\n"


def test_output_need_not_be_text(sandbox: Sandbox, python: MakeBox) -> None:
    assert sandbox.run(python("import os; os.write(1, bytes(range(256)))")).output == bytes(range(256))


def test_long_output_keeps_its_head_and_its_tail(sandbox: Sandbox, python: MakeBox) -> None:
    total = 3 * MEGABYTE
    end = sandbox.run(python(f"import sys; sys.stdout.write('a' * 5 + 'b' * {total - 10} + 'c' * 5)"))
    assert end.code == 0
    assert end.output.startswith(b"aaaaab")
    assert end.output.endswith(b"bccccc")
    assert b"[... %d bytes left out ...]" % (total - 2 * KEPT_BYTES) in end.output


def test_endless_output_is_stopped(sandbox: Sandbox, box: MakeBox) -> None:
    end = sandbox.run(box("sh", "-c", "while :; do echo yes; done", output_bytes=MEGABYTE))
    assert (end.code, end.signal, end.limit) == (None, None, "output")
    assert len(end.output) < 2 * KEPT_BYTES + 100


def test_too_much_output_at_once_is_the_same(sandbox: Sandbox, python: MakeBox) -> None:
    end = sandbox.run(python("print('x' * 3000)", output_bytes=2000))
    assert (end.code, end.limit) == (None, "output")


def test_output_is_passed_on_while_it_comes(sandbox: Sandbox, box: MakeBox, scratch: Path) -> None:
    arrivals: list[bytes] = []

    def heard(chunk: bytes) -> None:
        arrivals.append(chunk)
        (scratch / "heard").touch()

    command = box("sh", "-c", f"echo first; until [ -e {scratch}/heard ]; do sleep 0.02; done; echo second")
    end = sandbox.run(command, on_output=heard)
    assert (end.code, end.limit) == (0, "")
    assert arrivals[0] == b"first\n"
    assert b"".join(arrivals) == end.output == b"first\nsecond\n"


def test_the_channel_is_standard_input_and_output(sandbox: Sandbox, python: MakeBox) -> None:
    ours, theirs = socket.socketpair()
    ends: list[Exit] = []
    code = "import os; os.write(2, b'log'); os.write(1, os.read(0, 99).upper()); os.read(0, 99)"
    with ours, theirs:
        command = python(code, channel=theirs.fileno())
        thread = threading.Thread(target=lambda: ends.append(sandbox.run(command)))
        thread.start()
        ours.settimeout(10)
        ours.sendall(b"question")
        assert ours.recv(99) == b"QUESTION"
        ours.shutdown(socket.SHUT_WR)
        thread.join()
    assert (ends[0].code, ends[0].output) == (0, b"log")


def test_no_descriptor_is_inherited(sandbox: Sandbox, python: MakeBox, tmp_path: Path) -> None:
    with (tmp_path / "private").open("wb") as private:
        os.set_inheritable(private.fileno(), True)
        end = sandbox.run(python("import os; print(*sorted(map(int, os.listdir('/proc/self/fd')))[:-1])"))
    assert end.output == b"0 1 2\n"


def test_signals_are_not_ignored(sandbox: Sandbox, python: MakeBox) -> None:
    code = "print(*[line.split()[1] for line in open('/proc/self/status') if line.startswith(('SigBlk', 'SigIgn'))])"
    python_ignores = (1 << signal.SIGPIPE - 1) | (1 << signal.SIGXFSZ - 1)
    kept_by_the_c_library = (1 << 32 - 1) | (1 << 33 - 1)  # nobody can reset these two, so whoever ignored them wins
    blocked, ignored = (int(word, 16) for word in sandbox.run(python(code)).output.split())
    assert blocked == 0
    assert ignored & ~kept_by_the_c_library == python_ignores


def test_the_clock_ends_a_daemon_and_a_fork_racer(contained: Sandbox, python: MakeBox, scratch: Path) -> None:
    started = time.monotonic()
    end = contained.run(python(BEATING + DAEMON + RACER + "print('both'); time.sleep(60)", seconds=1))
    assert time.monotonic() - started < 50
    assert (end.code, end.limit, end.survivors) == (None, "time", 0)
    assert 1 <= end.seconds < 1 + KILL_SECONDS
    assert is_silent(scratch / "daemon", scratch / "racer")


def test_what_the_command_leaves_behind_dies_with_it(contained: Sandbox, python: MakeBox, scratch: Path) -> None:
    end = contained.run(python(BEATING + DAEMON + RACER + "sys.exit(3)"))
    assert (end.code, end.limit, end.survivors) == (3, "", 0)
    assert is_silent(scratch / "daemon", scratch / "racer")


def test_without_a_box_a_daemon_dies_all_the_same(python: MakeBox, scratch: Path) -> None:
    end = backend("none").run(python(BEATING + DAEMON + "sys.exit(3)"))
    assert (end.code, end.survivors) == (3, 0)
    assert is_silent(scratch / "daemon")


def test_a_stop_ends_it(sandbox: Sandbox, python: MakeBox, scratch: Path) -> None:
    stop = threading.Event()
    command = python(BEATING + DAEMON + "print('up', flush=True); time.sleep(20)")
    end = sandbox.run(command, on_output=lambda _: stop.set(), stop=stop)
    assert (end.code, end.signal, end.limit) == (None, None, "cancelled")
    assert end.seconds < 5
    assert is_silent(scratch / "daemon")


def test_an_interrupt_of_ours_leaves_nothing_running(sandbox: Sandbox, python: MakeBox, scratch: Path) -> None:
    def interrupt(_: bytes) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sandbox.run(python(BEATING + DAEMON + "print('up', flush=True); time.sleep(20)"), on_output=interrupt)
    assert is_silent(scratch / "daemon")


REFEREE = """
import json, sys
from pathlib import Path
from autoresearch import sandboxes
from autoresearch.box import Box
from autoresearch.task import Limits
name, argv, tree, scratch = json.loads(sys.argv[1])
sandboxes.make(name).run(Box(
    argv=tuple(argv), cwd=Path(tree), limits=Limits(30), read=(Path(sys.base_prefix),), write=(Path(scratch),),
))
"""


def test_kill_9_of_the_referee_leaves_nothing_running(contained: Sandbox, python: MakeBox, scratch: Path) -> None:
    command = python(BEATING + DAEMON + RACER + "time.sleep(20)")
    plan = json.dumps([contained.name, command.argv, str(command.cwd), str(scratch)])
    root = str(Path(sandboxes.__file__).parents[2])
    with subprocess.Popen([sys.executable, "-c", REFEREE, plan], env={"PYTHONPATH": root}) as referee:
        while not all(path.exists() and path.stat().st_size for path in (scratch / "daemon", scratch / "racer")):
            time.sleep(0.01)
        referee.kill()
    time.sleep(KILL_SECONDS)
    assert is_silent(scratch / "daemon", scratch / "racer")
    assert not [pid for pid, argv in processes() if str(scratch).encode() in argv]


def processes() -> list[tuple[int, bytes]]:
    """Everyone on this machine, with command lines."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                found.append((int(entry.name), (entry / "cmdline").read_bytes()))
    return found


def test_too_much_memory_is_stopped(sandbox: Sandbox, python: MakeBox) -> None:
    code = "import time; held = [b'x' * 2**20 for _ in range(256)]; time.sleep(20)"
    end = sandbox.run(python(code, memory_bytes=64 * MEGABYTE))
    assert (end.code, end.limit) == (None, "memory")
    assert end.peak_memory_bytes is not None
    assert end.peak_memory_bytes > 64 * MEGABYTE


def test_memory_of_a_whole_tree_counts(sandbox: Sandbox, python: MakeBox) -> None:
    code = "import os, time; os.fork(); os.fork(); held = b'x' * (32 * 2**20); time.sleep(20)"
    assert sandbox.run(python(code, memory_bytes=100 * MEGABYTE)).limit == "memory"


def test_memory_shared_by_a_tree_counts_once(sandbox: Sandbox, python: MakeBox) -> None:
    code = "import os, time; held = b'x' * (48 * 2**20); os.fork(); os.fork(); time.sleep(0.5)"
    end = sandbox.run(python(code, memory_bytes=120 * MEGABYTE))
    assert (end.code, end.limit) == (0, "")
    assert end.peak_memory_bytes is not None
    assert 48 * MEGABYTE < end.peak_memory_bytes < 120 * MEGABYTE


def test_too_many_processes_are_stopped(sandbox: Sandbox, python: MakeBox) -> None:
    code = "import os, time\nfor _ in range(32):\n    if os.fork() == 0: break\ntime.sleep(20)"
    assert sandbox.run(python(code, processes=16)).limit == "processes"


def test_as_many_processes_as_allowed_are_not(sandbox: Sandbox, python: MakeBox) -> None:
    code = "import os, time\nfor _ in range(15):\n    if os.fork() == 0: break\ntime.sleep(0.5)"
    end = sandbox.run(python(code, processes=16))
    assert (end.code, end.limit) == (0, "")


DISK_BOMBS = {
    "many files": "for n in range(16): open(f'{d}/{n}', 'wb').write(b'x' * 2**20)",
    "empty files": "for n in range(2000): open(f'{d}/{n}', 'wb').close()",
    "nameless files": """
held = []
for n in range(4):
    held.append(open(f'{d}/{n}', 'wb', buffering=0))
    os.unlink(f'{d}/{n}')
    held[-1].write(b'x' * 2**22)
""",
    "one large file": "signal.signal(signal.SIGXFSZ, signal.SIG_DFL); open(f'{d}/f', 'wb').write(b'x' * 2**24)",
}


@pytest.mark.parametrize("bomb", DISK_BOMBS.values(), ids=DISK_BOMBS)
def test_too_much_disk_is_stopped(sandbox: Sandbox, python: MakeBox, bomb: str) -> None:
    code = f"import os, signal, sys, time\nd = sys.argv[1]\n{bomb}\ntime.sleep(20)"
    end = sandbox.run(python(code, disk_bytes=6 * MEGABYTE))
    assert (end.code, end.signal, end.limit) == (None, None, "disk")


def test_disk_is_counted_after_the_end_too(sandbox: Sandbox, python: MakeBox) -> None:
    code = "import sys; [open(f'{sys.argv[1]}/{n}', 'wb').write(b'x' * 2**20) for n in range(8)]"
    assert sandbox.run(python(code, disk_bytes=4 * MEGABYTE)).limit == "disk"


def test_what_was_there_before_does_not_count(sandbox: Sandbox, python: MakeBox, scratch: Path) -> None:
    (scratch / "before").write_bytes(b"x" * 8 * MEGABYTE)
    end = sandbox.run(
        python("import sys; open(sys.argv[1] + '/new', 'wb').write(b'x' * 2**20)", disk_bytes=4 * MEGABYTE)
    )
    assert (end.code, end.limit) == (0, "")


def test_processor_time_of_everything_counts(sandbox: Sandbox, python: MakeBox) -> None:
    code = "import os, time\nchild = os.fork()\nwhile time.process_time() < 0.4: pass\nif child: os.wait()"
    end = sandbox.run(python(code))
    assert end.cpu_seconds is not None
    assert 0.4 < end.cpu_seconds < 2


def test_cores_are_pinned_and_shared_out(contained: Sandbox, python: MakeBox) -> None:
    code = """
import json
import os
print(sorted(os.sched_getaffinity(0)))
try: os.sched_setaffinity(0, range(os.cpu_count()))
except PermissionError: print("kept")
"""
    end = contained.run(python(code, cores=1))
    assert end.output == f"[{max(os.sched_getaffinity(0))}]\nkept\n".encode()


def test_fifty_runs_leave_neither_zombies_nor_descriptors(sandbox: Sandbox, box: MakeBox) -> None:
    sandbox.run(box("true"))
    before = sorted(Path("/proc/self/fd").iterdir())[:-1]
    dead = {pid for pid in tree.children("self") if not tree.alive(pid)}
    ends: list[Exit] = []

    def run_some() -> None:
        ends.extend(sandbox.run(box("sh", "-c", "echo $$")) for _ in range(10))

    threads = [threading.Thread(target=run_some) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [end.code for end in ends] == [0] * 50
    assert all(end.output.strip().isdigit() for end in ends)
    assert sorted(Path("/proc/self/fd").iterdir())[:-1] == before
    assert not {pid for pid in tree.children("self") if not tree.alive(pid)} - dead


def test_boxes_that_cannot_be_meant_are_refused(sandbox: Sandbox, box: MakeBox, tmp_path: Path, scratch: Path) -> None:
    with pytest.raises(SandboxError, match="does not exist"):
        sandbox.run(box("true", read=(tmp_path / "missing",)))
    (scratch / "inside").mkdir()
    with pytest.raises(SandboxError, match="read-only and lies in what the box may write"):
        sandbox.run(box("true", read=(scratch / "inside",)))
    with pytest.raises(SandboxError, match="zero byte"):
        sandbox.run(box("true", env={"A": "b\0--bind\0/\0/"}))
    with pytest.raises(SandboxError, match="no name for an environment variable"):
        sandbox.run(box("true", env={"A=B": "c"}))


def test_a_directory_inside_what_may_be_written_is_writable(sandbox: Sandbox, box: MakeBox, scratch: Path) -> None:
    (scratch / "inside").mkdir()
    assert sandbox.run(box("touch", "new", cwd=scratch / "inside")).code == 0
    assert (scratch / "inside/new").exists()


def test_a_fork_server_that_was_killed_is_replaced(sandbox: Sandbox, box: MakeBox) -> None:
    sandbox.run(box("true"))
    for pid, argv in processes():
        if b"autoresearch.sandboxes.forkserver" in argv and pid in tree.children("self"):
            os.kill(pid, signal.SIGKILL)
    time.sleep(0.05)
    assert sandbox.run(box("true")).code == 0
