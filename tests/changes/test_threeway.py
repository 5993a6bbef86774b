"""Merging by hand: what goes together, what does not."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch.changes.threeway import LARGEST, merged

BASE = b"a\nb\nc\n"


@pytest.mark.parametrize(
    ("ours", "base", "theirs", "expected"),
    [
        (b"a\nb\nc\nd\n", BASE, b"a\nb\n", b"a\nb\nd\n"),
        (b"A\nb\nc\n", BASE, b"a\nB\nc\n", b"A\nB\nc\n"),
        (b"x = 1, y = 3\n", b"x = 1, y = 2\n", b"x = 0, y = 2\n", b"x = 0, y = 3\n"),
        (b"", BASE, BASE, b""),
        (b"a\nX\nc\n", BASE, b"a\nX\nc\n", b"a\nX\nc\n"),
        (b"a\nX\nc\n", BASE, b"a\nY\nc\n", None),
        (BASE + b"d\n", BASE, BASE + b"e\n", None),
        (b"a\nb\nx\nc\n", b"a\nb\nc\n", b"\n", None),
    ],
)
def test_changes_that_touch_go_together_and_those_that_overlap_do_not(
    ours: bytes, base: bytes, theirs: bytes, expected: bytes | None
) -> None:
    assert merged(ours, base, theirs) == expected
    assert merged(theirs, base, ours) == expected


texts = st.lists(st.sampled_from([b"a\n", b"b = 1\n", b"c\n", b"\n", b"d d"]), max_size=8).map(b"".join)


@given(texts, texts)
def test_one_side_that_did_nothing_leaves_the_other_as_it_is(base: bytes, side: bytes) -> None:
    assert merged(side, base, base) == side
    assert merged(base, base, side) == side
    assert merged(side, base, side) == side


@given(texts, texts, texts)
def test_both_orders_say_the_same(ours: bytes, base: bytes, theirs: bytes) -> None:
    assert merged(ours, base, theirs) == merged(theirs, base, ours)


def test_a_huge_file_is_not_tried() -> None:
    assert merged(b"x" * (LARGEST + 1), b"", b"") is None


def words(count: int, seed: int) -> bytes:
    chance = random.Random(seed)
    return " ".join(f"w{chance.randrange(101)}" for _ in range(count)).encode()


def test_many_words_of_few_kinds_take_no_time() -> None:
    base, began = words(20_000, 0), time.monotonic()
    assert merged(words(20_000, 1), base, words(20_000, 2)) is None
    assert merged(base.replace(b" ", b"\n"), base, base) == base.replace(b" ", b"\n")
    assert merged(b"new " + base, base, base + b" new") == b"new " + base + b" new"
    assert time.monotonic() - began < 120
