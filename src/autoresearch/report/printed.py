"""What a program printed, as a terminal would have left it: for reading, made harmless."""

from __future__ import annotations

import re
from collections.abc import Sequence

from autoresearch.report.diffs import readable

NEWEST = 200
"""Lines of what runs now that are shown."""
LINE_BYTES = 1000
"""Of one line that are looked at: enough for all that is shown of it."""
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]{0,4000}(?:\x07|\x1b\\)|[@-Z\\^_])")
"""Colours, movements of the cursor, titles of windows: what a terminal would not have shown as text."""


def printed(output: bytes, lines: int) -> Sequence[str]:
    """The last `lines` lines; one that was written over, as progress is shown, in its last state."""
    last = output.rstrip(b"\r\n").split(b"\n")[-lines:] if output.strip() else []
    return [readable(_ESCAPES.sub("", _state(line).decode(errors="replace"))) for line in last]


def _state(line: bytes) -> bytes:
    """What a carriage return left to be seen of `line`."""
    states = [state for state in line.split(b"\r") if state.strip()]
    return states[-1][:LINE_BYTES] if states else b""
