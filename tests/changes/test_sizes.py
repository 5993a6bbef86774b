"""How much a change grows the code, and what it is not fooled by."""

from __future__ import annotations

import pytest

from autoresearch.changes.sizes import LARGEST, Size, of_change


def python(before: str, after: str) -> Size:
    return of_change([("a.py", before.encode(), after.encode())])


@pytest.mark.parametrize(
    ("before", "after", "nodes", "touched"),
    [
        ("x = 1\n", "x = 2\n", 0, 2),
        ("x = 1\ny = 2\n", "x = 1\n", -3, 3),
        ("x = 1  # why\n\n\n", "x = 1\n", 0, 0),
        ('"""Long text."""\nx = 1\n', "x = 1\n", 0, 0),
        ("def f():\n    'Does it.'\n    return 1\n", "def f():\n    return 1\n", 0, 0),
        ("a = 1\nb = 2\n", "b = 2\na = 1\n", 0, 0),
        ("x = (1)\n", "x = 1\n", 0, 0),
    ],
)
def test_nodes_of_python(before: str, after: str, nodes: int, touched: int) -> None:
    assert python(before, after) == Size(nodes, touched, "nodes")


def test_code_does_not_get_small_by_hiding_in_a_string() -> None:
    code = "total = 0\nfor i in range(10):\n    total += i * i\nprint(total)\n"
    size = python(code, f"exec({code!r})\n")
    assert size.nodes is not None
    assert size.nodes >= 0


@pytest.mark.parametrize(
    "bomb",
    ["1" + "+1" * 100_000, "(" * 5000, "-" * 100_000 + "1", "x = '\\d'\n", "a\0b", "é = 1\n", "[" * 99 + "]" * 99],
)
def test_hostile_files_are_counted_one_way_or_another(bomb: str) -> None:
    assert python("x = 1\n", bomb).counted in ("nodes", "tokens")


def test_what_is_no_python_on_one_side_is_text_on_both() -> None:
    assert python("x = 1\n", "x = = 1\n") == Size(1, 1, "tokens")


def test_other_languages_are_counted_in_tokens_and_say_so() -> None:
    files = [("a.c", b"int x = 3;", b""), ("b.py", b"", b"x = 1\n")]
    assert of_change(files) == Size(-2, 8, "nodes and tokens")


def test_a_huge_python_file_is_counted_in_tokens() -> None:
    assert python("", "x = 1\n" * (LARGEST // 6 + 1)).counted == "tokens"


def test_what_is_not_text_has_no_size_rather_than_none() -> None:
    assert of_change([("w.bin", b"\xff\xfe", b""), ("a.py", b"x = 1", b"")]) == Size(None, None, "")
