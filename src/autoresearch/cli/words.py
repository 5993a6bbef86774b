"""How much of a night is used, in words: what needs a clock."""

from __future__ import annotations

from autoresearch.budget import hours_since
from autoresearch.history import History
from autoresearch.ledger import now


def tonight(history: History) -> str:
    """How much of the night's budget is used, in words."""
    night = history.night
    if night is None:
        return "none granted"
    used = len(history.tonight())
    parts = []
    if night.budget.experiments is not None:
        parts.append(f"{used} of {night.budget.experiments} experiments")
    if night.budget.hours is not None:
        parts.append(f"{hours_since(night.started, now()):.1f} of {night.budget.hours:g} hours")
    if night.budget.cost_usd is not None:
        parts.append(f"{_used(history, 'cost_usd')} of US$ {night.budget.cost_usd:g}")
    if night.budget.tokens is not None:
        parts.append(f"{_used(history, 'tokens')} of {night.budget.tokens} tokens")
    return ", ".join(parts) + f"; {history.certificates_tonight} of {night.certificates} certificates"


def _used(history: History, name: str) -> str:
    used = [getattr(done, name) for done in history.tonight()]
    return "unknown" if None in used else f"{sum(used):g}"
