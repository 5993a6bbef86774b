"""The canary: runs inside a box, tries everything a box must stop, and prints which properties it broke.

A bare interpreter gets it as text, so it imports nothing of ours. Its argument is the plan: what to try, and on whom.
An attack works when it runs through without an error; what cannot be told from inside is looked at from outside.
"""

import ctypes
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

Attack = tuple[Any, ...]
"""A function and its arguments. It works unless it raises OSError or returns False."""

PTRACE_ATTACH = 16
RLIMIT_NOFILE = 7
CLONE_NEWUSER = 0x10000000
FS_IOC_SETFLAGS, FS_NODUMP_FL = 0x40086602, b"\x40\0\0\0\0\0\0\0"
SESSION_KEYRING = -3
MPTCP = 262
"""A relative of TCP that answers wherever TCP does."""


def works(attack: Attack) -> bool:
    """Whether `attack` ran through."""
    function, *arguments = attack
    try:
        return function(*arguments) is not False
    except OSError:
        return False


def connect(family: int, address: Any, protocol: int = 0) -> None:
    """Reach a listening socket."""
    with socket.socket(family, socket.SOCK_STREAM, protocol) as client:
        client.settimeout(0.5)
        client.connect(address)


def send_from_pair(address: str) -> None:
    """Send to anyone from a socket that was born connected."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with ours, theirs:
        ours.sendto(b"canary", address)


def send_datagram(port: int) -> None:
    """Send where no answer is expected: only the other end knows whether it arrived."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(b"canary", ("127.0.0.1", port))


def read(path: str) -> bool:
    """Read a file, or list a directory; an empty one gave nothing away."""
    if os.path.isdir(path):
        return bool(os.listdir(path))
    with open(path, "rb") as file:
        return bool(file.read(1))


def read_through(link: Callable[[str, str], None], secret: str, scratch: str) -> bool:
    """Read a file by another name."""
    path = os.path.join(scratch, "link")
    try:
        link(secret, path)
        return read(path)
    finally:
        with suppress(OSError):
            os.unlink(path)


def append(path: str) -> None:
    """Add to a file."""
    with open(path, "ab") as file:
        file.write(b"canary")


def create(directory: str) -> None:
    """Make a file."""
    with open(os.path.join(directory, "canary"), "wb"):
        pass


def move(path: str, directory: str) -> None:
    """Take a file away."""
    os.rename(path, os.path.join(directory, "stolen"))


def flag(path: str) -> None:
    """Set an attribute of a file that is open for reading only."""
    import fcntl

    with open(path, "rb") as file:
        fcntl.ioctl(file, FS_IOC_SETFLAGS, FS_NODUMP_FL)


def kernel(number: int, *arguments: object) -> bool:
    """A system call Python has no name for."""
    library = ctypes.CDLL(None, use_errno=True)
    passed = [ctypes.c_long(argument) if isinstance(argument, int) else argument for argument in arguments]
    return int(library.syscall(ctypes.c_long(number), *passed)) >= 0


def trace(victim: int) -> bool:
    """Attach to a process as a debugger would."""
    return int(ctypes.CDLL(None).ptrace(PTRACE_ATTACH, victim, None, None)) == 0


def machine_settings() -> bool:
    """Open for writing what in /proc belongs to the machine. Nothing is written."""
    for folder, inner, files in os.walk("/proc"):
        if folder == "/proc":
            inner[:] = [name for name in inner if not name.isdigit() and not name.endswith("self")]
        for name in files:
            with suppress(OSError):
                os.close(os.open(os.path.join(folder, name), os.O_WRONLY | os.O_NONBLOCK))
                return True
    return False


def see(marker: str) -> bool:
    """Find `marker`, which our own command line spells backwards, in what any process was started with."""
    for name in filter(str.isdigit, os.listdir("/proc")):
        for what in ("cmdline", "environ"):
            with suppress(OSError), open(f"/proc/{name}/{what}", "rb") as file:
                if marker[::-1].encode() in file.read():
                    return True
    return False


def attacks(plan: dict[str, Any]) -> dict[str, list[Attack]]:
    """What is tried, by the property it would break."""
    secret, outside, scratch = plan["secret"], plan["outside"], plan["scratch"]
    tree = os.getcwd()
    tracked = os.path.join(tree, "tracked")
    tried = linux_attacks(plan, plan["calls"]) if plan["calls"] else {}
    more: dict[str, list[Attack]] = {
        "no_network": [
            (connect, socket.AF_INET, ("127.0.0.1", plan["port"])),
            (connect, socket.AF_UNIX, plan["socket"]),
            (send_from_pair, plan["mailbox"]),
        ],
        "hidden_files": [
            *((read, path) for path in plan["hide"]),
            (read, secret),
            (read_through, os.link, secret, scratch),
            (read_through, os.symlink, secret, scratch),
        ],
        "hidden_names": [(os.stat, secret)],
        "read_only_tree": [(append, tracked), (create, tree), (move, tracked, scratch), (os.unlink, tracked)],
        "no_outside_writes": [
            *((append, outside), (create, os.path.dirname(outside)), (os.truncate, outside, 0), (flag, tracked)),
            *((os.link, outside, os.path.join(scratch, "hard")), (move, outside, scratch), (os.unlink, outside)),
        ],
        "no_signals": [(os.kill, plan["victim"], signal.SIGTERM)],
    }
    for name, extra in more.items():
        tried[name] = tried.get(name, []) + extra
    return tried


