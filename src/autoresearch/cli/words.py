"""How much of a night is used, in words: what needs a clock."""

from __future__ import annotations

from autoresearch.budget import hours_since
from autoresearch.history import History
from autoresearch.ledger import now
from autoresearch.views.costs import usd
from autoresearch.views.spend import Total

HOURS = "{hours}"
"""Stands for the hours used, in words that are to be true later."""


def tonight(history: History, *, hours: str = "") -> str:
    """How much of the night's budget is used, in words. `hours` are those used, if not those until now."""
    night = history.night
    if night is None:
        return "none granted"
    used = len(history.tonight())
    parts = []
    if night.budget.experiments is not None:
        parts.append(f"{used} of {night.budget.experiments} experiments")
    if night.budget.hours is not None:
        parts.append(f"{hours or hours_until_now(night.started)} of {night.budget.hours:g} hours")
    if night.budget.cost_usd is not None:
        spent = Total.over([done.cost_usd for done in history.tonight()])
        parts.append(f"{spent.words(usd)} of {usd(night.budget.cost_usd)}")
    if night.budget.tokens is not None:
        spent = Total.over([done.tokens for done in history.tonight()])
        parts.append(f"{spent.words('{:,.0f}'.format)} of {night.budget.tokens:,} tokens")
    return ", ".join(parts) + f"; {history.certificates_tonight} of {night.certificates} certificates"


def hours_until_now(started: str) -> str:
    """Hours since a night began, to a tenth."""
    return f"{hours_since(started, now()):.1f}"
