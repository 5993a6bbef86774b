"""When a night is over. Failed and refused attempts count; unknown cost is never taken for zero."""

from __future__ import annotations

from datetime import datetime

from autoresearch.history import History
from autoresearch.records import Ruling


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


def _over_limit(history: History, name: str, limit: float | None, unit: str) -> str:
    if limit is None or history.night is None:
        return ""
    used = [getattr(done, name) for done in history.tonight()]
    if None in used:
        return f"the agent does not report its {name}, so the budget of {limit:g} {unit} cannot be held"
    return f"the budget of {limit:g} {unit} is spent" if sum(used) >= limit else ""
