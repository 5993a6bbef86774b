"""How much of a night is used, in words: what needs a clock."""

from __future__ import annotations

from typing import Any

from autoresearch.budget import hours_since
from autoresearch.history import History
from autoresearch.ledger import now
from autoresearch.views.clock import hours_words
from autoresearch.views.costs import usd
from autoresearch.views.spend import Total
from autoresearch.views.words import count

HOURS = "{hours}"
"""Stands for the hours, in words that are to be true later."""


def tonight(history: History, *, hours: str) -> str:
    """How much of the night's budget is used, in words; `hours` are those of its hours."""
    night = history.night
    if night is None:
        return "none granted"
    used = len(history.tonight())
    parts = []
    if night.budget.experiments is not None:
        parts.append(f"{used} of {night.budget.experiments} experiments")
    if night.budget.hours is not None:
        parts.append(hours)
    if night.budget.cost_usd is not None:
        spent = Total.over([done.cost_usd for done in history.tonight()])
        parts.append(f"{spent.words(usd)} of {usd(night.budget.cost_usd)}")
    if night.budget.tokens is not None:
        spent = Total.over([done.tokens for done in history.tonight()])
        parts.append(f"{spent.words('{:,.0f}'.format)} of {night.budget.tokens:,} tokens")
    return ", ".join(parts) + f"; {history.certificates_tonight} of {count(night.certificates, 'certificate')}"


def hours_of(budget: dict[str, Any], *, held: bool) -> str:
    """The hours in the `budget` of `status`, in words; empty where there is no limit. `held` by a process they run."""
    if not budget or budget["hours"]["limit"] is None:
        return ""
    hours: dict[str, Any] = budget["hours"]
    return hours_words(hours["used"], hours["limit"], ran_out=hours["over"] and not held and not budget["ended"])


def hours_until_now(history: History) -> str:
    """The same for a study at work."""
    night = history.night
    if night is None or night.budget.hours is None:
        return ""
    return hours_words(hours_since(night.started, now()), night.budget.hours, ran_out=False)
