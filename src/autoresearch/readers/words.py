"""Their words for what became of an attempt, and ours. Only a word of certain meaning is translated."""

from __future__ import annotations

import re

from autoresearch.records import Outcome

_MEANT = {
    Outcome.KEEP: ("keep", "kept"),
    Outcome.DISCARD: ("discard", "discarded", "reject", "rejected", "revert", "reverted"),
    Outcome.CRASH: ("crash", "crashed", "error", "oom"),
    Outcome.TIMEOUT: ("timeout", "timed_out", "time_out"),
    Outcome.CHECKS_FAILED: ("checks_failed", "check_failed", "tests_failed"),
    Outcome.NO_CHANGE: ("no_change", "no_op", "noop", "unchanged"),
}
_OUTCOMES = {word: outcome for outcome, words in _MEANT.items() for word in words}
_LEVEL = ("baseline", "base", "initial")
"""Where a segment begins; further down nobody can tell whether it was kept."""
_LETTERS = re.compile(r"[A-Za-z][A-Za-z _-]*")
"""What a status is written in. Any other sign may turn its meaning round: `keep?`, `!keep`, `~~keep~~`."""
SILENT = "no status"
"""The doubt about a row that does not say what became of it."""


def word(text: str) -> str:
    """`text` without case, signs and spaces around it, its words joined by underscores."""
    return "_".join(re.findall(r"[a-z0-9]+", text.lower()))


def status(text: str) -> str:
    """`text` as a word for what became of an attempt, emphasis taken off; empty where anything but letters is in it."""
    bare = text.strip().strip("*`").strip()
    return word(bare) if _LETTERS.fullmatch(bare) else ""


def is_known(text: str) -> bool:
    """Whether `text` is a word for what became of an attempt."""
    said = status(text)
    return said in _OUTCOMES or said in _LEVEL


def outcome_of(text: str, *, is_first: bool) -> tuple[Outcome, str]:
    """Our outcome for their word, and the doubt there is. `is_first` is the first number of a segment: its level."""
    said = status(text)
    if said in _OUTCOMES:
        return _OUTCOMES[said], ""
    if said in _LEVEL:
        doubt = f"{text!r} after the first: kept or not is not said"
        return (Outcome.KEEP, "") if is_first else (Outcome.UNKNOWN, doubt)
    if not word(text) and text.isascii():
        return Outcome.UNKNOWN, SILENT
    return Outcome.UNKNOWN, f"status {text[:40]!r} is not a word we know, so it is neither kept nor discarded"
