"""The report as a comment under a pull request or a nightly job: a few lines and one table, in GitHub's Markdown."""

from __future__ import annotations

from autoresearch.history import Archive
from autoresearch.report.headline import headline
from autoresearch.report.imported import claim, facts
from autoresearch.report.markdown import escape
from autoresearch.views.reading import Reading
from autoresearch.views.sentences import figures_of, margin
from autoresearch.views.standing import Change, failures, hit_rate, survivors
from autoresearch.views.words import count, muted

MOST_ROWS = 20
"""Rows of the table; the report has the rest."""


def render(history: Archive) -> str:
    """What survived, and how sure that is, on less than a screen; of an imported ledger, what is claimed there."""
    return _imported(history) if history.imported else _ours(history)


def _imported(history: Archive) -> str:
    """No row of theirs stands in a table of changes: none was measured."""
    said = claim(history)
    counts = [f"{fact.name}: {fact.value}{f' ({fact.note})' if fact.note else ''}" for fact in facts(history)]
    head = f"## {escape(history.study.name if history.study else 'nothing yet')}: {escape(said.claim)}"
    told = f"Imported: every number is their word, nothing here was measured. {'; '.join(counts)}."
    return "\n".join([head, "", escape(said.detail), "", escape(told)]) + "\n"


def _ours(history: Archive) -> str:
    reading = Reading.of(history)
    name = history.study.name if history.study else "nothing yet"
    said, kept = headline(reading), survivors(reading)
    lines = [f"## {escape(name)}: {escape(said.claim)}", ""]
    lines += [f"**{escape(said.levels)}**", ""] if said.levels else []
    lines += [escape(said.detail), "", _counted(reading)]
    if kept:
        lines += ["", "| # | change | gain | how sure | standing |", "|--:|---|--:|---|---|"]
        lines += [_row(reading, change) for change in kept[:MOST_ROWS]]
    if len(kept) > MOST_ROWS:
        lines += ["", f"… and {count(len(kept) - MOST_ROWS, 'kept change')} more."]
    return "\n".join(lines) + "\n"


def _counted(reading: Reading) -> str:
    rate, failed = hit_rate(reading), sum(len(failure.experiments) for failure in failures(reading.history))
    parts = [count(rate.tried, "experiment"), f"{rate.kept:,} kept", f"{rate.certified:,} certified"]
    return ", ".join([*parts, f"{rate.rolled_back:,} rolled back", f"{failed:,} without a score"]) + "."


def _row(reading: Reading, change: Change) -> str:
    done, best = change.experiment, change.fresh or change.gain
    span = reading.span_of(done.number)
    figures = figures_of(reading, span)
    label = "UNSAFE, " if span and span.epoch.unsafe else ""
    cells = (
        str(done.number),
        escape(muted(done.candidate.summary if done.candidate else "")),
        escape(figures.signed(best.mean)) if best else "unknown",
        escape(margin(best, figures)),
        f"{label}{change.standing}",
    )
    return f"| {' | '.join(cells)} |"
