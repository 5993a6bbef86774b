from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from autoresearch.contestant import INCUMBENT, Contestant, ContestantError, DoorError, Late, Violation
from door import Door, python

FRAMES = """
    import os, sys, time

    def read():
        return sys.stdin.buffer.read(int.from_bytes(sys.stdin.buffer.read(4), "little"))

    def write(answer):
        sys.stdout.buffer.write(len(answer).to_bytes(4, "little") + answer)
        sys.stdout.buffer.flush()
"""
ECHO = "while True: write(read())"


def ask(contestant, *, times, pause=0.0):
    for _ in range(times):
        time.sleep(pause)
        contestant.ask(b"?")


@pytest.fixture
def opened(tmp_path, monkeypatch):
    """A function that opens a door to a program, given its body."""
    doors = []

    def open_door(body):
        program = tmp_path / "contestant.py"
        program.write_text(textwrap.dedent(FRAMES) + textwrap.dedent(body))
        door = Door(python(program)).__enter__()
        doors.append(door)
        monkeypatch.setenv("AUTORESEARCH_DOOR", str(door.number))
        return door

    yield open_door
    for door in doors:
        door.__exit__(None, None, None)


@pytest.mark.parametrize("n_bytes", [0, 1, 3 * 2**20])
def test_a_frame_comes_back_whole(opened, n_bytes):
    opened(ECHO)
    question = os.urandom(n_bytes)
    with Contestant() as contestant:
        assert contestant.ask(question) == question
        assert contestant.ask(question[::-1]) == question[::-1]


def test_each_contestant_is_a_fresh_process_and_ends_the_one_before(opened):
    door = opened("while True: read(), write(str(os.getpid()).encode())")
    with Contestant() as contestant:
        first = contestant.ask(b"who?")
    with Contestant() as contestant:
        assert contestant.ask(b"who?") != first
    assert door.started[0].poll() is not None


def test_two_never_live_at_once(opened):
    opened(ECHO)
    with Contestant() as first, Contestant() as second:
        assert second.ask(b"here") == b"here"
        with pytest.raises(ContestantError, match="ended"):
            first.ask(b"and you?")


@pytest.mark.parametrize("body", ["", "read(); sys.exit(1)", "read(); sys.stdout.buffer.write(b'123')"])
def test_one_that_dies_is_named_so(opened, body):
    opened(body)
    with Contestant() as contestant, pytest.raises(ContestantError, match="ended before it answered"):
        contestant.ask(b"?")


@pytest.mark.parametrize(
    "body", ["time.sleep(60)", "read(); write(b''); read(); sys.stdout.buffer.write(b'1'); time.sleep(60)"]
)
def test_one_that_is_silent_is_given_up(opened, body):
    opened(body)
    start = time.monotonic()
    with Contestant(patience=0.4) as contestant, pytest.raises(ContestantError, match=r"waiting for more than 0.4 s"):
        ask(contestant, times=2)
    assert time.monotonic() - start < 50


def test_patience_is_for_all_answers_together(opened):
    opened("while True: time.sleep(0.2), write(read())")
    with Contestant(patience=1.0) as contestant, pytest.raises(ContestantError, match="waiting"):
        ask(contestant, times=6)


def test_each_answer_may_have_a_limit_of_its_own(opened):
    opened("read(); write(b'1'); read(); time.sleep(60)")
    with Contestant(patience=50.0) as contestant:
        contestant.ask(b"?", within=10.0)
        with pytest.raises(Late, match=r"more than 0.2 s"):
            contestant.ask(b"?", within=0.2)
    assert 0.2 <= contestant.waited < 5


@pytest.mark.parametrize(
    "body", ["write(b'7'); read(); time.sleep(60)", "read(); write(b'7'); write(b'7'); time.sleep(60)"]
)
def test_one_that_speaks_before_it_is_asked_breaks_a_rule(opened, body):
    opened(body)
    with Contestant(patience=20.0) as contestant, pytest.raises(Violation, match="before it was asked"):
        ask(contestant, times=2, pause=0.5)


def test_the_other_side_is_another_program(opened, tmp_path):
    door = opened("while True: read(), write(b'ours')")
    other = tmp_path / "other.py"
    other.write_text((tmp_path / "contestant.py").read_text().replace("ours", "theirs"))
    door.commands[b"i"] = python(other)
    with Contestant() as contestant:
        assert contestant.ask(b"?") == b"ours"
    with Contestant(INCUMBENT) as contestant:
        assert contestant.ask(b"?") == b"theirs"


def test_one_that_never_reads_is_given_up(opened):
    opened("time.sleep(60)")
    with Contestant(patience=0.4) as contestant, pytest.raises(ContestantError, match="waiting"):
        contestant.ask(bytes(2**23))


def test_an_answer_may_not_be_larger_than_agreed(opened):
    opened("read(); sys.stdout.buffer.write(b'\\xff' * 4); sys.stdout.flush(); time.sleep(60)")
    with (
        Contestant(largest=100) as contestant,
        pytest.raises(ContestantError, match="4294967295 bytes; the limit is 100"),
    ):
        contestant.ask(b"?")


def test_a_referee_that_refuses_is_not_the_candidates_fault(monkeypatch):
    with Door() as door:
        monkeypatch.setenv("AUTORESEARCH_DOOR", str(door.number))
        with pytest.raises(DoorError, match=r"\[contestant\]"), Contestant():
            pass


def test_without_a_door_it_says_who_opens_one(monkeypatch):
    monkeypatch.delenv("AUTORESEARCH_DOOR", raising=False)
    with pytest.raises(DoorError, match="runs under `autoresearch`"), Contestant():
        pass


def test_a_descriptor_that_is_no_socket_is_no_door(monkeypatch, tmp_path):
    with (tmp_path / "file").open("w") as file:
        monkeypatch.setenv("AUTORESEARCH_DOOR", str(file.fileno()))
        with pytest.raises(DoorError, match="Nobody answers"), Contestant():
            pass


def test_it_is_asked_inside_its_block():
    with pytest.raises(RuntimeError, match="with"):
        Contestant().ask(b"?")


def test_no_descriptor_is_left_open(opened):
    opened(ECHO)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        with Contestant() as contestant:
            contestant.ask(b"?")
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_it_brings_nothing_of_the_package_into_an_evaluator():
    code = "import autoresearch.contestant, sys; print(*sorted(m for m in sys.modules if m.startswith('autoresearch')))"
    seen = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    others = [name for name in seen if not name.startswith("autoresearch.contestant")]
    assert others == ["autoresearch", "autoresearch.plain"]
