"""The system call filter, run by an interpreter of ours: what the kernel would answer, on machines we lack too."""

from __future__ import annotations

import errno
import re
import struct
from pathlib import Path

import pytest

from autoresearch.errors import SandboxError
from autoresearch.sandboxes import seccomp
from autoresearch.sandboxes.calls import CALLS, MACHINES

ALLOWED, KILLED = "allowed", "killed"


def answer(code: bytes, number: int, *arguments: int, architecture: int) -> str | int:
    """What the filter says to one call: ALLOWED, KILLED or an errno. Classic BPF as in Linux's filter.rst."""
    padded = (*arguments, *(0,) * 6)[:6]
    data = struct.pack("=IIQ6Q", number, architecture, 0, *padded)
    lines = list(struct.iter_unpack("=HBBI", code))
    at = accumulator = 0
    while True:
        operation, true, false, operand = lines[at]
        at += 1
        if operation == seccomp.LOAD:
            (accumulator,) = struct.unpack_from("=I", data, operand)
        elif operation == seccomp.MASK:
            accumulator &= operand
        elif operation == seccomp.RETURN:
            break
        else:
            holds = {
                seccomp.EQUAL: accumulator == operand,
                seccomp.AT_LEAST: accumulator >= operand,
                seccomp.ANY_BIT: bool(accumulator & operand),
            }[operation]
            at += true if holds else false
    if operand == seccomp.ALLOW:
        return ALLOWED
    return KILLED if operand == seccomp.KILL else operand & 0xFFFF


class Filter:
    """A program and the machine it is for."""

    def __init__(self, machine: str, *, families: tuple[int, ...] = (), namespaced: bool = False, pinned: bool = False):
        self.machine = machine
        self.code = seccomp.program(families=families, namespaced=namespaced, pinned=pinned, machine=machine)

    def __call__(self, name: str, *arguments: int) -> str | int:
        number = CALLS[name][MACHINES.index(self.machine)]
        if number is None:
            pytest.skip(f"{self.machine} has no {name}")
        return answer(self.code, number, *arguments, architecture=seccomp.ARCHITECTURES[self.machine])


@pytest.fixture(params=MACHINES)
def machine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_numbers_are_the_kernels(machine: str) -> None:
    header = {"x86_64": "x86_64-linux-gnu/asm/unistd_64.h", "aarch64": "asm-generic/unistd.h"}[machine]
    path = Path("/usr/include") / header
    if not path.exists():
        pytest.skip(f"no {path}")
    known = {name: int(number) for name, number in re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", path.read_text())}
    ours = {name: numbers[MACHINES.index(machine)] for name, numbers in CALLS.items()}
    assert {name: number for name, number in ours.items() if name in known} == {
        name: known[name] for name in ours if name in known
    }
    newer = {"fchmodat2", "file_setattr", "open_tree_attr", "removexattrat", "setxattrat"}
    assert {name for name, number in ours.items() if number is not None} - set(known) <= newer


def test_every_refused_call_is_refused(machine: str) -> None:
    for namespaced in (True, False):
        filter_ = Filter(machine, namespaced=namespaced)
        for name in seccomp.NEVER:
            if CALLS[name][MACHINES.index(machine)] is not None:
                assert filter_(name) == errno.EPERM, name


def test_ordinary_calls_are_allowed(machine: str) -> None:
    code = Filter(machine).code
    architecture = seccomp.ARCHITECTURES[machine]
    refused = {numbers[MACHINES.index(machine)] for numbers in CALLS.values()}
    for number in set(range(460)) - refused:
        assert answer(code, number, architecture=architecture) == ALLOWED


def test_other_architectures_are_killed(machine: str) -> None:
    code = Filter(machine).code
    assert answer(code, 1, architecture=0x40000003) == KILLED


def test_x32_calls_are_killed() -> None:
    code = Filter("x86_64").code
    assert answer(code, 0x40000000 | 1, architecture=seccomp.ARCHITECTURES["x86_64"]) == KILLED


def test_threads_but_no_namespaces(machine: str) -> None:
    filter_ = Filter(machine)
    assert filter_("clone", 0x3D0F00) == ALLOWED
    assert filter_("clone", 0x10000000 | 17) == errno.EPERM
    assert filter_("clone3") == errno.ENOSYS


def test_without_families_only_connected_pairs_exist(machine: str) -> None:
    filter_ = Filter(machine)
    assert filter_("socket", seccomp.AF_UNIX, seccomp.SOCK_STREAM) == errno.EPERM
    assert filter_("socketpair", seccomp.AF_UNIX, seccomp.SOCK_STREAM | 0o2000000) == ALLOWED
    assert filter_("socketpair", seccomp.AF_UNIX, seccomp.SOCK_DGRAM) == errno.EPERM
    assert filter_("sendto", 3, 0, 0, 0, 0) == ALLOWED
    assert filter_("sendto", 3, 0, 0, 0, 0x7FFF_0000) == errno.EPERM
    assert filter_("sendto", 3, 0, 0, 0, 0x7FFF_0000_0000) == errno.EPERM
    assert filter_("connect") == errno.EPERM


def test_families_are_allowed_by_name(machine: str) -> None:
    filter_ = Filter(machine, families=(seccomp.AF_INET, seccomp.AF_INET6))
    assert filter_("socket", seccomp.AF_INET6) == ALLOWED
    assert filter_("socket", seccomp.AF_UNIX) == errno.EPERM
    assert filter_("connect") == ALLOWED


def test_metadata_calls_pretend_where_nothing_else_protects(machine: str) -> None:
    for name in seccomp.METADATA:
        if CALLS[name][MACHINES.index(machine)] is not None:
            assert Filter(machine)(name) == 0
            assert Filter(machine, namespaced=True)(name) == ALLOWED


def test_only_ones_own_limits_priorities_and_cores(machine: str) -> None:
    filter_ = Filter(machine)
    assert filter_("prlimit64", 0) == ALLOWED
    assert filter_("prlimit64", 77) == errno.EPERM
    assert filter_("setpriority", 0, 0) == ALLOWED
    assert filter_("setpriority", 0, 77) == errno.EPERM
    assert filter_("setpriority", 2, 0) == errno.EPERM
    assert filter_("sched_setaffinity", 0) == ALLOWED
    assert Filter(machine, pinned=True)("sched_setaffinity", 0) == errno.EPERM
    assert Filter(machine, pinned=True, namespaced=True)("sched_setaffinity", 0) == errno.EPERM


def test_ioctls_that_inject_or_flag_are_refused(machine: str) -> None:
    filter_ = Filter(machine)
    assert filter_("ioctl", 0, 0x5401) == ALLOWED
    assert {filter_("ioctl", 0, request) for request in seccomp.TERMINAL_INJECTION} == {errno.EPERM}
    assert {filter_("ioctl", 0, request) for request in seccomp.FILE_FLAGS} == {errno.EPERM}


def test_a_machine_without_a_table_gets_no_filter() -> None:
    with pytest.raises(SandboxError, match="riscv64"):
        seccomp.program(families=(), namespaced=True, pinned=False, machine="riscv64")
