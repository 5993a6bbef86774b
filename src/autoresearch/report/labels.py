"""Labels beside dots, none over another: greedy placement, the most important label first."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

SIZE = 11.0
"""Font size in pixels."""


@dataclass(frozen=True, slots=True)
class Rect:
    """An upright rectangle, in pixels, y downwards."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Rect) -> bool:
        """Whether the two share any area."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def within(self, other: Rect) -> bool:
        """Whether this lies wholly inside `other`."""
        return (
            self.left >= other.left
            and self.right <= other.right
            and self.top >= other.top
            and self.bottom <= other.bottom
        )


@dataclass(frozen=True, slots=True)
class Anchor:
    """A dot that wants a label."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Label:
    """A text that found its place, and the dot it belongs to."""

    anchor: Anchor
    box: Rect


def width_of(text: str) -> float:
    """A safe estimate of `text`'s width in pixels: no common sans-serif is wider."""
    return sum(SIZE * (1.05 if unicodedata.east_asian_width(char) in "WF" else 0.61) for char in text)


def place(
    anchors: Sequence[Anchor], *, frame: Rect, solid: Sequence[Rect], soft: Sequence[tuple[float, float]], below: bool
) -> list[Label]:
    """The labels that fit, of `anchors` in order of importance; the rest go without.

    `solid` is never covered, each point of `soft` only for want of a better place. `below` looks for room under the
    dots first: where a falling staircase leaves it.
    """
    placed: list[Label] = []
    for anchor in anchors:
        taken = [*solid, *(label.box for label in placed)]
        spots = [box for box in _spots(anchor, below=below) if box.within(frame) and not any(map(box.meets, taken))]
        if spots:
            near = _near(anchor, soft)
            placed.append(Label(anchor, min(spots, key=lambda box: _cost(box, anchor, near))))
    return placed


def _spots(anchor: Anchor, *, below: bool) -> Iterator[Rect]:
    width, height = width_of(anchor.text), SIZE + 4
    for side in (1, -1) if below else (-1, 1):
        for distance in range(11, 84, 12):
            for shift in (-0.5, -0.85, -0.15, -1.05, 0.05):
                left, middle = anchor.x + shift * width, anchor.y + side * distance
                yield Rect(left, middle - height / 2, left + width, middle + height / 2)


def _near(anchor: Anchor, soft: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Those of many points that one of the anchor's spots may cover."""
    wide, high = 1.05 * width_of(anchor.text) + 3, 83 + (SIZE + 4) / 2 + 2
    return [(x, y) for x, y in soft if abs(x - anchor.x) < wide and abs(y - anchor.y) < high]


def _cost(box: Rect, anchor: Anchor, soft: Sequence[tuple[float, float]]) -> float:
    covered = sum(box.left - 3 < x < box.right + 3 and box.top - 2 < y < box.bottom + 2 for x, y in soft)
    middle = (box.top + box.bottom) / 2
    reach = max(box.left - anchor.x, anchor.x - box.right, 0.0)
    return 14.0 * covered + abs(middle - anchor.y) + reach
