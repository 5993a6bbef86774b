"""pi-autoresearch's log, so that its tools read our studies: a config line an epoch, a run line an experiment.

What their format has no word for stands under one key of ours, `autoresearch`, which their readers pass over. An
attempt without a score is written as they write it, metric 0 and status crash or checks_failed. An imported one of
which nobody knows whether it was kept is a discard with its number and `unknown:` before its description, for they
take a status they do not know for a keep. Our own reader goes by our key.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime

from autoresearch.export.frame import values
from autoresearch.history import Archive
from autoresearch.records import Direction, Experiment, Outcome
from autoresearch.views.reading import Reading, Span, own_runs
from autoresearch.views.standing import standings

_SCORED = {Outcome.KEEP: "keep", Outcome.DISCARD: "discard", Outcome.UNKNOWN: "discard"}


def lines(history: Archive) -> Iterator[str]:
    """The log, line by line, without line feeds."""
    reading = Reading.of(history)
    where = {} if history.imported else {number: str(each) for number, each in standings(reading).items()}
    for span in reading.spans:
        yield json.dumps(_config(history, span))
        for done in span.experiments:
            yield json.dumps(_run(history, span, done, where.get(done.number, "")))


def _config(history: Archive, span: Span) -> dict[str, object]:
    metric = span.epoch.metric
    return {
        "type": "config",
        "name": history.study.name if history.study else "",
        "metricName": metric.name,
        "metricUnit": metric.unit,
        "bestDirection": "lower" if metric.direction is Direction.MINIMIZE else "higher",
    }


def _run(history: Archive, span: Span, done: Experiment, standing: str) -> dict[str, object]:
    scored = done.value is not None and done.verdict.outcome in _SCORED
    made, metric = done.candidate, span.epoch.metric.name
    others = {name: value for name, value in values(history, done).items() if name != metric}
    return {
        "run": done.number + 1,
        "commit": (made.commit if made else done.parent)[:7],
        "metric": done.value if scored else 0,
        "metrics": others if scored else {},
        "status": _SCORED[done.verdict.outcome] if scored else _failed(done),
        "description": _description(done),
        "timestamp": _milliseconds(done.started),
        "segment": span.index,
        "confidence": None,
        "asi": {"hypothesis": made.hypothesis} if made and made.hypothesis else {},
        "autoresearch": {
            "outcome": str(done.verdict.outcome),
            "reason": done.verdict.reason,
            "standing": standing,
            "runs": len(own_runs(history, done)),
        },
    }


def _failed(done: Experiment) -> str:
    return "checks_failed" if done.verdict.outcome is Outcome.CHECKS_FAILED else "crash"


def _description(done: Experiment) -> str:
    said = done.candidate.summary if done.candidate else done.verdict.reason
    return f"unknown: {said}" if done.verdict.outcome is Outcome.UNKNOWN else said


def _milliseconds(moment: str) -> int:
    """Since 1970; 0 where the ledger does not say, as their format has no unknown."""
    try:
        return round(datetime.fromisoformat(moment).timestamp() * 1000)
    except ValueError:
        return 0
