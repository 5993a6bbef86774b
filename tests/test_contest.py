from __future__ import annotations

import json
import math
import os
import sys
import textwrap

import numpy as np
import pytest

from autoresearch.contestant import (
    Answer,
    ContestantError,
    Function,
    IncumbentError,
    Late,
    Violation,
    chance,
    compare,
    judged,
    race,
    same,
)
from autoresearch.contestant.contest import echo
from door import Door

RESPOND = [sys.executable, "-m", "autoresearch.respond"]


@pytest.fixture
def seeded(monkeypatch):
    monkeypatch.setenv("AUTORESEARCH_SEED", "17")


@pytest.fixture
def sides(tmp_path, monkeypatch, seeded):
    """A function that opens a door to `f` as each side has it, given the bodies of both modules."""
    doors = []

    def open_door(ours, theirs=None, *, target="ours:f"):
        (tmp_path / "ours.py").write_text(textwrap.dedent(ours))
        (tmp_path / "theirs.py").write_text(textwrap.dedent(theirs or ours))
        other = [*RESPOND, target.replace("ours", "theirs")]
        door = Door([*RESPOND, *target.split()], incumbent=other, cwd=tmp_path).__enter__()
        doors.append(door)
        monkeypatch.setenv("AUTORESEARCH_DOOR", str(door.number))
        return door

    yield open_door
    for door in doors:
        door.__exit__(None, None, None)


def case(random):
    return [random.randrange(10**9)]


DOUBLE = "def f(n): return 2 * n"
SLOW = "import time\ndef f(n): time.sleep(0.01); return 2 * n"


def test_a_function_is_called_with_plain_data(sides):
    sides("def f(*a): return list(a)")
    with Function() as function:
        answer = function(1, "two", b"3", [4.0, None], {5: True}, np.arange(6))
    assert answer.value[:5] == [1, "two", b"3", [4.0, None], {5: True}]
    assert (answer.value[5] == np.arange(6)).all()
    assert 0 < answer.seconds < 30


@pytest.mark.parametrize(
    ("body", "raised"),
    [("raise KeyError(n)", "KeyError"), ("return {n}", "NotPlain"), ("return f(n)", "RecursionError")],
)
def test_what_it_raises_is_an_answer(sides, body, raised):
    sides(f"def f(n): {body}")
    with Function() as function:
        assert function(1).raised == raised
        assert function(1).raised == raised


def test_what_it_prints_or_reads_disturbs_nobody(sides):
    sides("import sys, os\ndef f(n): print('x' * 9); os.write(1, b'y'); return [n, sys.stdin.read()]\nprint('hello')")
    with Function() as function:
        assert function(3).value == [3, ""]
        assert function(4).value == [4, ""]


@pytest.mark.parametrize("ours", ["g = 1", "import nothing_of_this_name", "def f(", "import os; os._exit(0)"])
def test_what_cannot_start_is_the_candidates_fault(sides, ours):
    sides(ours)
    with pytest.raises(ContestantError, match="did not start.*ended"), Function():
        pass


def test_a_module_answers_by_name_and_a_program_by_its_output(sides, tmp_path):
    sides("def f(n): return n\ndef g(n): return -n", target="ours")
    with Function() as function:
        assert (function.named("f", 3).value, function.named("g", 3).value) == (3, -3)
        assert function.named("h", 3).raised == "AttributeError"
    sides("", target="--program tr a-z")
    with Function() as function:
        assert function(["A-Z"], b"hello").value == {"status": 0, "stdout": b"HELLO", "stderr": b""}


def test_nonsense_is_not_an_answer(sides, tmp_path):
    door = sides(DOUBLE)
    echo_back = (
        "import sys\nwhile h := sys.stdin.buffer.read(4):\n d = sys.stdin.buffer.read(int.from_bytes(h, 'little'))"
    )
    door.commands[b"s"] = [sys.executable, "-c", f"{echo_back}\n sys.stdout.buffer.write(h + d); sys.stdout.flush()"]
    with Function() as function, pytest.raises(ContestantError, match="nonsense"):
        function(1)