def linux_attacks(plan: dict[str, Any], calls: dict[str, int]) -> dict[str, list[Attack]]:
    """What only Linux has."""
    secret, victim = plan["secret"], plan["victim"]
    room = ctypes.create_string_buffer(256)
    array = (ctypes.c_uint32 * 32)(2, 4, 4, 1)
    clock = (ctypes.c_uint32 * 32)(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x60)
    vector = (ctypes.c_uint64 * 2)(ctypes.addressof(room), 8)
    low = (ctypes.c_uint64 * 2)(16, 16)
    return {
        "no_network": [(connect, socket.AF_UNIX, "\0" + plan["abstract"]), (socket.socket, socket.AF_VSOCK)],
        "hidden_files": [(read, "/proc/self/root" + secret), (read, f"/proc/{victim}/root{secret}")],
        "no_outside_writes": [(machine_settings,)],
        "private_processes": [(see, plan["marker"])],
        "no_signals": [
            (trace, victim),
            (kernel, calls["process_vm_readv"], victim, vector, 1, vector, 1, 0),
            (kernel, calls["prlimit64"], victim, RLIMIT_NOFILE, low, None),
            (os.setpriority, os.PRIO_PROCESS, victim, 10),
            (os.sched_setaffinity, victim, os.sched_getaffinity(0)),
        ],
        "kernel_surface": [
            (kernel, calls["keyctl"], 0, SESSION_KEYRING, 0, 0, 0),
            (kernel, calls["io_uring_setup"], 4, room),
            (kernel, calls["bpf"], 0, array, 72),
            (kernel, calls["perf_event_open"], clock, 0, -1, -1, 0),
            (kernel, calls["userfaultfd"], 1),
            (kernel, calls["unshare"], CLONE_NEWUSER),
        ],
    }


def look(plan: dict[str, Any]) -> None:
    """Try everything; print which properties were broken, as far as can be told from inside."""
    create(plan["scratch"])
    if not read("tracked"):
        raise OSError("the tree is not readable")
    for path in (plan["outside"], os.path.abspath("tracked")):
        for change in (meddle_mode, meddle_time, meddle_attribute):
            works((change, path))
    works((send_datagram, plan["port"]))
    broken = {name: [works(attack) for attack in tried] for name, tried in attacks(plan).items()}
    print(json.dumps(broken))


def uplink(plan: dict[str, Any]) -> None:
    """Reach the endpoint, then whatever else there might be; print which of these worked."""
    port, other = plan["endpoint"], plan["port"]
    connect(socket.AF_INET, ("127.0.0.1", port))
    works((send_datagram, other))
    tried: list[Attack] = [
        (connect, socket.AF_INET, ("127.0.0.1", other)),
        (connect, socket.AF_INET, ("127.0.0.2", port)),
        (connect, socket.AF_INET, ("127.0.0.1", other), MPTCP),
        (connect, socket.AF_INET6, ("::ffff:127.0.0.1", other)),
        (connect, socket.AF_UNIX, plan["socket"]),
        (send_from_pair, plan["mailbox"]),
        *((open_fast, way, other) for way in ("sendto", "sendmsg")),
    ]
    if plan["calls"]:
        tried.append((connect, socket.AF_UNIX, "\0" + plan["abstract"]))
    print(json.dumps([works(attack) for attack in tried]))


def open_fast(way: str, port: int) -> None:
    """Connect by sending, which not everything that watches connections sees."""
    fast, address = getattr(socket, "MSG_FASTOPEN", 0), ("127.0.0.1", port)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as client:
        if way == "sendto":
            client.sendto(b"canary", fast, address)
        else:
            client.sendmsg([b"canary"], [], fast, address)


def meddle_mode(path: str) -> None:
    """Change who may read a file; a box may pretend that it worked, so the outside looks."""
    os.chmod(path, 0o777)


def meddle_time(path: str) -> None:
    """Change when a file was changed."""
    os.utime(path, (1, 1))


def meddle_attribute(path: str) -> None:
    """Change what else is known of a file."""
    if hasattr(os, "setxattr"):
        os.setxattr(path, "user.canary", b"was here")


def memory(plan: dict[str, Any]) -> None:
    """Hold ever more of it."""
    held = []
    for _ in range(plan["amount"]):
        held.append(b"x" * 2**20)
    time.sleep(plan["patience"])


def processes(plan: dict[str, Any]) -> None:
    """Start ever more of them."""
    for _ in range(plan["amount"]):
        if os.fork() == 0:
            time.sleep(plan["patience"])
            os._exit(0)
    time.sleep(plan["patience"])


def disk(plan: dict[str, Any]) -> None:
    """Write ever more files."""
    for number in range(plan["amount"]):
        with open(os.path.join(plan["scratch"], str(number)), "wb") as file:
            file.write(b"x" * 2**20)
    time.sleep(plan["patience"])


def linger(plan: dict[str, Any]) -> None:
    """Outlive the clock: as a daemon in a session of its own, and as a process that is always already its own child."""
    end = time.monotonic() + plan["patience"]
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            while time.monotonic() < end:
                append(os.path.join(plan["scratch"], "daemon"))
                time.sleep(0.005)
        os._exit(0)
    if os.fork() == 0:
        os.setsid()
        while time.monotonic() < end:
            append(os.path.join(plan["scratch"], "racer"))
            if os.fork():
                os._exit(0)
        os._exit(0)
    time.sleep(plan["patience"])


def main() -> None:
    """Carry out the plan."""
    plan = json.loads(sys.argv[1])
    modes = {"look": look, "uplink": uplink, "memory": memory, "processes": processes, "disk": disk, "linger": linger}
    modes[plan["mode"]](plan)


if __name__ == "__main__":
    main()
