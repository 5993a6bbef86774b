"""What of a study calls for a person now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from autoresearch.history import Archive, Night, Note

ALARMS = ("alarm", "fault", "drift", "doubt")
"""Kinds of note a person must see."""


def alarms(history: Archive) -> list[str]:
    """Each alarm since the newest night began, once, with how often it came; the newest last."""
    times = Counter(texts := list(_newest_first(history)))
    said = [f"{text} ({times[text]} times)" if times[text] > 1 else text for text in dict.fromkeys(texts)]
    return said[::-1]


def _newest_first(history: Archive) -> Iterator[str]:
    for _, record in reversed(history.trail):
        if isinstance(record, Night):
            return
        if isinstance(record, Note) and record.kind in ALARMS:
            yield record.text
