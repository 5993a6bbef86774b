"""Trusted helpers: what comes back, and what is said when it does not."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import pytest

from autoresearch import proc


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_output_is_stdout_as_bytes(tmp_path: Path) -> None:
    code = "import os,sys; sys.stderr.write('noise'); os.write(1, os.getcwdb() + b'\\xff' + os.environb[b'A'])"
    assert proc.output(python(code), cwd=tmp_path, env={"A": "b"}) == bytes(tmp_path) + b"\xffb"


def test_input_is_fed_and_absent_input_is_empty() -> None:
    echo = python("import sys; sys.stdout.buffer.write(sys.stdin.buffer.read())")
    big = bytes(range(256)) * 4096
    assert proc.output(echo, input=big) == big
    assert proc.output(echo) == b""


def test_failure_names_the_command_its_status_and_its_words() -> None:
    with pytest.raises(proc.CommandError) as caught:
        proc.output(python("import sys; sys.exit('no such branch')"))
    assert caught.value.code == 1
    assert caught.value.stderr == b"no such branch\n"
    assert "ended with status 1: no such branch" in str(caught.value)
    assert sys.executable in caught.value.fix
    with pytest.raises(proc.CommandError, match="ended with status 3: on stdout$"):
        proc.output(python("print('on stdout'); raise SystemExit(3)"))


def test_missing_program_is_the_same_error() -> None:
    with pytest.raises(proc.CommandError, match="no-such-program-anywhere") as caught:
        proc.output(["no-such-program-anywhere", "x"])
    assert caught.value.code is None


def test_timeout_kills_the_group(tmp_path: Path) -> None:
    beat = tmp_path / "beat"
    child = f"import time\nwhile True: open({str(beat)!r}, 'a').write('x'); time.sleep(.01)"
    parent = f"import subprocess,sys; subprocess.run([sys.executable, '-c', {child!r}])"
    with pytest.raises(proc.CommandError, match=r"no end after 0\.5 s"):
        proc.output(python(parent), timeout=0.5)
    time.sleep(0.05)
    size = beat.stat().st_size
    time.sleep(0.1)
    assert size > 0
    assert beat.stat().st_size == size


def test_many_threads_get_their_own_answers() -> None:
    answers: dict[int, bytes] = {}

    def ask(number: int) -> None:
        answers[number] = proc.output(["/bin/echo", str(number)])

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {number: b"%d\n" % number for number in range(24)}
