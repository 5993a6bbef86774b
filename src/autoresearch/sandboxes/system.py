"""What of the machine every box may see, and what no box may."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from autoresearch.box import Box
from autoresearch.errors import SandboxError

PROGRAMS = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
ETC = (
    *("alternatives", "fonts", "group", "hosts", "ld.so.cache", "localtime", "mime.types", "nsswitch.conf"),
    *("os-release", "passwd", "python3"),
)
"""By name, so that a secret somebody keeps in /etc is never among them."""
ETC_NETWORK = (
    *("gai.conf", "host.conf", "pki/tls/certs", "protocols", "resolv.conf", "services", "ssl/certs"),
    "ssl/openssl.cnf",
)
HARDWARE = ("/sys/devices/system/cpu", "/sys/devices/system/node")
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
GPU_FILES = ("/sys", "/opt/rocm")
GPU_DEVICES = ("nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "nvidia[0-9]*", "kfd", "dri")
"""Below /dev. Written to NVIDIA's and AMD's documentation; the probe claims nothing about them."""


def existing(paths: Iterable[str]) -> list[str]:
    """Those of `paths` this machine has."""
    return [path for path in paths if Path(path).exists()]


def readable(box: Box) -> list[str]:
    """The system's own programs, libraries and settings, as far as this machine has them."""
    etc = ETC + ETC_NETWORK if box.limits.network or box.uplink else ETC
    gpu = GPU_FILES if box.limits.gpus else ()
    return existing([*PROGRAMS, *(f"/etc/{name}" for name in etc), *HARDWARE, *gpu])


def gpu_devices(box: Box) -> list[str]:
    """Device files of the machine's accelerators, for a box that may use them.

    Raises SandboxError when it may and there are none: computing on the CPU instead would be a silent lie.
    """
    if not box.limits.gpus:
        return []
    found = sorted(str(path) for name in GPU_DEVICES for path in Path("/dev").glob(name))
    if not found:
        raise SandboxError(
            "the task asks for a GPU and this machine shows none", fix="set gpus = 0 in autoresearch.toml"
        )
    return found


def _check_strings(box: Box) -> None:
    """Refuse what no command line or environment can hold, before it could end one of our own too early."""
    for text in (*box.argv, *box.env, *box.env.values()):
        if "\0" in text:
            raise SandboxError(f"{text!r} has a zero byte in it", fix="take it out of the command or its environment")
    for name in box.env:
        if not name or "=" in name:
            raise SandboxError(f"{name!r} is no name for an environment variable", fix="rename it")


def check(box: Box, hide: Iterable[Path], *, covered: Iterable[str]) -> None:
    """Refuse a box that names what is missing, or that could read a hidden path.

    `covered` are the paths the box reads besides its own. A path of the box *inside* a hidden one is meant: that is
    where its tree lies. Raises SandboxError naming both paths.
    """
    own = [box.cwd, *box.read, *box.write]
    for path in own:
        if not path.is_absolute() or not path.exists():
            raise SandboxError(f"{path} is to be seen in the box and does not exist", fix="create it, or leave it out")
    for path in box.read:
        if any(path != whole and path.is_relative_to(whole) for whole in box.write):
            raise SandboxError(
                f"{path} is to be read-only and lies in what the box may write", fix="move it out of there"
            )
    _check_strings(box)
    if box.uplink and box.limits.network:
        raise SandboxError("a box has either an uplink or the network, not both", fix="leave network = true out")
    for secret in map(Path.resolve, hide):
        for path in (*own, *map(Path, covered)):
            if secret.is_relative_to(path.resolve()):
                raise SandboxError(
                    f"{secret} must stay hidden and lies in {path}, which the box may read",
                    fix=f"move it out of {path}",
                )
