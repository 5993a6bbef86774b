"""When a night is over. Failed and refused attempts count; unknown cost is never taken for zero."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

from autoresearch.history import History
from autoresearch.records import Ruling

RECENT = 10
"""Attempts that tell what the next may take: as much as the costliest of them."""


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
        return f"the budget of {budget.hours:g} hours is spent"
    return _over_limit(history, "cost_usd", budget.cost_usd, "US$") or _over_limit(
        history, "tokens", budget.tokens, "tokens"
    )


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
