"""Upstream's `results.tsv`: five columns, so that its notebook runs unchanged.

The second column is always headed `val_bpb`, because the notebook asks for that name; what is in it is the study's own
metric. The notebook takes lower for better, so a maximised metric is written with its sign turned.
An attempt without a score is `crash` with 0.000000, as upstream codes it: never read that as a number.
"""

from __future__ import annotations

from collections.abc import Iterator

from autoresearch.history import Archive
from autoresearch.records import Direction, Experiment, Outcome
from autoresearch.views.words import plain

HEADER = ("commit", "val_bpb", "memory_gb", "status", "description")


def tsv(history: Archive) -> str:
    """The whole table, header first, a line feed after every row."""
    rows = [HEADER, *(_row(history, done) for done in _comparable(history))]
    return "".join("\t".join(row) + "\n" for row in rows)


def remark(history: Archive) -> str:
    """What the second column holds, a sentence; empty where its heading says it."""
    metric = history.metric
    turned = metric.direction is Direction.MAXIMIZE
    if metric.name in ("", HEADER[1]) and not turned:
        return ""
    why = ", its sign turned, because upstream's notebook takes lower for better" if turned else ""
    return f"The column {HEADER[1]} holds {plain(metric.name, 60)}{why}."


def _comparable(history: Archive) -> Iterator[Experiment]:
    """This epoch's experiments: the format has no way to say that numbers do not compare."""
    first = history.baseline.number if history.baseline else len(history.experiments)
    yield from history.experiments[first:]


def _row(history: Archive, done: Experiment) -> tuple[str, ...]:
    scored = done.value is not None and done.verdict.outcome in (Outcome.KEEP, Outcome.DISCARD)
    sign = 1 if history.metric.direction is Direction.MINIMIZE else -1
    return (
        (done.candidate.commit if done.candidate else done.parent)[:7],
        f"{sign * done.value:.6f}" if scored and done.value is not None else "0.000000",
        f"{_memory_gb(history, done) if scored else 0.0:.1f}",
        str(done.verdict.outcome) if scored else "crash",
        _description(done),
    )


def _memory_gb(history: Archive, done: Experiment) -> float:
    if row := history.hearsay.get(done.number):
        return row.values.get("memory_gb", 0.0)
    peaks = [run.peak_memory_bytes or 0 for run in history.settled.get(done.number, ())]
    return max(peaks, default=0) / 2**30


def _description(done: Experiment) -> str:
    summary = done.candidate.summary if done.candidate else done.verdict.reason
    outcome = done.verdict.outcome
    if outcome in (Outcome.KEEP, Outcome.DISCARD, Outcome.CRASH):
        return plain(summary, 500)
    return plain(f"{outcome}: {summary}", 500)
