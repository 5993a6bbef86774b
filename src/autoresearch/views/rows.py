"""`log`: one plain dict an experiment, in order."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from autoresearch.history import Archive, Epoch
from autoresearch.records import Candidate, Experiment
from autoresearch.views.reading import own_values


def log_rows(history: Archive, *, first: int = 0) -> Iterator[dict[str, Any]]:
    """A row for every finished experiment from number `first` on. Keys are a contract: they may grow, never change."""
    starts = [(at, record) for at, record in history.trail if isinstance(record, Epoch)]
    for done in history.experiments[first:]:
        begun = [record for at, record in starts if at <= done.number]
        yield log_row(history, done, epoch=begun[-1] if begun else None)


def log_row(history: Archive, done: Experiment, *, epoch: Epoch | None) -> dict[str, Any]:
    """One experiment as JSON-able data; what is unknown is None."""
    candidate = done.candidate
    return {
        "number": done.number,
        "commit": candidate.commit if candidate else None,
        "parent": done.parent,
        "outcome": str(done.verdict.outcome),
        "cause": done.verdict.cause,
        "reason": done.verdict.reason,
        "summary": candidate.summary if candidate else "",
        "hypothesis": candidate.hypothesis if candidate else "",
        "value": finite(done.value),
        "measurements": [finite(value) for value in own_values(history, done)],
        "statistic": {name: finite(value) for name, value in done.verdict.statistic.items()},
        "seconds": None if history.imported else done.seconds,
        "agent": done.agent,
        "agent_seconds": candidate.agent_seconds if candidate else None,
        "cost_usd": done.cost_usd,
        "tokens": done.tokens,
        "agent_version": candidate.agent_version if candidate else "",
        "expected_effect": _told(candidate, "expected_effect"),
        "risk": _told(candidate, "risk"),
        "transcript": candidate.transcript if candidate else "",
        "mends": candidate.mends if candidate else "",
        "nodes": candidate.nodes if candidate else None,
        "touched": candidate.touched if candidate else None,
        "counted": candidate.counted if candidate else "",
        "started": done.started,
        "epoch": epoch.number if epoch else None,
        "unsafe": epoch.unsafe if epoch else False,
        "log": done.log,
    }


def _told(candidate: Candidate | None, name: str) -> str:
    """What the agent said of its change, if it is text."""
    said = candidate.detail.get(name, "") if candidate else ""
    return said if isinstance(said, str) else ""


def finite(value: float | None) -> float | None:
    """`value`, or None where JSON has no number for it."""
    return value if value is not None and math.isfinite(value) else None
