"""Landlock: a process gives up files, TCP and signals outside its own domain, and cannot take them back.

Numbers and structures are those of linux/landlock.h; `abi` is what this kernel knows of them
(1: Linux 5.13, 2: 5.19, 3: 6.2, 4: 6.7, 5: 6.10, 6: 6.12).
"""

from __future__ import annotations

import os
import stat
import struct
from collections.abc import Iterable
from functools import cache

from autoresearch.sandboxes.linux import syscall

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
"""The same on every architecture."""
QUERY_VERSION = 1
RULE_PATH_BENEATH, RULE_NET_PORT = 1, 2

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
REMOVE, MAKE_CHAR, MAKE_ORDINARY, MAKE_BLOCK = 0b11 << 4, 1 << 6, 0b1111 << 7, 1 << 11
MAKE_SYM, REFER, TRUNCATE, IOCTL_DEV = 1 << 12, 1 << 13, 1 << 14, 1 << 15

READ = EXECUTE | READ_FILE | READ_DIR
WRITE = READ | WRITE_FILE | REMOVE | MAKE_ORDINARY | MAKE_SYM | REFER | TRUNCATE
DEVICE = READ_FILE | WRITE_FILE | IOCTL_DEV
OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
"""The rights a rule on something that is not a directory may name."""

TCP, CONNECT_TCP = 0b11, 0b10
ABI_OF_PORTS = 4
"""The first that knows TCP."""
SCOPE_ABSTRACT_SOCKETS, SCOPE_SIGNALS = 1, 2

FILE_RIGHTS_BY_ABI = (0, (1 << 13) - 1, (1 << 14) - 1, (1 << 15) - 1, (1 << 15) - 1, (1 << 16) - 1)


@cache
def abi() -> int:
    """The Landlock version of this kernel; 0 where there is none."""
    try:
        return syscall(CREATE_RULESET, None, 0, QUERY_VERSION)
    except OSError:
        return 0


def _create(files: int, tcp: int, scope: int) -> int:
    fields = struct.pack("=QQQ", files, tcp, scope)
    known = fields[: 8 if abi() < 4 else 16 if abi() < 6 else 24]
    return syscall(CREATE_RULESET, known, len(known), 0)


def _enter(ruleset: int) -> None:
    syscall(RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not stat.S_ISDIR(os.fstat(handle).st_mode):
            rights &= OF_FILES
        syscall(ADD_RULE, ruleset, RULE_PATH_BENEATH, struct.pack("=Qi", rights, handle), 0)
    finally:
        os.close(handle)


def enclose_signals() -> bool:
    """Enter a domain whose members cannot signal anyone outside it; False where Landlock is too old (before 6)."""
    if abi() < 6:
        return False
    _enter(_create(0, 0, SCOPE_SIGNALS))
    return True


def _allow_port(ruleset: int, port: int) -> None:
    syscall(ADD_RULE, ruleset, RULE_NET_PORT, struct.pack("=QQ", CONNECT_TCP, port), 0)


def restrict(
    *, read: Iterable[str], write: Iterable[str], devices: Iterable[str], tcp: bool, port: int | None = None
) -> None:
    """Give up, for good, every file but these, signals and abstract sockets outside, and TCP if not `tcp`.

    Connections to `port`, of whatever address, stay possible. Raises OSError when a path is missing, or this kernel
    has no Landlock or one too old for `port`: nothing is skipped.
    """
    known = FILE_RIGHTS_BY_ABI[min(abi(), len(FILE_RIGHTS_BY_ABI) - 1)]
    scope = SCOPE_ABSTRACT_SOCKETS | SCOPE_SIGNALS if abi() >= 6 else 0
    ruleset = _create(known, TCP if abi() >= ABI_OF_PORTS and not tcp else 0, scope)
    for paths, rights in ((read, READ), (write, WRITE), (devices, DEVICE)):
        for path in paths:
            _allow(ruleset, path, rights & known)
    if port is not None:
        _allow_port(ruleset, port)
    _enter(ruleset)
