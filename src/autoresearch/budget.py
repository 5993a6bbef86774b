"""When a night is over. Failed and refused attempts count; unknown cost is never taken for zero."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from autoresearch.history import History
from autoresearch.records import Ruling

T = TypeVar("T", int, float)

RECENT = 10
"""Attempts that tell what the next may take: as much as the costliest of them."""


@dataclass(frozen=True, slots=True)
class Left:
    """What the night has left for the attempt that now begins; None is no limit."""

    seconds: float | None = None
    cost_usd: float | None = None
    tokens: int | None = None

    def after(self, tokens: int | None, cost_usd: float | None) -> Left:
        """What is left once so much is used; what is unknown is taken for nothing."""
        return replace(
            self,
            tokens=None if self.tokens is None else max(0, self.tokens - (tokens or 0)),
            cost_usd=None if self.cost_usd is None else max(0.0, self.cost_usd - (cost_usd or 0.0)),
        )


def least(one: T | None, other: T | None) -> T | None:
    """The lower of two limits; None is no limit."""
    return other if one is None else one if other is None else min(one, other)


def hours_since(started: str, now: str) -> float:
    """Hours between two ISO 8601 timestamps."""
    return (datetime.fromisoformat(now) - datetime.fromisoformat(started)).total_seconds() / 3600


def spent(history: History, now: str) -> str:
    """Why the night's budget allows no further experiment; empty while it does."""
    night = history.night
    if night is None:
        return "no budget was granted"
    budget = night.budget
    if budget.experiments is not None and len(history.tonight()) >= budget.experiments:
        return f"the budget of {budget.experiments} experiments is spent"
    if budget.hours is not None and hours_since(night.started, now) >= budget.hours:
        return _out_of(budget.hours)
    return _over_limit(history, "cost_usd", budget.cost_usd, "US$") or _over_limit(
        history, "tokens", budget.tokens, "tokens"
    )


def ran_out(history: History, why: str) -> bool:
    """Whether `why` a night is over is its hours, and they ran on while nothing ran, so that it never ended of them."""
    hours = history.night.budget.hours if history.night else None
    return hours is not None and why == _out_of(hours) != history.ended


def hours_granted(hours: float) -> str:
    """Hours in words; minutes where it is less than one."""
    return f"{hours:g} hours" if hours >= 1 else f"{60 * hours:.3g} minutes"


def _out_of(hours: float) -> str:
    return f"the budget of {hours_granted(hours)} is spent"


def left(history: History, now: str) -> Left:
    """What the next attempt may use. What its first try used, where it is to be mended, is used up.

    What nobody reported is taken for nothing here: `spent` ends the night for it.
    """
    night = history.night
    if night is None:
        return Left()
    hours = night.budget.hours if night.started else None  # where agents may not know the certificates, nor the clock
    rest = Left(
        None if hours is None else max(0.0, 3600 * (hours - hours_since(night.started, now))),
        night.budget.cost_usd,
        night.budget.tokens,
    )
    for done in history.tonight():
        rest = rest.after(done.tokens, done.cost_usd)
    opened = history.candidates.get(history.next_number)
    return rest.after(opened.tokens, opened.cost_usd) if opened else rest


def target_reached(history: History) -> bool:
    """Whether the last certificate passed, with a mean at the metric's target: no reason not to prune."""
    target, proofs = history.metric.target, history.certificates[history.epoch_certificate :]
    if history.prunes or target is None or not proofs or proofs[-1].ruling is not Ruling.CERTIFIED:
        return False
    return history.metric.gain(proofs[-1].mean, over=target) >= 0


def share(used: Sequence[float | None], limit: float) -> float:
    """Share of `limit` used up: 1 where another attempt might exceed it, infinite where the use of one is unknown."""
    known = [amount for amount in used if amount is not None]
    if len(known) < len(used):
        return math.inf
    whole = math.fsum(known) / limit
    return whole if whole + costliest(known) / limit <= 1 + 1e-9 else max(1.0, whole)


def costliest(used: Sequence[float]) -> float:
    """What the next attempt may take: as much as the costliest of the recent ones; 0 before the first."""
    return max(used[-RECENT:], default=0.0)


def _over_limit(history: History, name: str, limit: float | None, unit: str) -> str:
    if limit is None:
        return ""
    tonight = history.tonight()
    used = [getattr(done, name) for done in tonight]
    if None in used:
        silent = tonight[used.index(None)].number
        if silent in history.lost:
            return (
                f"an agent was stopped while it worked on experiment {silent}, and what it had used by then is unknown,"
                f" so the budget of {limit:g} {unit} cannot be held; grant another night with what is left"
            )
        return (
            f"experiment {silent} did not report its {name}, so the budget of {limit:g} {unit} cannot be held;"
            " limit experiments or hours instead, or ask an agent that reports what it uses"
        )
    if share(used, limit) < 1:
        return ""
    left = limit - math.fsum(used)
    if left <= 0:
        return f"the budget of {limit:g} {unit} is spent"
    return f"the budget of {limit:g} {unit} has {left:.6g} left, and a recent attempt took {costliest(used):.6g}"
