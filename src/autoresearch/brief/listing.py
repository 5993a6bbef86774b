"""What was tried, as the lines of a brief: the most informative that there is room for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from autoresearch import clean
from autoresearch.history.tried import Tried
from autoresearch.memory.ideas import Idea
from autoresearch.memory.notes import title
from autoresearch.records import Experiment, Outcome

MAX_SUMMARY = 160
MAX_REASON = 120
"""Characters kept of each text."""
MOST_IDEAS = 60
MOST_ROWS = 12
"""Experiments listed below one idea."""
MOST_CAUSES = 10


@dataclass(frozen=True, slots=True)
class Entry:
    """One idea, for the reader."""

    head: str
    rows: tuple[str, ...]
    more: int
    """Experiments of it that are not listed."""


def entries(found: Sequence[Idea], room: int) -> list[Entry]:
    """As many ideas as go into `room` characters, then of each its best experiment, its second best, while they fit."""
    heads: list[str] = []
    for idea in found[:MOST_IDEAS]:
        head = _head(idea)
        if (room := room - len(head) - 3) < 0:
            break
        heads.append(head)
    chosen: list[list[str]] = [[] for _ in heads]
    ranked = [[] if len(idea.members) == 1 else idea.ranked[:MOST_ROWS] for idea in found[: len(heads)]]
    for turn in range(MOST_ROWS):
        for rows, members in zip(chosen, ranked, strict=True):
            if turn < len(members) and room >= 0:
                text = row(members[turn])
                room -= len(text) + 5
                if room >= 0:
                    rows.append(text)
    return [
        Entry(head, tuple(rows), len(idea.members) - len(rows) if rows else 0)
        for head, rows, idea in zip(heads, chosen, found, strict=False)
    ]


def row(each: Tried, *, also: str = "") -> str:
    """One experiment in one line: `#12 kept, 2.1 sigma better: raise the learning rate`."""
    reason = f" ({clean.line(each.experiment.verdict.reason, MAX_REASON)})" if each.experiment.value is None else ""
    return f"#{each.number} {each.story}{also}{reason}: {clean.line(each.summary, MAX_SUMMARY)}"


def _head(idea: Idea) -> str:
    name = title(idea)
    if len(idea.members) == 1:
        return f"{name} {row(idea.members[0])}"
    counts = {"kept": idea.kept, "close": idea.near, "discarded": idea.lost, "failed": idea.failed}
    told = ", ".join(f"{len(members)} {what}" for what, members in counts.items() if members)
    return f"{name}: {told}{' (a dead end so far)' if idea.is_dead_end else ''}"


def fruitless(history: Iterable[Tried]) -> Iterator[str]:
    """Attempts no candidate came of, one line a cause, the most frequent first."""
    latest: dict[tuple[Outcome, str], Experiment] = {}
    times: Counter[tuple[Outcome, str]] = Counter()
    for each in history:
        if each.experiment.candidate is None:
            verdict = each.experiment.verdict
            kind = verdict.outcome, verdict.cause or verdict.reason[:40]
            latest[kind] = each.experiment
            times[kind] += 1
    for kind, count in times.most_common(MOST_CAUSES):
        often = f"{count} times, last in " if count > 1 else ""
        yield f"{often}#{latest[kind].number} {kind[0]}: {clean.line(latest[kind].verdict.reason, MAX_REASON)}"
