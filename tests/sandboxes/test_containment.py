"""What a box stops. The canary tries most of it; here is what each property is worth, one attempt at a time."""

from __future__ import annotations

import json
import os
import socket
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from autoresearch import sandboxes
from autoresearch.errors import SandboxError
from autoresearch.protocols import Sandbox
from autoresearch.sandboxes.bubblewrap import Bubblewrap
from autoresearch.sandboxes.embedded import Embedded
from autoresearch.sandboxes.probe import Bait, Cage
from autoresearch.task import Limits

from .boxes import CONTAINED, MakeBox, backend, proven

NOT_PROVEN = {"bubblewrap": set(), "embedded": {"hidden_names", "private_processes", "uplink_only"}}


@pytest.mark.parametrize("name", CONTAINED)
def test_a_box_proves_its_properties(name: str) -> None:
    backend(name)
    held = proven(name)
    assert isinstance(held, Mapping)
    assert set(held) == set(sandboxes.PROPERTIES)
    assert {item for item, holds in held.items() if not holds} == NOT_PROVEN[name]


def test_without_a_box_the_canary_gets_what_it_wants(tmp_path: Path) -> None:
    """The attacks are real: nearly each of them works where nothing stops it."""
    with Bait.planted(tmp_path) as bait:
        end = Cage(sandboxes.make("none"), bait).run(bait.plan(()), Limits(20))
        worked = json.loads(end.output)
        assert {name for name, results in worked.items() if any(results)} == {
            *("no_network", "hidden_files", "hidden_names", "read_only_tree", "no_outside_writes", "no_signals"),
            *("private_processes", "kernel_surface"),
        }
        assert all(worked["no_network"] + worked["hidden_files"] + worked["private_processes"])
        assert bait.received()
        assert bait.harmed()
    held = proven("none")
    assert isinstance(held, Mapping)
    assert not any(held[name] for name in worked)