def test_a_race_gives_both_sides_their_time(sides):
    sides(DOUBLE, SLOW)
    found = race(case, calls=4, rounds=1, expect=lambda n: 2 * n)
    assert set(found) == {"seconds", "seconds@incumbent"}
    assert 0 < found["seconds"] < 0.01 <= found["seconds@incumbent"] < 1


def test_every_block_is_a_fresh_process_and_both_sides_get_the_same_fresh_cases(sides, tmp_path, monkeypatch):
    note = "import os\ndef f(n): open('asked', 'a').write(f'{__name__} {os.getpid()} {n}\\n')"
    sides(note)
    race(case, calls=3, rounds=2, metric="ms")
    blocks: dict[str, list[str]] = {}
    for name, pid, asked in (line.split() for line in (tmp_path / "asked").read_text().splitlines()):
        blocks.setdefault(f"{name} {pid}", []).append(asked)
    assert len(blocks) == 8
    assert len({tuple(asked) for asked in blocks.values()}) == 1
    names = [block.split()[0] for block in blocks]
    assert all(
        names[at : at + 4] in (["ours", "theirs", "theirs", "ours"], ["theirs", "ours", "ours", "theirs"])
        for at in (0, 4)
    )
    monkeypatch.setenv("AUTORESEARCH_SEED", "18")
    (tmp_path / "asked").unlink()
    race(case, calls=3, rounds=1)
    again = {line.split()[2] for line in (tmp_path / "asked").read_text().splitlines()}
    assert not again & {asked for block in blocks.values() for asked in block}


def test_two_sides_never_live_at_the_same_time(sides, tmp_path):
    alone = """
        import os, pathlib
        def alive(pid):
            try: return pathlib.Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
            except OSError: return False
        others = [int(p.name) for p in pathlib.Path(".").glob("[0-9]*") if alive(int(p.name))]
        pathlib.Path(str(os.getpid())).touch()
        def f(n): return len(others)
    """
    sides(alone)
    race(case, calls=1, rounds=2, expect=lambda n: 0)


@pytest.mark.parametrize(
    ("ours", "words"),
    [
        ("def f(n): return 2 * n + 1", "returned a value where another value was right"),
        ("def f(n): return 2.0 * n", "returned a value"),
        ("def f(n): raise ValueError", "raised ValueError where another value was right"),
        ("def f(n): return None", "returned a value"),
    ],
)
@pytest.mark.parametrize("expect", [None, lambda n: 2 * n])
def test_another_answer_is_a_violation_that_names_the_case_and_hides_it(sides, ours, words, expect):
    sides(ours, DOUBLE)
    with pytest.raises(Violation, match=rf"case 1 of 2 \(int\): it {words}") as caught:
        race(case, calls=2, rounds=1, expect=expect)
    asked = {str(case(chance("case", number))[0]) for number in range(2)}
    assert not any(number in str(caught.value) for number in asked)


def test_one_wrong_answer_in_a_thousand_is_found_where_it_is(sides):
    sides("def f(n): return n if n == 777 else 2 * n", DOUBLE)
    with pytest.raises(Violation, match="case 778 of 1000"):
        compare([[n] for n in range(1000)])


def test_answers_learned_in_one_process_are_gone_in_the_next(sides):
    sides("seen = {}\ndef f(n): return seen.setdefault('first', 2 * n)", DOUBLE)
    with pytest.raises(Violation):
        race(case, calls=2, rounds=1)


def test_a_hang_is_a_timeout_that_names_the_case(sides):
    sides("def f(text):\n while '{' in text: pass\n return text", "def f(text): return text")
    with pytest.raises(Late, match=r"case 3 of 4 \(str of 5\): .* more than 0.3 s"):
        compare([["a"], ["bb"], ["{{ x "], ["c"]], deadline=0.3)


def test_a_crash_is_told_from_an_exception(sides):
    sides("import os\ndef f(n): os._exit(0)", DOUBLE)
    with pytest.raises(ContestantError, match="case 1 of 1 .* ended before it answered") as caught:
        compare([[1]])
    assert caught.value.kind == "crash"


