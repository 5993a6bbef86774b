"""What whoever drives a study from outside the loop is told of it: the same as an agent in its brief, and no more.

Every function takes a history as `disclosure.shown` makes it. Texts that agents wrote come back harmless.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autoresearch import clean
from autoresearch.budget import hours_since
from autoresearch.errors import UserError
from autoresearch.history import History, noise
from autoresearch.records import Experiment, Outcome
from autoresearch.task import Task

MAX_TEXT = 400
MAX_LOG = 2_000
MAX_PATCH = 16_000
"""Characters kept of a reason, of the end of a log, of a patch."""

_RAN = (Outcome.CRASH, Outcome.TIMEOUT, Outcome.CHECKS_FAILED)


def nothing_begun() -> UserError:
    """What to answer who has something to say to a study that has not begun."""
    return UserError(
        "The study has not begun, so there is no ledger to keep that in.",
        fix="write it into program.md, which every brief quotes as it is then, the first one too",
    )


def account(history: History, number: int) -> dict[str, Any]:
    """One finished experiment, JSON-able; what is unknown is None. Gains are positive when better."""
    done = history.experiments[number]
    candidate, gain = done.candidate, _gain(history, done)
    usual = noise.of_one_run(history)
    return {
        "experiment": number,
        "outcome": str(done.verdict.outcome),
        "reason": clean.line(done.verdict.reason, MAX_TEXT),
        "cause": done.verdict.cause,
        "summary": clean.line(candidate.summary, MAX_TEXT) if candidate else "",
        "hypothesis": clean.line(candidate.hypothesis, MAX_TEXT) if candidate else "",
        "agent": done.agent,
        "value": _finite(done.value),
        "gain": _finite(gain),
        "sigma": _finite(gain / usual) if gain is not None and usual else None,
        "commit": candidate.commit if candidate else None,
        "parent": done.parent,
    }


def line(history: History, number: int) -> str:
    """One finished experiment in one line."""
    told = account(history, number)
    value = "" if told["value"] is None else f" {told['value']:.6g}"
    gain = "" if told["gain"] is None or not number else f" ({told['gain']:+.3g}{_sigmas(told['sigma'])})"
    return f"#{number} {told['outcome']}{value}{gain}: {told['summary'] or told['reason']}"


def standing(history: History, now: str) -> dict[str, Any]:
    """Where the study stands, JSON-able: metric, best, noise, counts, what is left of the night."""
    tip, usual = history.tip, noise.of_one_run(history)
    return {
        "metric": history.metric.name,
        "direction": str(history.metric.direction),
        "best": {"experiment": tip.number, "value": _finite(history.tip_value)} if tip else None,
        "baseline": _finite(history.baseline.value) if history.baseline else None,
        "sigma": _finite(usual),
        "experiments": sum(history.counts.values()),
        "counts": {str(outcome): count for outcome, count in sorted(history.counts.items())},
        "left": left(history, now),
    }


def left(history: History, now: str) -> dict[str, float | None]:
    """What the night still allows; None is without limit."""
    night = history.night
    if night is None:
        return {"experiments": None, "hours": None}
    most, hours = night.budget.experiments, night.budget.hours
    return {
        "experiments": None if most is None else max(0, most - len(history.tonight())),
        "hours": None if hours is None or not night.started else max(0.0, hours - hours_since(night.started, now)),
    }


def end_of_log(done: Experiment, task: Task, log: Path) -> str:
    """The end of what a failed candidate printed; empty where the evaluation, which may see more, printed along."""
    told = done.log and done.verdict.outcome in _RAN and task.contestant is None
    if not told or "the evaluation" in done.verdict.reason or not log.is_file():
        return ""
    text = log.read_bytes()[-4 * MAX_LOG :].decode(errors="replace")[-MAX_LOG:]
    return clean.block(text, MAX_LOG)


def rows(history: History, most: int = 50) -> Sequence[str]:
    """The last `most` experiments, a line each, oldest first."""
    return [line(history, number) for number in range(len(history.experiments))[-most:]]


def _gain(history: History, done: Experiment) -> float | None:
    """Over what it began from, in the metric's unit; None where either has no number in this epoch."""
    over = history.values(done.parent)
    if done.value is None or not over or (history.baseline and done.number < history.baseline.number):
        return None
    gain = history.metric.gain(done.value, over=math.fsum(over) / len(over))
    return None if not gain and history.metric.feedback != "score" else gain  # told as no better: no distance


def _sigmas(distance: float | None) -> str:
    return "" if distance is None else f", {distance:+.1f} sigma"


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