def test_hidden_files_stay_hidden_under_every_name(contained: Sandbox, python: MakeBox, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the answer")
    attempts = f"""
import os, sys
s, d = {str(secret)!r}, sys.argv[1]
os.symlink(s, d + "/soft")
def hard(): os.link(s, d + "/hard")
for attempt in (
    lambda: open(s), hard, lambda: open(d + "/soft"), lambda: open("/proc/self/root" + s),
    lambda: os.rename(s, d + "/moved"), lambda: os.listdir({str(tmp_path)!r})[3], lambda: open("/etc/shadow"),
    lambda: open("../secret"), lambda: open(f"/proc/{os.getpid()}/root" + s), lambda: open("/dev/mem"),
):
    try: attempt()
    except (OSError, IndexError): pass
    else: print("got through")
print("done")
"""
    assert contained.run(python(attempts)).output == b"done\n"
    assert secret.read_text() == "the answer"


def test_a_hard_link_that_was_there_before_is_read_only(
    contained: Sandbox, python: MakeBox, tree: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    kept.write_text("kept")
    os.link(kept, tree / "linked")
    assert contained.run(python("open('linked', 'w')")).code == 1
    assert kept.read_text() == "kept"


def test_metadata_outside_cannot_be_changed(contained: Sandbox, python: MakeBox, tree: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("kept")
    before = outside.stat(), (tree / "tracked").stat(), tree.stat()
    code = f"""
import os
for path in ({str(outside)!r}, "tracked", "."):
    for change in (
        lambda: os.chmod(path, 0o600), lambda: os.utime(path, (1, 1)), lambda: os.setxattr(path, "user.a", b"b"),
        lambda: os.chown(path, os.getuid(), os.getgid()), lambda: os.fchmod(os.open(path, os.O_RDONLY), 0o640),
    ):
        try: change()
        except OSError: pass
"""
    assert contained.run(python(code)).code == 0
    assert (outside.stat(), (tree / "tracked").stat(), tree.stat()) == before
    assert not os.listxattr(outside)


def test_the_tree_is_writable_where_the_box_says_so(
    contained: Sandbox, python: MakeBox, tree: Path, scratch: Path
) -> None:
    code = "import os; open('new', 'w').write('x'); os.unlink('tracked'); os.rename('new', 'newer'); os.mkdir('d')"
    assert contained.run(python(code)).code == 1
    assert contained.run(python(code, write=(tree, scratch))).code == 0
    assert sorted(path.name for path in tree.iterdir()) == ["d", "newer"]


def test_no_network_of_any_kind(contained: Sandbox, python: MakeBox, tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.socket(socket.AF_UNIX) as local,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams,
    ):
        local.bind(str(tmp_path / "scratch/socket"))
        local.listen()
        datagrams.bind(("127.0.0.1", 0))
        datagrams.setblocking(False)
        code = f"""
import socket
def inet(): socket.create_connection(("127.0.0.1", {server.getsockname()[1]}), timeout=1)
def public(): socket.create_connection(("192.0.2.1", 80), timeout=1)
def udp(): socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", {datagrams.getsockname()[1]}))
def raw(): socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)
def packet(): socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
def vsock(): socket.socket(socket.AF_VSOCK)
for attempt in (inet, public, udp, raw, packet, vsock):
    try: attempt()
    except OSError: pass
    else: print(attempt.__name__)
a, b = socket.socketpair()
a.send(b"pairs work")
print(b.recv(99).decode())
"""
        said = contained.run(python(code)).output.decode().split("\n")
        assert said[-2] == "pairs work"
        assert set(said[:-2]) <= ({"udp"} if contained.name == "bubblewrap" else set())  # it went nowhere
        with pytest.raises(BlockingIOError):
            datagrams.recv(1)


def test_a_granted_network_is_there(contained: Sandbox, python: MakeBox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = f"""
import socket
socket.create_connection(("127.0.0.1", {port}), timeout=5)
try: socket.socket(socket.AF_UNIX)
except PermissionError: print("no unix sockets")
"""
        end = contained.run(python(code, network=True))
    assert (end.code, end.output) == (0, b"no unix sockets\n")


def test_the_referee_cannot_be_signalled_slowed_or_read(contained: Sandbox, python: MakeBox) -> None:
    supervisor = "os.getppid()" if contained.name == "embedded" else str(os.getpid())
    code = f"""
import os
for pid in ({os.getpid()}, {os.getppid()}, {supervisor}):
    for attempt in (
        lambda: os.kill(pid, 0), lambda: os.kill(-pid, 0), lambda: open(f"/proc/{{pid}}/environ").read(1),
        lambda: open(f"/proc/{{pid}}/mem"), lambda: os.readlink(f"/proc/{{pid}}/fd/0"),
        lambda: os.sched_setaffinity(pid, {{0}}), lambda: os.setpriority(os.PRIO_PROCESS, pid, 5),
    ):
        try: attempt()
        except OSError: pass
        else: print("got through", pid)
try: os.setpriority(os.PRIO_USER, 0, 19)
except OSError: pass
"""
    before = os.getpriority(os.PRIO_PROCESS, 0)
    end = contained.run(python(code))
    assert (end.code, end.output) == (0, b"")
    assert os.getpriority(os.PRIO_PROCESS, 0) == before


def test_a_privileged_start_leaves_no_privileges(contained: Sandbox, box: MakeBox) -> None:
    said = contained.run(box("grep", "-E", "^(Cap|NoNewPrivs|Seccomp:)", "/proc/self/status")).output.decode()
    fields = dict(line.split(":\t") for line in said.splitlines())
    assert fields.pop("NoNewPrivs") == "1"
    assert fields.pop("Seccomp") == "2"
    assert set(fields.values()) == {"0" * 16}


def test_system_files_are_allowed_by_name(contained: Sandbox, box: MakeBox) -> None:
    assert contained.run(box("cat", "/etc/passwd", "/etc/nsswitch.conf")).code == 0
    assert contained.run(box("cat", "/etc/shadow")).code == 1
    assert contained.run(box("ls", "/etc/ssh")).code != 0


def test_a_box_has_a_private_tmp_only_with_namespaces(box: MakeBox, python: MakeBox) -> None:
    with tempfile.NamedTemporaryFile() as ours:
        for name in CONTAINED:
            end = backend(name).run(box("sh", "-c", f"test -e {ours.name}; cat {ours.name}; echo a > {ours.name}"))
            assert Path(ours.name).read_bytes() == b""
            assert (end.code == 0) == (name == "bubblewrap")


def test_shared_memory_and_locks_work_with_namespaces(python: MakeBox) -> None:
    code = "import multiprocessing as m; p = m.Pool(2); print(p.map(abs, [-1, -2])); p.close(); p.join()"
    end = backend("bubblewrap").run(python(code))
    assert (end.code, end.output) == (0, b"[1, 2]\n")


def test_memory_file_systems_are_capped(python: MakeBox) -> None:
    code = "open('/tmp/f', 'wb').write(b'x' * 2**23)"
    bubblewrap = backend("bubblewrap")
    assert bubblewrap.run(python(code)).code == 0
    end = bubblewrap.run(python(code, memory_bytes=2**22))
    assert end.limit == "memory" or b"No space left" in end.output
    assert bubblewrap.run(python("open('/f', 'wb')")).code == 1
    assert bubblewrap.run(python("open('/dev/f', 'wb')")).code == 1


@pytest.mark.parametrize("kind", [Embedded, Bubblewrap])
def test_a_box_may_not_show_what_is_hidden(kind: type[Embedded | Bubblewrap], box: MakeBox, tmp_path: Path) -> None:
    repository = tmp_path / "shown/repository"
    repository.mkdir(parents=True)
    backend(kind.name)
    with pytest.raises(SandboxError) as caught:
        kind(hide=(repository,)).run(box("true", read=(tmp_path / "shown",)))
    assert f"{repository} must stay hidden" in caught.value.message
    assert f"{tmp_path / 'shown'}, which" in caught.value.message
    assert kind(hide=(repository,)).run(box("true")).code == 0
    inside = repository / "tree"
    inside.mkdir()
    assert kind(hide=(repository,)).run(box("pwd", cwd=inside)).output == f"{inside}\n".encode()


@pytest.fixture
def below_usr() -> Iterator[Path]:
    """A directory with a file, below what every box may read."""
    try:
        with tempfile.TemporaryDirectory(dir="/usr/local/src") as path:
            (Path(path) / "answers").write_text("42")
            yield Path(path)
    except OSError as error:
        pytest.skip(f"nothing can be put below /usr: {error}")


def test_what_is_hidden_below_system_directories_is_masked_or_refused(box: MakeBox, below_usr: Path) -> None:
    backend("embedded")
    with pytest.raises(SandboxError, match="must stay hidden and lies in /usr"):
        Embedded(hide=(below_usr,)).run(box("true"))
    backend("bubblewrap")
    command = box("sh", "-c", f"ls -A {below_usr}; cat {below_usr}/answers; touch {below_usr}/new")
    assert b"42" in Bubblewrap().run(command).output
    masked = Bubblewrap(hide=(below_usr,)).run(command)
    assert b"42" not in masked.output
    assert b"Read-only file system" in masked.output
    file = below_usr / "answers"
    assert b"42" not in Bubblewrap(hide=(file,)).run(box("cat", str(file))).output


def test_the_inside_learns_no_outside_names(python: MakeBox, below_usr: Path, tmp_path: Path) -> None:
    code = "import glob; print([open(f, 'rb').read() for f in glob.glob('/proc/[0-9]*/cmdline')])"
    bubblewrap = Bubblewrap(hide=(below_usr,))
    backend("bubblewrap")
    assert str(below_usr).encode() not in bubblewrap.run(python(code)).output


def test_a_gpu_that_is_not_there_is_an_error(contained: Sandbox, box: MakeBox) -> None:
    if list(Path("/dev").glob("nvidia*")) or Path("/dev/dri").exists():
        pytest.skip("this machine has one")
    with pytest.raises(SandboxError, match="asks for a GPU"):
        contained.run(box("true", gpus=1))
