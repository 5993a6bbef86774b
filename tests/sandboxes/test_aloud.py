"""What boxes print while they run: bounded, blanked, gone afterwards, and never in anybody's way."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from autoresearch.box import Box, Exit
from autoresearch.sandboxes.aloud import KEPT_BYTES, Aloud, Tail

from .boxes import MakeBox, backend


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "now.log"


@pytest.fixture
def aloud(path: Path) -> Aloud:
    return Aloud(backend("none"), Tail(path))


@contextmanager
def running(aloud: Aloud, box: Box) -> Iterator[list[Exit]]:
    """Within, `box` runs; how it ended stands in the list afterwards."""
    ended: list[Exit] = []
    thread = threading.Thread(target=lambda: ended.append(aloud.run(box)))
    thread.start()
    yield ended
    thread.join()


def text_of(path: Path, holds: Callable[[bytes], bool] = bool, seconds: float = 10.0) -> bytes:
    """The file, as soon as it is there and `holds`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if path.exists() and holds(found := path.read_bytes()):
            return found
        time.sleep(0.02)
    raise AssertionError("it never came to be")


def until(seen: Path) -> str:
    """A shell's words that wait until it has been seen."""
    return f"until [ -e {seen} ]; do sleep 0.02; done"


def test_the_newest_is_there_while_it_runs_and_gone_afterwards(
    aloud: Aloud, path: Path, box: MakeBox, scratch: Path
) -> None:
    seen = scratch / "seen"
    flood = f"head -c 1000000 /dev/zero | tr '\\0' '\\n'; echo the end; {until(seen)}"
    with running(aloud, box("sh", "-c", flood, aloud=True)) as ended:
        found = text_of(path, lambda text: b"the end" in text)
        seen.touch()
    assert len(found) == KEPT_BYTES
    assert found.endswith(b"\nthe end\n")
    assert ended[0].code == 0
    assert ended[0].output.endswith(b"the end\n"), "whoever runs the box still has it all"
    assert not path.exists()


def test_credentials_are_blanked_as_in_a_log(aloud: Aloud, path: Path, box: MakeBox, scratch: Path) -> None:
    seen = scratch / "seen"
    with running(aloud, box("sh", "-c", f"echo key hf_{'a' * 34} used; {until(seen)}", aloud=True)):
        assert text_of(path) == b"key [credential] used\n"
        seen.touch()


def test_what_is_not_to_be_watched_is_never_written(aloud: Aloud, path: Path, box: MakeBox) -> None:
    with running(aloud, box("sh", "-c", "echo sealed; exec sleep 1")) as ended:
        while not ended:
            assert not path.exists()
            time.sleep(0.02)
    assert ended[0].output == b"sealed\n"


def test_of_boxes_beside_each_other_the_last_takes_it_along(
    aloud: Aloud, path: Path, box: MakeBox, scratch: Path
) -> None:
    first, second = scratch / "first", scratch / "second"
    with running(aloud, box("sh", "-c", f"echo long; {until(first)}", aloud=True)):
        text_of(path)
        aloud.run(box("sh", "-c", "echo short", aloud=True))
        assert text_of(path, lambda text: b"short" in text) == b"long\nshort\n"
        first.touch()
    assert not path.exists()
    with running(aloud, box("sh", "-c", f"echo anew; {until(second)}", aloud=True)):
        assert text_of(path) == b"anew\n"
        second.touch()


def test_a_file_that_cannot_be_written_changes_nothing(tmp_path: Path, box: MakeBox) -> None:
    aloud = Aloud(backend("none"), Tail(tmp_path / "no such folder" / "now.log"))
    ended = aloud.run(box("sh", "-c", "echo heard; sleep 0.8; exit 3", aloud=True))
    assert (ended.code, ended.output) == (3, b"heard\n")
    assert list(tmp_path.glob("now*")) == []
