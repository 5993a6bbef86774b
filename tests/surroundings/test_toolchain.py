from __future__ import annotations

from pathlib import Path

from autoresearch.surroundings.toolchain import bounded
from autoresearch.task import Limits


def test_limits_the_task_gives_stay(tmp_path: Path) -> None:
    given = Limits(3, memory_bytes=2**20, processes=2, disk_bytes=2**20, network=True)
    assert bounded(given, tmp_path) == given


def test_what_the_task_does_not_limit_the_machine_does(tmp_path: Path) -> None:
    found = bounded(Limits(3, cores=1), tmp_path)
    total = int(Path("/proc/meminfo").read_text().split()[1]) * 1024
    assert found.memory_bytes is not None
    assert 0.85 * total < found.memory_bytes < 0.95 * total
    assert found.processes is not None
    assert found.processes >= 512
    assert found.disk_bytes is not None
    assert 0 < found.disk_bytes <= 64 * 2**30
    assert (found.seconds, found.cores) == (3, 1)
