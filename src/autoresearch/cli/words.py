"""One-line forms of records, for terminals and logs."""

from __future__ import annotations

from autoresearch.budget import hours_since
from autoresearch.history import History
from autoresearch.ledger import now
from autoresearch.records import Certificate, Experiment, Outcome
from autoresearch.views.costs import usd
from autoresearch.views.spend import Total
from autoresearch.views.words import plain

OUTCOME_STYLE = {
    Outcome.KEEP: "bold green",
    Outcome.DISCARD: "default",
    Outcome.CRASH: "red",
    Outcome.TIMEOUT: "yellow",
    Outcome.CHECKS_FAILED: "yellow",
    Outcome.OUT_OF_SCOPE: "magenta",
    Outcome.VIOLATION: "bold red",
    Outcome.NO_CHANGE: "dim",
    Outcome.UNKNOWN: "yellow",
}


def line_of(history: History, record: Experiment | Certificate) -> str:
    """One line for one finished experiment or certificate."""
    label = "[UNSAFE: no sandbox] " if history.epoch and history.epoch.unsafe else ""
    if isinstance(record, Experiment):
        value = "–" if record.value is None else f"{record.value:.6g}"
        summary = plain(record.candidate.summary) if record.candidate else ""
        start = f"{label}{record.number:4d}  {record.verdict.outcome:13s} {value:>12s}"
        return f"{start}  {summary}  [{plain(record.verdict.reason)}]"
    return f"{label}      certificate {record.number}: {plain(record.reason, 400)}"


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
