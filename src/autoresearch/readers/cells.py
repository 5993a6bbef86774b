"""A number as people write it: with a unit, a percent sign, an aside. What cannot be told is no number."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

_NUMBER = r"[-+\u2212]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,6})?"
_UNIT = r"(?![xXbBoO]\d)[%A-Za-z\u00b5\u03bc\u00b0][\w%/\u00b5\u03bc.^-]*"
_WHOLE = re.compile(rf"({_NUMBER})\s*({_UNIT})?", re.ASCII)
_ASIDE = re.compile(rf"[~\u2248]?\s*({_NUMBER})\s*({_UNIT})?\s*(?:$|[(\[±]|\+/-).*", re.ASCII)
_COMMA = re.compile(r"[-+]?\d+(?:,\d+)+(?:\.\d+)?")
_LONGEST = 200
"""Characters of a cell that may be a number; matching takes the square of their number."""
NOTHING = frozenset(
    ["", *"- -- – — ? n/a na none null nan tbd x / crash crashed fail failed error oom timeout skipped".split()]  # noqa: SIM905
)
"""What stands where no number was meant."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell says."""

    value: float | None = None
    unit: str = ""
    doubt: str = ""
    absent: bool = False
    """Whether no number was meant to be there."""


def number(text: str) -> Cell:
    """Read one cell. A comma is never guessed to be decimals or thousands."""
    text = text.strip().strip("\"'`*").strip()
    if len(text) > _LONGEST:
        return Cell(doubt=f"{text[:40]!r} ... is too long for a number")
    if text.lower() in NOTHING:
        return Cell(absent=True)
    if found := _WHOLE.fullmatch(text):
        return _finite(found[1], found[2] or "", "")
    if _COMMA.match(text):
        return Cell(doubt=f"{text[:40]!r} has a comma, decimals or thousands: not read")
    if found := _ASIDE.fullmatch(text):
        return _finite(found[1], found[2] or "", f"{text[:40]!r} read as {found[1]}")
    return Cell(doubt=f"{text[:40]!r} is not a number")


def _finite(digits: str, unit: str, doubt: str) -> Cell:
    value = float(digits.replace("\u2212", "-"))
    if not math.isfinite(value):
        return Cell(doubt=f"{digits[:40]!r} is beyond every number")
    return Cell(value, unit.replace("\u03bc", "\u00b5"), doubt)
