"""The system calls a box refuses, as a classic BPF program for seccomp(2)."""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from collections.abc import Iterable

from autoresearch.errors import SandboxError
from autoresearch.sandboxes.calls import CALLS, MACHINES
from autoresearch.sandboxes.linux import prctl

PR_SET_SECCOMP = 22
MODE_FILTER = 2

KILL, ERRNO, ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
LOAD, EQUAL, AT_LEAST, ANY_BIT, MASK, RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
NUMBER_AT, ARCHITECTURE_AT, ARGUMENTS_AT = 0, 4, 16
"""Offsets into struct seccomp_data (linux/seccomp.h)."""

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
X32_CALLS = 0x40000000

AF_UNIX, AF_INET, AF_INET6, AF_NETLINK = 1, 2, 10, 16
SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET = 1, 2, 5
SOCKET_TYPE = 0xF
ANY_PROTOCOL, TCP = 0, 6
"""Of a stream socket: 0 is TCP too. Landlock's rules on TCP do not see its relatives (MPTCP, SCTP)."""
MSG_FASTOPEN = 0x20000000
"""Sending with it connects, unseen by Landlock."""
NEW_NAMESPACES = 0x7E020000
"""CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET of linux/sched.h together."""
TERMINAL_INJECTION = (0x5412, 0x541C)
FILE_FLAGS = (0x40086602, 0x40046602, 0x401C5820, 0x40087602)
"""FS_IOC_SETFLAGS (two widths), FS_IOC_FSSETXATTR, FS_IOC_SETVERSION: for owners, on files open for reading only."""

NEVER = (
    *("acct", "add_key", "bpf", "chroot", "clock_settime", "delete_module", "fanotify_init", "finit_module"),
    *("fsconfig", "fsmount", "fsopen", "fspick", "init_module", "io_uring_enter", "io_uring_register"),
    *("io_uring_setup", "ioperm", "iopl", "kcmp", "kexec_file_load", "kexec_load", "keyctl", "memfd_secret"),
    *("migrate_pages", "modify_ldt", "mount", "mount_setattr", "move_mount", "move_pages", "open_by_handle_at"),
    *("open_tree", "open_tree_attr", "perf_event_open", "pidfd_getfd", "pivot_root", "process_madvise"),
    *("process_mrelease", "process_vm_readv", "process_vm_writev", "ptrace", "quotactl", "quotactl_fd", "reboot"),
    *("request_key", "setdomainname", "sethostname", "setns", "settimeofday", "swapoff", "swapon", "syslog"),
    *("umount2", "unshare", "uselib", "userfaultfd", "vhangup"),
)
"""Kernel surface no experiment needs."""

UNCOUNTED = ("shmget",)
"""Memory that stays taken while nobody has it mapped: no look at the processes finds it."""

LASTING = ("mq_open", "msgget", "semget")
"""What outlives a run where no IPC namespace dies with it."""

METADATA = (
    *("chmod", "chown", "fchmod", "fchmodat", "fchmodat2", "fchown", "fchownat", "file_setattr", "fremovexattr"),
    *("fsetxattr", "futimesat", "lchown", "lremovexattr", "lsetxattr", "removexattr", "removexattrat", "setxattr"),
    *("setxattrat", "utime", "utimensat", "utimes"),
)
"""What Landlock lets an owner do to files it may not even open."""

OF_SOMEONE = ("prlimit64", "sched_setaffinity", "sched_setattr", "sched_setparam", "sched_setscheduler")
"""Calls on the process named by the first argument, 0 being the caller; Landlock does not look at them."""
OF_SOME_KIND = ("ioprio_set", "setpriority")
"""The same by the second argument, the first saying what it numbers: below 2 a process or its group, not a user."""

SERVING = ("accept", "accept4", "bind", "listen")

Code = list[tuple[int, int, int, int]]
"""Instructions: code, jump if true, jump if false, operand."""


def _refuse(number: int = errno.EPERM) -> Code:
    """Answer with errno `number`; 0 pretends success."""
    return [(RETURN, 0, 0, ERRNO | number)]


def _argument(index: int) -> Code:
    """Load the low half of an argument; both machines are little-endian."""
    return [(LOAD, 0, 0, ARGUMENTS_AT + 8 * index)]


def _only(values: Iterable[int], otherwise: Code) -> Code:
    """Allow when what is loaded is one of `values`, else run `otherwise`."""
    code: Code = []
    for value in values:
        code += [(EQUAL, 0, 1, value), (RETURN, 0, 0, ALLOW)]
    return code + otherwise


def _except(values: Iterable[int], refusal: Code) -> Code:
    """Refuse when what is loaded is one of `values`, else allow."""
    code: Code = []
    for value in values:
        code += [(EQUAL, 0, len(refusal), value), *refusal]
    return [*code, (RETURN, 0, 0, ALLOW)]


def _demand(index: int, values: tuple[int, ...], *, mask: int = 0xFFFFFFFF) -> Code:
    """Refuse when an argument, as far as `mask` goes, is none of `values`; else go on."""
    code: Code = [*_argument(index), (MASK, 0, 0, mask)]
    code += [(EQUAL, len(values) - place, 0, value) for place, value in enumerate(values)]
    return code + _refuse()


def _unless(index: int, bits: int) -> Code:
    """Refuse when an argument has any of `bits` set; else go on."""
    return [*_argument(index), (ANY_BIT, 0, 1, bits), *_refuse()]


