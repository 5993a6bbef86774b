"""Upstream's `results.tsv`: five columns, so that its notebook runs unchanged.

The second column is always headed `val_bpb`, because the notebook asks for that name; what is in it is the study's own
metric. The notebook takes lower for better, so a maximised metric is written with its sign turned.
An attempt without a score is `crash` with 0.000000, as upstream codes it: never read that as a number. An imported
attempt of which nobody knows whether it was kept is `unknown`, and a number that an imported row lacks is `nan`: the
notebook counts the one as neither kept nor crashed, and draws the other nowhere.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from autoresearch.export.frame import inert
from autoresearch.history import Archive
from autoresearch.records import Direction, Experiment, Outcome
from autoresearch.views.words import plain

HEADER = ("commit", "val_bpb", "memory_gb", "status", "description")


def tsv(history: Archive) -> str:
    """The whole table, header first, a line feed after every row."""
    rows = [HEADER, *(_row(history, done) for done in _comparable(history))]
    return "".join("\t".join(row) + "\n" for row in rows)


def _comparable(history: Archive) -> Iterator[Experiment]:
    """This epoch's experiments: the format has no way to say that numbers do not compare."""
    first = history.baseline.number if history.baseline else len(history.experiments)
    yield from history.experiments[first:]


def _row(history: Archive, done: Experiment) -> tuple[str, ...]:
    status = _status(history, done)
    sign = 1 if history.metric.direction is Direction.MINIMIZE else -1
    number = "nan" if done.value is None else f"{sign * done.value:.6f}"
    return (
        _text((done.candidate.commit if done.candidate else done.parent)[:7]),
        "0.000000" if status == "crash" else number,
        f"{0.0 if status == 'crash' else _memory_gb(history, done):.1f}",
        status,
        _description(done),
    )


def _status(history: Archive, done: Experiment) -> str:
    """A word of upstream's, or `unknown`: of an imported row no crash is claimed that its ledger does not tell of."""
    outcome = done.verdict.outcome
    if outcome is Outcome.UNKNOWN:
        return str(outcome)
    has_score = outcome in (Outcome.KEEP, Outcome.DISCARD) and (done.value is not None or history.imported)
    return str(outcome) if has_score else "crash"


def _memory_gb(history: Archive, done: Experiment) -> float:
    if row := history.hearsay.get(done.number):
        return row.values.get("memory_gb", math.nan)
    peaks = [run.peak_memory_bytes or 0 for run in history.settled.get(done.number, ())]
    return max(peaks, default=0) / 2**30


def _description(done: Experiment) -> str:
    summary = done.candidate.summary if done.candidate else done.verdict.reason
    outcome = done.verdict.outcome
    if outcome in (Outcome.KEEP, Outcome.DISCARD, Outcome.CRASH, Outcome.UNKNOWN):
        return _text(summary)
    return _text(f"{outcome}: {summary}")


def _text(text: str) -> str:
    """Strangers' text as one cell: no formula to a spreadsheet, and to pandas no quote that hides line ends."""
    text = str(inert(plain(text, 500)))
    return f"'{text}" if text.startswith('"') else text
