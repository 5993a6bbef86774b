"""Which hunks a change has, where they stand, and which of them belong together."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoresearch.changes import forms, hunks

BEFORE = b"""\
import math
LR = 0.1
WIDTH = 3  # wide

class Block:
    depth = 3
    def forward(self, x):
        return math.exp(x) * 2

@staticmethod
def train(data):
    return len(data)

def report(text):
    print(text)
"""


def parts(after: bytes, path: str = "train.py", before: bytes = BEFORE) -> list[tuple[str, ...]]:
    return [hunks.places(part) for part in hunks.parts(hunks.read(path, before, after))]


def edited(*pairs: tuple[bytes, bytes]) -> bytes:
    text = BEFORE
    for old, new in pairs:
        assert text.count(old) == 1
        text = text.replace(old, new)
    return text


def test_two_constants_are_two_changes_and_one_is_one() -> None:
    assert parts(edited((b"LR = 0.1", b"LR = 0.2"))) == [("train.py:LR",)]
    two = edited((b"LR = 0.1", b"LR = 0.2"), (b"WIDTH = 3", b"WIDTH = 4"))
    assert parts(two) == [("train.py:LR",), ("train.py:WIDTH",)]


def test_a_new_function_belongs_to_its_caller() -> None:
    after = edited((b"math.exp(x) * 2", b"scaled(x)"), (b"def report(", b"def scaled(x):\n    return x\n\ndef report("))
    assert parts(after) == [("train.py:Block.forward()", "train.py:scaled()")]


def test_a_new_import_belongs_to_its_user_and_a_known_one_ties_nothing() -> None:
    after = edited((b"import math", b"import math, zlib"), (b"len(data)", b"zlib.crc32(data)"))
    assert parts(after) == [("train.py:import", "train.py:train()")]
    after = edited((b"math.exp(x) * 2", b"math.tanh(x)"), (b"len(data)", b"math.sqrt(2)"))
    assert parts(after) == [("train.py:Block.forward()",), ("train.py:train()",)]


def test_what_every_language_has_ties_nothing() -> None:
    after = edited((b"return len(data)", b"return sum(data)"), (b"print(text)", b"print(sum(text))"))
    assert len(parts(after)) == 2


def test_comments_stand_nowhere_and_go_with_the_first() -> None:
    after = edited((b"# wide", b"# wider"), (b"len(data)", b"len(data) + 1"))
    found = hunks.read("train.py", BEFORE, after)
    assert [hunk.places for hunk in found] == [(), ("train()",)]
    assert len(hunks.parts(found)) == 1
    assert len(hunks.parts(hunks.read("train.py", BEFORE, edited((b"# wide", b"# wider"))))) == 1


def test_names_tie_files_together() -> None:
    one = hunks.read("a.py", b"X = 1\n", b"X = rate()\n")
    other = hunks.read("b.py", b"", b"def rate():\n    return 2\n")
    assert len(hunks.parts([*one, *other])) == 1
    assert len(hunks.parts([*one, *hunks.read("b.py", b"Y = 1\n", b"Y = 2\n")])) == 2


def test_other_languages_are_told_by_their_heads() -> None:
    c = b"int a;\nstatic int foo(int x)\n{\n  return x + 1;\n}\nvoid bar(void)\n{\n  a = 2;\n}\n"
    assert parts(c.replace(b"x + 1", b"x + 2").replace(b"a = 2", b"a = 3"), "a.c", c) == [
        ("a.c:foo()",),
        ("a.c:bar()",),
    ]
    toml = b"rate = 1\n[model]\nwidth = 2\n"
    assert parts(toml.replace(b"1", b"3").replace(b"2", b"4"), "a.toml", toml) == [("a.toml:rate",), ("a.toml:width",)]
    assert parts(b"def f(:\n  x = 2\n", "a.py", b"def f(:\n  x = 1\n") == [("a.py:f()",)]


def test_what_is_no_text_is_one_hunk_without_lines() -> None:
    (hunk,) = hunks.read("a.bin", b"\xff\x00", b"\xfe\x00")
    assert (hunk.path, hunk.old, hunk.new, hunk.places) == ("a.bin", (), (), ())
    assert hunks.places([hunk]) == ("a.bin",)


@pytest.mark.parametrize(
    "after",
    [
        b"x = 1\n" * 40_000,
        b"a\nb\n" * 60_000,
        b"word " * 50_000,
        b"".join(b"c%d = 1\n" % n for n in range(20_000)),
        b"(" * 50_000,
    ],
    ids=["alike", "alternating", "one line", "constants", "deep"],
)
def test_hostile_files_cost_little(after: bytes) -> None:
    began = time.process_time()
    before = after.replace(b"1", b"2").replace(b"a", b"c")[: len(after) // 2]
    found = hunks.read("a.py", before, after)
    hunks.parts(found)
    hunks.parts(hunks.read("a.txt", before, after))
    forms.of_file("a.py", after)
    assert hunks.applied(before, found) == after
    assert time.process_time() - began < 120


lines = st.lists(
    st.sampled_from(["a = 1\n", "b = 2\n", "def f():\n", "    return a\n", "# c\n", "\n", "x\n"]), max_size=12
)


@settings(max_examples=60)
@given(lines, lines)
def test_all_parts_together_make_the_change(before: list[str], after: list[str]) -> None:
    old, new = "".join(before).encode(), "".join(after).encode()
    found = hunks.read("a.py", old, new)
    assert hunks.applied(old, found) == new
    grouped = hunks.parts(found)
    assert sorted((hunk.start, hunk.new) for part in grouped for hunk in part) == sorted(
        (h.start, h.new) for h in found
    )
    ties = [{tie for hunk in part for tie in (*hunk.places, *hunk.names)} for part in grouped]
    assert all(not one & other for at, one in enumerate(ties) for other in ties[at + 1 :])


@pytest.mark.parametrize(
    ("path", "one", "other"),
    [
        ("a.yaml", b"run: |\n  # a\n  go\n", b"run: |\n  # b\n  go\n"),
        ("a.sh", b"cat <<E\n# a\nE\n", b"cat <<E\nE\n"),
        ("prompt.txt", b"a\n\nb\n", b"a\nb\n"),
        ("a.md", b"a  \nb\n", b"a\nb\n"),
        ("a.c", b"// \\\nint x;\n", b"int x;\n"),
        ("a.py", b'x = """\n\n"""\n#' + b"-" * forms.LARGEST, b'x = """\n"""\n#' + b"-" * forms.LARGEST),
    ],
)
def test_of_other_text_every_byte_counts(path: str, one: bytes, other: bytes) -> None:
    assert forms.of_file(path, one) != forms.of_file(path, other)


def test_a_form_is_the_code_without_its_looks() -> None:
    assert forms.of_file("a.py", b"x = 1e-3 # c\n\n") == forms.of_file("a.py", b"x=0.001\n")
    assert forms.of_file("a.py", b"x = 1\n") != forms.of_file("a.py", b"x = True\n")
    assert forms.of_file("a.py", b'def f():\n  "doc"\n') != forms.of_file("a.py", b'def f():\n  "other"\n')
    assert forms.of_file("a.py", b"def (\n") != forms.of_file("a.py", b"def  (\n")
    assert forms.of_file("a.py", b"# coding: latin-1\nx = '\xe9'\n") == forms.of_file("a.py", "x = 'é'\n".encode())
    assert forms.of_file("a.py", b"# coding: cp1251\nx = '\xe9'\n") != forms.of_file("a.py", "x = 'é'\n".encode())
    assert forms.of_tree([("a", "1"), ("b", "2")]) == forms.of_tree([("b", "2"), ("a", "1")]) != forms.of_base()
