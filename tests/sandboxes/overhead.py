"""What one box costs: `python tests/sandboxes/overhead.py [runs]` times /bin/true, the backends taking turns."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from autoresearch import sandboxes
from autoresearch.box import Box
from autoresearch.task import Limits

MEGABYTE = 2**20


def main(runs: int) -> None:
    with tempfile.TemporaryDirectory() as directory:
        tree, scratch = (Path(directory) / name for name in ("tree", "scratch"))
        tree.mkdir()
        scratch.mkdir()
        limits = Limits(5, memory_bytes=1024 * MEGABYTE, processes=64, disk_bytes=1024 * MEGABYTE)
        box = Box(argv=("/bin/true",), cwd=tree, limits=limits, write=(scratch,))
        commands: dict[str, Callable[[], object]] = {"bare": lambda: subprocess.run(box.argv, check=True)}
        for name in ("none", "embedded", "bubblewrap"):
            commands[name] = partial(sandboxes.make(name).run, box)
            commands[name]()
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(runs):
            for name, command in commands.items():
                started = time.perf_counter()
                command()
                times[name].append(1000 * (time.perf_counter() - started))
    for name, taken in times.items():
        taken.sort()
        print(
            f"{name:11s} median {taken[runs // 2]:5.1f} ms  fastest {taken[0]:5.1f}  p90 {taken[9 * runs // 10]:5.1f}"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