class _Program:
    """A filter in the making. Every rule begins with the call's number loaded, and returns."""

    def __init__(self, machine: str) -> None:
        self._column = MACHINES.index(machine)
        self.code: Code = [(LOAD, 0, 0, ARCHITECTURE_AT), (EQUAL, 1, 0, ARCHITECTURES[machine]), (RETURN, 0, 0, KILL)]
        self.code.append((LOAD, 0, 0, NUMBER_AT))
        if machine == "x86_64":
            self.code += [(AT_LEAST, 0, 1, X32_CALLS), (RETURN, 0, 0, KILL)]

    def on(self, names: Iterable[str], rule: Code) -> None:
        """Apply `rule` to the calls of this machine among `names`. An earlier rule for the same call wins."""
        for name in names:
            number = CALLS[name][self._column]
            if number is not None:
                self.code += [(EQUAL, 0, len(rule), number), *rule]

    def encoded(self) -> bytes:
        """The program as the array of struct sock_filter that the kernel reads."""
        return b"".join(struct.pack("=HBBI", *line) for line in [*self.code, (RETURN, 0, 0, ALLOW)])


def _null(index: int) -> Code:
    """Allow when an argument is a null pointer, both halves of it, else refuse."""
    low, high = ARGUMENTS_AT + 8 * index, ARGUMENTS_AT + 8 * index + 4
    return [
        (LOAD, 0, 0, low),
        (EQUAL, 0, 3, 0),
        (LOAD, 0, 0, high),
        (EQUAL, 0, 1, 0),
        (RETURN, 0, 0, ALLOW),
        *_refuse(),
    ]


def _restrict_sockets(program: _Program, families: tuple[int, ...]) -> None:
    """Sockets of `families` only; without any, only pairs already connected, for a datagram can be sent anywhere."""
    if families:
        program.on(["socket"], [*_argument(0), *_only(families, _refuse())])
        return
    program.on(["socket", "connect"], _refuse())
    _no_strangers(program)


def _no_strangers(program: _Program) -> None:
    """Nobody connects to the box, and nothing is sent but along a connection."""
    program.on(SERVING, _refuse())
    pairs = [*_argument(1), (MASK, 0, 0, SOCKET_TYPE), *_only((SOCK_STREAM, SOCK_SEQPACKET), _refuse())]
    program.on(["socketpair"], pairs)
    program.on(["sendto"], [*_unless(3, MSG_FASTOPEN), *_null(4)])
    program.on(["sendmsg"], [*_unless(2, MSG_FASTOPEN), (RETURN, 0, 0, ALLOW)])
    program.on(["sendmmsg"], [*_unless(3, MSG_FASTOPEN), (RETURN, 0, 0, ALLOW)])


def _call_out(program: _Program) -> None:
    """Client sockets of TCP over IPv4 and nothing else: where they connect to, Landlock decides."""
    kinds = [*_demand(0, (AF_INET,)), *_demand(1, (SOCK_STREAM,), mask=SOCKET_TYPE), *_demand(2, (ANY_PROTOCOL, TCP))]
    program.on(["socket"], [*kinds, (RETURN, 0, 0, ALLOW)])
    _no_strangers(program)


def _keep_to_oneself(program: _Program) -> None:
    """Without namespaces: no reaching for other processes, others' metadata, or objects that outlast the run."""
    program.on(LASTING, _refuse())
    program.on(METADATA, _refuse(0))
    program.on(OF_SOMEONE, [*_argument(0), *_only((0,), _refuse())])
    program.on(OF_SOME_KIND, [*_argument(0), (AT_LEAST, 0, 1, 2), *_refuse(), *_argument(1), *_only((0,), _refuse())])


def program(
    *, families: tuple[int, ...], namespaced: bool, pinned: bool, calling: bool = False, machine: str | None = None
) -> bytes:
    """The filter of a box whose sockets may be of `families`, and which may not move from its cores if `pinned`.

    A `calling` box of no family has client sockets of TCP all the same, for its uplink.

    `namespaced` boxes see no process, file or IPC object but their own, so they need fewer refusals; elsewhere calls
    that change metadata only pretend to succeed. Foreign and x32 calls kill. Raises SandboxError on a machine whose
    call numbers are not known.
    """
    machine = machine or os.uname().machine
    if machine not in MACHINES:
        raise SandboxError(f"system call numbers of {machine} are not known", fix=f"use one of {', '.join(MACHINES)}")
    filter_ = _Program(machine)
    if pinned:
        filter_.on(["sched_setaffinity"], _refuse())
    filter_.on(NEVER + UNCOUNTED, _refuse())
    filter_.on(["clone3"], _refuse(errno.ENOSYS))
    filter_.on(["clone"], [*_argument(0), (ANY_BIT, 0, 1, NEW_NAMESPACES), *_refuse(), (RETURN, 0, 0, ALLOW)])
    filter_.on(["ioctl"], [*_argument(1), *_except(TERMINAL_INJECTION + FILE_FLAGS, _refuse())])
    if calling:
        _call_out(filter_)
    else:
        _restrict_sockets(filter_, families)
    if not namespaced:
        _keep_to_oneself(filter_)
    return filter_.encoded()


class _FilterProgram(ctypes.Structure):
    """struct sock_fprog (linux/filter.h)."""

    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))


def install(code: bytes) -> None:
    """Put us and all we start under the filter, for good, once new privileges are renounced. Raises OSError."""
    filter_ = _FilterProgram(len(code) // 8, code)
    prctl(PR_SET_SECCOMP, MODE_FILTER, ctypes.addressof(filter_))
