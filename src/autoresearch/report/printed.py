"""What a program printed, as a terminal would have left it: for reading, made harmless."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from autoresearch.report.diffs import readable

NEWEST = 200
"""Lines of what runs now that are shown."""
LINE = 1000
"""Characters of one line that are looked at: enough for all that is shown of it."""
SAID = ("text", "thinking", "command", "delta")
"""Under which names agents' programs put words into their events."""
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]{0,4000}(?:\x07|\x1b\\)|[@-Z\\^_])")
"""Colours, movements of the cursor, titles of windows: what a terminal would not have shown as text."""


def printed(output: bytes, lines: int) -> Sequence[str]:
    """The last `lines` lines; one that was written over, as progress is shown, in its last state.

    Of an event of an agent's program, an object with a type, what was said or done.
    """
    last = output.rstrip(b"\r\n").split(b"\n")[-lines:] if output.strip() else []
    return [readable(_ESCAPES.sub("", _words(_state(line))[:LINE])) for line in last]


def _state(line: bytes) -> str:
    """What a carriage return left to be seen of `line`."""
    states = [state for state in line.split(b"\r") if state.strip()]
    return states[-1].decode(errors="replace") if states else ""


def _words(line: str) -> str:
    if not line.startswith("{"):
        return line
    try:
        event = json.loads(line)
        said = " ".join(" ".join(_said(event)).split())
    except (ValueError, RecursionError):
        return line
    return f"{event['type']}: {said}" if said and isinstance(event.get("type"), str) else line


def _said(event: object) -> Iterator[str]:
    """Every text that stands under one of the names in `SAID`, however deep."""
    if isinstance(event, list):
        for each in event:
            yield from _said(each)
    elif isinstance(event, dict):
        for name, value in event.items():
            if name in SAID and isinstance(value, str):
                yield value
            else:
                yield from _said(value)
