"""Trouble: why the provider does not answer, and for how long it wants to be left alone."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MOST_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Trouble:
    """The provider's last answer, where it was an error."""

    status: int | None
    """HTTP status; None when there was no answer at all."""
    text: str
    """What it said, on one short line."""
    wait: float = 0.0
    """Seconds it asked us to wait; 0 when it did not."""


def refused(status: int, header: Callable[[str], str | None], body: bytes) -> Trouble:
    """The trouble an answer of `status` 400 or more means."""
    return Trouble(status, said(body), _wait(header, body))


def said(body: bytes) -> str:
    """The sentence in an error's body, else its beginning, on one line of printable characters."""
    text = body.decode("utf-8", "replace")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    found = found[0] if isinstance(found, list) and found else found
    error = found.get("error", found) if isinstance(found, dict) else None
    message = error.get("message") if isinstance(error, dict) else error
    return line(message if isinstance(message, str) and message else text)


def line(text: str) -> str:
    """`text` on one short line."""
    plain = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(plain.split())[:MOST_CHARACTERS]


def _wait(header: Callable[[str], str | None], body: bytes) -> float:
    """Seconds to wait, by any of the ways in which providers say it."""
    if milliseconds := _number(header("retry-after-ms")):
        return milliseconds / 1000
    after = header("retry-after")
    if after and (seconds := _number(after) or _until(after)):
        return seconds
    delay = re.search(rb'"retryDelay"\s*:\s*"([0-9.]+)s"', body)
    return _number(delay[1].decode()) if delay else 0.0


def _number(text: str | None) -> float:
    try:
        value = float(text or 0)
    except ValueError:
        return 0.0
    return value if 0 < value < math.inf else 0.0


def _until(date: str) -> float:
    try:
        when = parsedate_to_datetime(date)
    except ValueError:
        return 0.0
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())
