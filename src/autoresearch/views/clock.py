"""How much of a night's hours is used: until now while a process holds the study, else until it last did something.

The engine's clock runs on all the same: a night of eight hours that was killed after one is over seven hours later.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from autoresearch.budget import hours_since
from autoresearch.history import Archive


def last_moment(history: Archive) -> str:
    """When the study last did something, ISO 8601; empty before its first night."""
    ends = [datetime.fromisoformat(began) + timedelta(seconds=seconds) for began, seconds in _deeds(history) if began]
    return max(ends).isoformat() if ends else ""


def _deeds(history: Archive) -> Iterator[tuple[str, float]]:
    """When the last things began that the study did, and how many seconds each took."""
    if history.night is not None:
        yield history.night.started, 0.0
    for done in history.experiments[-1:]:
        yield done.started, done.seconds
    if (made := history.candidates.get(history.next_number)) is not None:
        yield made.started, made.agent_seconds
    runs = [*history.pending.values(), *history.proofs[-1:], history.pending_certificate]
    for run in (batch[-1] for batch in runs if batch):
        yield run.started, run.seconds + run.evaluation_seconds


def hours_words(used: float, limit: float, *, ran_out: bool) -> str:
    """Hours used of those granted, in words; minutes where less than an hour is. `ran_out` while nothing ran."""
    scale, unit = (1, "hours") if limit >= 1 else (60, "minutes")
    return f"{used * scale:.1f} of {limit * scale:.3g} {unit}{', ended by the clock' if ran_out else ''}"


def ran_out(history: Archive, *, now: str, held: bool) -> bool:
    """Whether the night's hours went by while no process held the study: to go on, another must be granted."""
    hours = history.night.budget.hours if history.night else None
    if history.night is None or hours is None or held or history.ended:
        return False
    return hours_since(history.night.started, now) >= hours


def clocked(budget: dict[str, object], *, now: str, held: bool) -> dict[str, object]:
    """The hours of `status`, by the clock: used, and whether they are over. `held` by a process, the clock runs on.

    `budget` has `started`, `last` and `hours`, as `views.state` makes it.
    """
    started, hours = str(budget["started"]), budget["hours"]
    assert isinstance(hours, dict)
    used = hours_since(started, now if held else str(budget["last"]))
    over = hours["limit"] is not None and hours_since(started, now) >= hours["limit"]
    return hours | {"used": round(used, 4), "over": over}
