"""What became of changes when they were measured alone: revalidated, handed over, taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autoresearch.history import Archive, Night
from autoresearch.report.sheet import Line
from autoresearch.views.finished import finished
from autoresearch.views.pruning import pruning
from autoresearch.views.revalidated import Remeasured, gain_words, revalidated
from autoresearch.views.words import Figures, numbers, plain


@dataclass(frozen=True, slots=True)
class Again:
    """One change, or one branch, measured again."""

    who: str
    claimed: str
    now: str
    runs: int
    verdict: str
    summary: str


@dataclass(frozen=True, slots=True)
class AgainTable:
    """Several, and under what they were measured."""

    note: str
    rows: Sequence[Again]


def measured_again(history: Archive) -> AgainTable | None:
    """The last revalidation; None without any."""
    table = revalidated(history)
    if table is None:
        return None
    figures = Figures(table.metric.unit)
    rows = [_row(row, "all" if row.experiment is None else str(row.experiment), figures) for row in table.rows]
    return AgainTable(f"Measured in epoch {table.plan.epoch}, each change alone on the base.", rows)


def handed_over(history: Archive) -> AgainTable | None:
    """The branches of the last hand-over; None without any."""
    table = finished(history)
    if table is None:
        return None
    figures = Figures(table.metric.unit)
    rows = [_row(each.measured, numbers(each.experiments), figures) for each in table.rows]
    how = "each branch alone on the base" if table.finish.runs else "not measured again"
    what = "" if table.finish.certified else " Not certified: provisional."
    return AgainTable(f"Branches made in epoch {table.finish.epoch}, {how}.{what}", rows)


def taken_back(history: Archive) -> list[Line]:
    """What the last night that pruned took out, what stayed, and the proof; nothing where none did."""
    if not any(isinstance(record, Night) and record.purpose == "prune" for _, record in history.trail):
        return []
    done = pruning(history)
    gone = ", ".join(f"#{number}" for number in done.taken_back) or "nothing"
    size = (
        f"{done.nodes:+,d} {plain(done.counted, 40)}".replace("-", "−")
        if done.nodes is not None and done.taken_back
        else ""
    )
    stays = [
        Line("" if each.experiment is None else f"#{each.experiment} stays", plain(each.why, 300))
        for each in done.stays
    ]
    return [Line("taken back", gone, size), *stays, Line("proof", done.reason or "none needed")]


def _row(row: Remeasured, who: str, figures: Figures) -> Again:
    return Again(
        who,
        gain_words(row.claimed, figures),
        gain_words(row.gain, figures),
        row.runs,
        plain(row.verdict, 200),
        plain(row.summary, 160),
    )
