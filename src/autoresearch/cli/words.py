"""How much of a night is used, in words: what needs a clock."""

from __future__ import annotations

from autoresearch.budget import hours_since
from autoresearch.history import History
from autoresearch.ledger import now
from autoresearch.views.costs import usd
from autoresearch.views.spend import Total


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
        spent = Total.over([done.cost_usd for done in history.tonight()])
        parts.append(f"{spent.words(usd)} of {usd(night.budget.cost_usd)}")
    if night.budget.tokens is not None:
        spent = Total.over([done.tokens for done in history.tonight()])
        parts.append(f"{spent.words('{:,.0f}'.format)} of {night.budget.tokens:,} tokens")
    return ", ".join(parts) + f"; {history.certificates_tonight} of {night.certificates} certificates"
