"""The one number in what an agent expected. A number of something else, an epoch or another unit, is no claim."""

from __future__ import annotations

import math
import re
from collections.abc import Collection

from autoresearch.records import Metric

_NUMBER = re.compile(r"(?<![\w.,])(?<!\w-)([-+−]?)(\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)(?![.,]?\d)")
"""Alone, or with a unit behind it: the 2 in `layer-2` belongs to a name, the 1 in `1,5` to nobody knows what."""
_BEFORE = re.compile(r"([\w/%-]+)[\s~≈<>=:(+-]*$")
_AFTER = re.compile(r"\s*([^\s,;!?()]+)")
_WAY = frozenset(
    "better worse lower higher faster slower less more fewer smaller larger up down"  # noqa: SIM905
    " improve improves improved improvement gain gains drop drops decrease decreases increase increases reduce reduces"
    " reduction lowers raise raises rise rises fall falls save saves saved cut cuts delta effect expected".split()
)
"""Words for which way a metric goes, or that it goes."""
_PASSED = frozenset("by of about around roughly approximately maybe perhaps only least another a an".split())  # noqa: SIM905
"""What may stand between such a word and its number."""
_LEVEL = frozenset("to from at under below above reach reaches reaching towards is be".split())  # noqa: SIM905
"""What stands before a level, which is no gain."""
_GOES_ON = frozenset("because since than if or in on".split())  # noqa: SIM905
"""What may follow a number that has no unit."""


def amount(text: str, level: float, metric: Metric) -> float | None:
    """The one number in `text` as a size above zero in the metric's unit, per cent being of `level`.

    None where there is not exactly one number, and where it is not plainly one of this metric: it has its unit, a
    percent sign, or nothing beside it but words for which way it goes.
    """
    found = list(_NUMBER.finditer(text))
    if len(found) != 1:
        return None
    sign, digits = found[0].groups()
    (word, passed), after = _leading(text[: found[0].start()]), text[found[0].end() :]
    percent = after.lstrip().startswith("%")
    if (percent and metric.unit == "%") or not _is_gain(word, passed, bool(sign), metric):
        return None  # points or per cent, a level or a gain: nobody can tell
    bare = (not word or word.lower() in _WAY or _is_name(word, metric)) and _ends(after)
    if not (percent or _has_unit(after, metric) or bare):
        return None
    size = float(digits) * (abs(level) / 100 if percent else 1)
    return size if 0 < size < math.inf else None


def _is_gain(word: str, passed: Collection[str], has_sign: bool, metric: Metric) -> bool:
    """Whether what stands before a number does not make a level of it, as in `val_bpb: 0.95`."""
    return word.lower() not in _LEVEL and (has_sign or "by" in passed or not _is_name(word, metric))


def _leading(before: str) -> tuple[str, Collection[str]]:
    """The word that a number belongs to, and the small words between the two."""
    before, passed = re.sub(r"(?i)\bat least\s*$", "", before), set()
    while (word := _word_before(before)).lower() in _PASSED:
        before = before[: before.rindex(word)]
        passed.add(word.lower())
    return word, passed


def _ends(after: str) -> bool:
    word = _word_after(after).lower()
    return not word or word in _WAY or word in _GOES_ON


def _has_unit(after: str, metric: Metric) -> bool:
    word = _word_after(after)
    return bool(word) and (word == metric.unit or _is_name(word, metric))


def _is_name(word: str, metric: Metric) -> bool:
    """Whether `word` is the metric's name, or its last part: `bpb` of `val_bpb`."""
    name = metric.name.lower()
    return word.lower() in (name, name.rpartition("_")[2])


def _word_before(text: str) -> str:
    found = _BEFORE.search(text)
    return found[1] if found else ""


def _word_after(text: str) -> str:
    found = _AFTER.match(text)
    return found[1].rstrip(".:\"'") if found else ""
