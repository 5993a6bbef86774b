"""What counts against a limit although nobody would call it memory, a process or a file at first sight."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from autoresearch import sandboxes
from autoresearch.protocols import Sandbox

from .boxes import MakeBox

MEBIBYTE = "import os, sys, time, threading\nos.chdir(sys.argv[1])\nMEBIBYTE = b'x' * 2**20\n"


def test_threads_count(contained: Sandbox, python: MakeBox) -> None:
    code = "threading.stack_size(65536)\nfor n in range(400): threading.Thread(target=time.sleep, args=(9,)).start()"
    assert contained.run(python(MEBIBYTE + code, processes=4)).limit == "processes"


def test_memory_in_files_without_a_name_counts(contained: Sandbox, python: MakeBox) -> None:
    code = "f = os.memfd_create('f')\nfor n in range(128): os.write(f, MEBIBYTE)\ntime.sleep(9)"
    end = contained.run(python(MEBIBYTE + code, memory_bytes=64 * 2**20))
    assert end.limit == "memory"
    assert end.peak_memory_bytes is not None
    assert end.peak_memory_bytes > 64 * 2**20


def test_memory_nobody_can_count_is_refused(contained: Sandbox, python: MakeBox) -> None:
    code = "import ctypes\nprint(ctypes.CDLL(None).shmget(0, 4096, 0o600))"
    assert contained.run(python(code)).output == b"-1\n"


def test_every_name_of_a_file_counts(contained: Sandbox, python: MakeBox) -> None:
    code = "open('f', 'w').close()\nfor n in range(2000): os.link('f', str(n))\ntime.sleep(19)"
    assert contained.run(python(MEBIBYTE + code, disk_bytes=2**20)).limit == "disk"


def test_a_full_folder_does_not_stop_the_clock(contained: Sandbox, python: MakeBox, scratch: Path) -> None:
    names = [f"n{number}".ljust(200, "x") for number in range(20_000)]
    (scratch / "file").touch()
    for name in names:
        os.link(scratch / "file", scratch / name)
    end = contained.run(python("import time; time.sleep(9)", seconds=0.3, disk_bytes=2**30))
    assert end.limit == "time"
    assert end.seconds < 4


def test_settings_of_the_machine_cannot_be_opened_for_writing(contained: Sandbox, python: MakeBox) -> None:
    code = """
import os
for folder, inner, names in os.walk("/proc/sys"):
    for name in names:
        try: os.close(os.open(os.path.join(folder, name), os.O_WRONLY))
        except OSError: pass
        else: print(name)
"""
    assert contained.run(python(code)).output == b""


def test_what_a_killed_probe_left_behind_goes_with_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as short:
        folder = Path(short)
        monkeypatch.setattr(tempfile, "tempdir", short)
        for name in ("old", "new"):
            (folder / f"autoresearch-probe-{name}" / "tree").mkdir(parents=True)
        os.utime(folder / "autoresearch-probe-old", (1, 1))
        sandboxes.make("none").probe()
        assert [path.name for path in folder.iterdir()] == ["autoresearch-probe-new"]


def test_a_long_temporary_directory_is_no_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / ("long" * 30)))
    assert sandboxes.make("none").probe()