def test_the_same_exception_is_the_same_outcome(sides):
    sides("def f(n): raise ValueError('one text')", "def f(n): raise ValueError('another')")
    compare([[1], [2]])
    with pytest.raises(Violation, match="raised ValueError where KeyError was to be raised"):
        compare([[1]], expect=lambda n: {}[n])


def test_what_the_incumbent_cannot_answer_is_nobodys_fault(sides):
    sides(DOUBLE, "import os\ndef f(n): os._exit(1)")
    with pytest.raises(IncumbentError, match="the incumbent, case 1 of 1"):
        compare([[1]])
    with pytest.raises(IncumbentError):
        race(case, calls=1, rounds=1)


def test_a_time_below_the_bound_of_the_task_is_a_violation(sides):
    sides(DOUBLE, SLOW)
    with pytest.raises(Violation, match="the floor is 0.005 s"):
        race(case, calls=2, rounds=1, fastest=0.005)


def test_the_echo_is_faster_than_any_process_can_answer(sides):
    sides(DOUBLE)
    with Function() as function:
        times = [function(1).seconds for _ in range(200)]
    assert 0 < echo(64) < min(times)


def test_a_patched_clock_changes_nothing(sides):
    sides("import time\ntime.monotonic = time.perf_counter = lambda: 0.0\n" + SLOW.split("\n")[1], DOUBLE)
    found = race(case, calls=2, rounds=1)
    assert found["seconds"] >= 0.01


def test_agreement_is_by_type_and_to_the_last_bit_unless_told_otherwise():
    agree = [
        (1.5, 1.5),
        (math.nan, math.nan),
        ([1, "a"], [1, "a"]),
        ({"a": [1]}, {"a": [1]}),
        (b"x", b"x"),
        (None, None),
    ]
    assert all(same(Answer(one), Answer(other)) for one, other in agree)
    differ = [(1, 1.0), (True, 1), ([1], [1, 1]), ({"a": 1}, {"a": 2}), ("1", b"1"), (0.1, 0.1 + 1e-12), (None, 0)]
    assert not any(same(Answer(one), Answer(other)) for one, other in differ)
    assert same(Answer([0.1]), Answer([0.1 + 1e-12]), tolerance=1e-9)
    assert not same(Answer(math.inf), Answer(1e300), tolerance=0.5)
    array = np.array([1.0, math.nan])
    assert same(Answer(array), Answer(array.copy()))
    assert same(Answer(array * (1 + 1e-12)), Answer(array), tolerance=1e-9)
    assert not any(same(Answer(array), Answer(each)) for each in (array * 1.1, array[:1], array.astype("f4"), [1.0]))
    assert not same(Answer(raised="ValueError"), Answer())


@pytest.mark.parametrize(
    ("fault", "written"),
    [(Violation("v"), {"violation": "v"}), (Late("l"), {"timeout": "l"}), (ContestantError("c"), {"crash": "c"})],
)
def test_a_fault_is_written_as_what_it_is(tmp_path, monkeypatch, fault, written):
    monkeypatch.setenv("AUTORESEARCH_METRICS", str(tmp_path / "m.json"))
    with judged() as metrics:
        metrics["seconds"] = 1.0
        raise fault
    assert json.loads((tmp_path / "m.json").read_text()) == written


def test_only_finite_numbers_are_written(tmp_path, monkeypatch):
    monkeypatch.setenv("AUTORESEARCH_METRICS", str(tmp_path / "m.json"))
    for value in (math.nan, math.inf, -math.inf):
        with pytest.raises(ValueError, match="finite"), judged() as metrics:
            metrics["seconds"] = value
    with pytest.raises(IncumbentError), judged():
        raise IncumbentError
    assert not (tmp_path / "m.json").exists()
    with judged() as metrics:
        metrics["seconds"] = 2
    assert json.loads((tmp_path / "m.json").read_text()) == {"seconds": 2}


def test_chance_follows_from_the_seed_and_the_purpose(seeded, monkeypatch):
    first = chance("case", 1).random()
    assert chance("case", 1).random() == first
    assert chance("case", 2).random() != first
    monkeypatch.setitem(os.environ, "AUTORESEARCH_SEED", "18")
    assert chance("case", 1).random() != first
