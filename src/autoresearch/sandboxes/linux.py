"""The few kernel calls Python does not wrap: process control and capabilities."""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress
from functools import cache

PR_SET_PDEATHSIG = 1
PR_CAPBSET_DROP = 24
PR_SET_SECUREBITS = 28
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_CLEAR_ALL = 4

SECUREBITS = 0b11101111
"""NOROOT, NO_SETUID_FIXUP and NO_CAP_AMBIENT_RAISE, each with its lock, and KEEP_CAPS locked off (capabilities(7))."""

CAPABILITY_VERSION_3 = 0x20080522


@cache
def libc() -> ctypes.CDLL:
    """The C library this process already runs on."""
    library = ctypes.CDLL(None, use_errno=True)
    library.syscall.restype = ctypes.c_long
    return library


def checked(result: int, what: str) -> int:
    """`result` of a C call, unless it reports failure. Raises OSError."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def syscall(number: int, *arguments: object) -> int:
    """syscall(2); plain integers travel as longs. Raises OSError."""
    passed = [ctypes.c_long(argument) if isinstance(argument, int) else argument for argument in arguments]
    return checked(libc().syscall(ctypes.c_long(number), *passed), f"system call {number}")


def prctl(option: int, *arguments: int) -> int:
    """prctl(2), unused arguments zero. Raises OSError."""
    padded = (*arguments, 0, 0, 0, 0)[:4]
    return checked(libc().prctl(option, *map(ctypes.c_ulong, padded)), f"prctl {option}")


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent dies."""
    prctl(PR_SET_CHILD_SUBREAPER, 1)


def renounce_new_privileges() -> None:
    """Give up, for good, what set-user-ID files could grant. Landlock and seccomp ask for it."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)


def die_with(parent: int, signal: int) -> None:
    """Be sent `signal` when `parent`, our parent, dies; at once if it already has."""
    prctl(PR_SET_PDEATHSIG, signal)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal)


def drop_privileges() -> None:
    """Give up every capability, now and across exec, and every supplementary group.

    User 0 keeps owning its files but is nobody special. What an unprivileged user may not drop it does not have.
    """
    with suppress(PermissionError):
        os.setgroups([])
    with suppress(OSError):  # EPERM without the right to drop; EINVAL past the last capability of this kernel
        for capability in range(64):
            prctl(PR_CAPBSET_DROP, capability)
    with suppress(OSError):
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
        prctl(PR_SET_SECUREBITS, SECUREBITS)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    checked(libc().capset(header, nothing), "capset")
