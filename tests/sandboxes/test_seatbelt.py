"""The macOS profile, as text: what it says can be checked anywhere, whether macOS obeys only there."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from autoresearch.box import Box
from autoresearch.errors import SandboxError
from autoresearch.sandboxes.seatbelt import Seatbelt, profile
from autoresearch.task import Limits


def test_it_denies_first_and_writes_only_where_told(tmp_path: Path) -> None:
    text = profile(Box(argv=("true",), cwd=tmp_path, limits=Limits(1), write=(tmp_path / "scratch",)))
    assert text.startswith("(version 1)\n(deny default)\n")
    writable = [line for line in text.splitlines() if "file-write*" in line]
    assert writable == [f'(allow file-read* file-write* (subpath "{tmp_path}/scratch"))']
    assert "network" not in text


def test_network_and_gpu_are_granted_by_the_limits(tmp_path: Path) -> None:
    text = profile(Box(argv=("true",), cwd=tmp_path, limits=Limits(1, network=True, gpus=1)))
    assert "network-outbound" in text
    assert "iokit-open" in text


def test_paths_cannot_break_out_of_their_quotes(tmp_path: Path) -> None:
    hostile = tmp_path / 'a") (allow default) ("'
    assert '(subpath "' + str(tmp_path) + '/a\\") (allow default) (\\"")' in profile(
        Box(argv=("true",), cwd=hostile, limits=Limits(1))
    )


def test_a_machine_without_it_says_so(tmp_path: Path) -> None:
    if shutil.which("sandbox-exec"):
        pytest.skip("this machine has it")
    with pytest.raises(SandboxError, match="no sandbox-exec"):
        Seatbelt().run(Box(argv=("true",), cwd=tmp_path, limits=Limits(1)))
