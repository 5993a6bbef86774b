"""The user's own programs and machine: where commands are found, what they stand on, what else keeps the cores busy."""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from autoresearch import proc
from autoresearch.task import Limits

_SYSTEM = tuple(Path(p) for p in ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/opt/homebrew"))
_KEPT = ("LANG", "LC_ALL", "LC_CTYPE", "TZ")
_THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)

_ASK = """
import json, os, sys
folders = [p for p in sys.path if os.path.basename(p) in ("site-packages", "dist-packages") and os.path.isdir(p)]
print(json.dumps({"version": sys.version.split()[0], "prefixes": sorted({sys.prefix, sys.base_prefix}),
                  "executable": sys.executable, "prefix": sys.prefix, "packages": folders}))
"""


@dataclass(frozen=True)
class Toolchain:
    """The programs of one repository's commands."""

    root: Path
    """The user's repository."""

    @cached_property
    def path(self) -> str:
        """PATH of every boxed command.

        An activated environment wins, then the repository's `.venv`, then the one autoresearch itself runs from.
        """
        inherited = os.environ.get("PATH", os.defpath)
        if os.environ.get("VIRTUAL_ENV") or os.environ.get("CONDA_PREFIX"):
            return inherited
        local = self.root / ".venv" / "bin"
        own = Path(sys.executable).parent
        first = local if (local / "python").exists() else own if sys.prefix != sys.base_prefix else None
        return f"{first}{os.pathsep}{inherited}" if first else inherited

    @cached_property
    def python(self) -> Mapping[str, object] | None:
        """What the `python` of `path` says of itself; None where there is none."""
        found = shutil.which("python", path=self.path) or shutil.which("python3", path=self.path)
        if found is None:
            return None
        try:
            said: dict[str, object] = json.loads(proc.output([found, "-I", "-c", _ASK], timeout=60))
        except (proc.CommandError, ValueError):
            return None
        return said

    @property
    def is_ours(self) -> bool:
        """Whether the commands' Python is that of the environment autoresearch runs from: they share their packages."""
        return self.python is not None and Path(str(self.python["prefix"])).resolve() == Path(sys.prefix).resolve()

    @cached_property
    def readable(self) -> tuple[Path, ...]:
        """Directories outside the system's own that commands need: PATH entries, interpreter prefixes."""
        wanted = [Path(entry) for entry in self.path.split(os.pathsep) if entry.startswith("/")]
        if self.python:
            prefixes = self.python["prefixes"]
            assert isinstance(prefixes, list)
            wanted += [Path(prefix) for prefix in prefixes]
        existing = dict.fromkeys(path.resolve() for path in wanted if path.is_dir())
        return tuple(path for path in existing if not any(path.is_relative_to(system) for system in _SYSTEM))

    def env(self, *, cores: int | None, home: Path) -> dict[str, str]:
        """The environment of a boxed command before the task's own additions: nothing secret, nothing inherited."""
        env = {**self.locale, "PATH": self.path, "HOME": str(home), "TMPDIR": str(home), "PYTHONDONTWRITEBYTECODE": "1"}
        env |= {"PYTHONUNBUFFERED": "1", "PYTHONNOUSERSITE": "1", "PYTHONHASHSEED": "0"}
        return env | (dict.fromkeys(_THREADS, str(cores)) if cores else {})

    def find(self, word: str) -> Path | None:
        """The program outside the repository that a word of a command names; None when it names none."""
        if "/" in word and not word.startswith("/"):
            return None
        found = shutil.which(word, path=self.path)
        return Path(found) if found else None

    @property
    def locale(self) -> dict[str, str]:
        """What boxed commands inherit of the language, the alphabet and the time zone."""
        return {name: os.environ[name] for name in _KEPT if name in os.environ}


def finding(commands: Path, env: Mapping[str, str]) -> dict[str, str]:
    """The variable of `env` that makes what lies in the folder `commands` found first, and by its name."""
    return {"PATH": os.pathsep.join((str(commands), env["PATH"]))}


def bounded(limits: Limits, folder: Path) -> Limits:
    """`limits` with a number for each that has none: what this machine can spare while `folder` is written to.

    Nine tenths of the memory, 512 processes or 8 a core, half of the free disk and no more than 64 GiB: a bomb ends
    as an experiment, not as the night.
    """
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return replace(
        limits,
        memory_bytes=limits.memory_bytes or memory * 9 // 10,
        processes=limits.processes or max(512, 8 * (os.cpu_count() or 1)),
        disk_bytes=limits.disk_bytes or min(64 * 2**30, shutil.disk_usage(folder).free // 2),
    )


def machine() -> dict[str, object]:
    """The hardware numbers depend on, for the epoch and every measurement."""
    model = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass  # not Linux, or not x86: the architecture must do
    return {
        "system": platform.system(),
        "architecture": platform.machine(),
        "processor": model,
        "cores": os.cpu_count() or 1,
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "gpus": _gpus(),
    }


def _gpus() -> list[str]:
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return []
    try:
        listed = proc.output([tool, "-L"], timeout=20)
    except proc.CommandError:
        return []
    return [line.split("(")[0].strip() for line in listed.decode("utf-8", "replace").splitlines() if line.strip()]


class LoadMeter:
    """How many cores others kept busy while something of ours ran. Linux only; elsewhere it tells None."""

    def __init__(self) -> None:
        self._began = self._busy(), time.monotonic(), time.process_time()

    def foreign(self, own_cpu_seconds: float | None) -> float | None:
        """Mean busy cores since construction, without this process and the `own_cpu_seconds` of what it ran."""
        busy, began, mine = self._began
        after = self._busy()
        seconds = time.monotonic() - began
        if busy is None or after is None or own_cpu_seconds is None or seconds < 0.05:
            return None
        return max(0.0, round((after - busy - own_cpu_seconds - (time.process_time() - mine)) / seconds, 3))

    @staticmethod
    def _busy() -> float | None:
        """CPU seconds all cores spent working since boot."""
        try:
            with Path("/proc/stat").open() as file:
                fields = [int(word) for word in file.readline().split()[1:9]]
        except (OSError, ValueError):
            return None
        user, nice, system, _idle, _iowait, irq, softirq, steal = fields
        return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")
