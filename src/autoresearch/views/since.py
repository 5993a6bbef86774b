"""From when on: an experiment's number, a time, or so long ago."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from autoresearch.errors import UserError
from autoresearch.history import Archive

_NUMBER = re.compile(r"[0-9]{1,18}")
_AGO = re.compile(r"(\d+(?:\.\d+)?)\s*([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def first_since(history: Archive, text: str, *, now: str) -> int:
    """Number of the first experiment that counts.

    `text` is a number, "90m", "8h", "2d", "1w", or an ISO 8601 date or time, UTC where it does not say.
    Raises UserError for anything else, and where nothing is new since then.
    """
    text = text.strip()
    is_number = _NUMBER.fullmatch(text) is not None
    first = int(text) if is_number else _first_after(history, _moment(text, now))
    last = history.next_number - 1
    if first > last:
        since = f"experiment {first}" if is_number else text
        end = f"the last experiment is number {last}" if last >= 0 else "there is no experiment"
        raise UserError(f"Nothing new since {since}: {end}.", fix="autoresearch report, for the whole study")
    return first


def _first_after(history: Archive, moment: datetime) -> int:
    """Number of the first experiment that began then or later; the next one's where none did."""
    begun = ((done.number, _parsed(done.started)) for done in history.experiments)
    return next((number for number, at in begun if at is not None and at >= moment), history.next_number)


def _moment(text: str, now: str) -> datetime:
    if ago := _AGO.fullmatch(text):
        try:
            return datetime.fromisoformat(now) - timedelta(**{_UNITS[ago[2]]: float(ago[1])})
        except OverflowError:  # before there were calendars, and so before every study
            return datetime.min.replace(tzinfo=UTC)
    moment = _parsed(text)
    if moment is None:
        raise UserError(
            f"{text!r} is neither a number, a time nor a while.",
            fix="--since 40, --since 8h or --since 2026-11-21T22:00",
        )
    return moment


def _parsed(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
