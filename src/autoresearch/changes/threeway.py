"""Three-way merge of one file: what two sides changed since they parted, where the two do not overlap.

More willing than git's: changes that only touch, such as two neighbouring lines, or a line taken away beside one that
was added, go together. Whether the result is any good is not guessed but measured. Pure; nothing is executed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

LARGEST = 1 << 20
"""Bytes; no attempt is made on a larger file."""
MOST_COMPARED = 25_000_000
"""Pairs of pieces, those left out that both begin and end with; beyond, all that lies between them is one change."""


@dataclass(frozen=True, slots=True, order=True)
class _Edit:
    """Pieces `start` to `end` of the base, replaced."""

    start: int
    end: int
    by: tuple[bytes, ...]


def merged(ours: bytes, base: bytes, theirs: bytes) -> bytes | None:
    """`base` with the changes of both sides; None where they overlap, by lines and then by words."""
    if max(map(len, (ours, base, theirs))) > LARGEST:
        return None
    for pattern in (rb"[^\n]*\n|[^\n]+", rb"\w+|\W"):
        sides = [re.findall(pattern, text) for text in (ours, base, theirs)]
        pieces = _woven(*sides)
        if pieces is not None:
            return b"".join(pieces)
    return None


def distance(one: bytes, other: bytes) -> int:
    """How many lines are taken away and added on the way from `one` to `other`."""
    sides = [text.splitlines(keepends=True) for text in (one, other)]
    return sum(edit.end - edit.start + len(edit.by) for edit in _edits(*sides))


def _woven(ours: Sequence[bytes], base: Sequence[bytes], theirs: Sequence[bytes]) -> list[bytes] | None:
    one, other = set(_edits(base, ours)), set(_edits(base, theirs))
    if any(_overlap(mine, yours) for mine in one - other for yours in other - one):
        return None
    woven, at = [], 0
    for edit in sorted(one | other):
        woven += [*base[at : edit.start], *edit.by]
        at = edit.end
    return [*woven, *base[at:]]


def _edits(base: Sequence[bytes], side: Sequence[bytes]) -> Iterator[_Edit]:
    skip, least = 0, min(len(base), len(side))
    while skip < least and base[skip] == side[skip]:
        skip += 1
    alike = 0
    while alike < least - skip and base[-1 - alike] == side[-1 - alike]:
        alike += 1
    old, new = base[skip : len(base) - alike], side[skip : len(side) - alike]
    if len(old) * len(new) > MOST_COMPARED:
        yield _Edit(skip, skip + len(old), tuple(new))
        return
    for kind, start, end, first, last in SequenceMatcher(None, old, new).get_opcodes():
        if kind != "equal":
            yield _Edit(skip + start, skip + end, tuple(new[first:last]))


def _overlap(one: _Edit, other: _Edit) -> bool:
    """Whether two edits want the same pieces, or put something at the same place."""
    if one.start == one.end == other.start == other.end:
        return True
    return max(one.start, other.start) < min(one.end, other.end) or _inside(one, other) or _inside(other, one)


def _inside(one: _Edit, other: _Edit) -> bool:
    """Whether `one` only adds, in the midst of what `other` replaces."""
    return one.start == one.end and other.start < one.start < other.end
