"""A bound on the logs and transcripts of a study: the oldest of failures go first, those of what was kept stay."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from autoresearch.history import History, Note
from autoresearch.records import Experiment, Outcome

MOST_BYTES = 512 << 20
"""What all of them together may take."""
LEFT = 0.8
"""Share of it that is left after some were dropped, so that it is not done all the time."""
RECENT = 20
"""Experiments whose logs stay in any case; so many are let pass before it is looked again."""

_JUDGED = (Outcome.KEEP, Outcome.DISCARD)


@dataclass(frozen=True, slots=True)
class Cap:
    """Hears every record, and drops logs when there are too many."""

    folder: Path
    history: Callable[[], History]
    record: Callable[[Note], object]
    most: int = MOST_BYTES

    def __call__(self, record: object) -> None:
        """React to a record that has just become durable."""
        if isinstance(record, Experiment) and record.number % RECENT == 0:
            number, freed = drop(self.folder, self.history(), most=self.most)
            if number:
                text = (
                    f"{number} old logs were dropped, {freed >> 20} MiB: together they may take {self.most >> 20} MiB"
                )
                self.record(Note("logs", text))


def drop(folder: Path, history: History, *, most: int) -> tuple[int, int]:
    """Delete logs in `folder` until they are well below `most` bytes. Returns how many, and their bytes.

    Those of failures go first, oldest first; then all others but those of keeps and of the last experiments.
    """
    sizes, times = _listed(folder)
    excess = sum(sizes.values()) - most
    if excess <= 0:
        return 0, 0
    failed, spared = _of_failures(history), _spared(history)
    order = sorted(sizes.keys() - spared, key=lambda name: (name not in failed, times[name]))
    number, freed = 0, 0
    for name in order:
        if freed >= excess + (1 - LEFT) * most:
            break
        (folder / f"{name}.log").unlink(missing_ok=True)
        number, freed = number + 1, freed + sizes[name]
    return number, freed


def _listed(folder: Path) -> tuple[dict[str, int], dict[str, int]]:
    """Size in bytes, and time of writing, of every log, by name."""
    if not folder.is_dir():
        return {}, {}
    found = {entry.name.removesuffix(".log"): entry.stat() for entry in os.scandir(folder) if entry.name[-4:] == ".log"}
    return {name: info.st_size for name, info in found.items()}, {name: i.st_mtime_ns for name, i in found.items()}


def _of_failures(history: History) -> set[str]:
    return {
        name for done in history.experiments if done.verdict.outcome not in _JUDGED for name in _names(history, done)
    }


def _spared(history: History) -> set[str]:
    kept = [done for done in history.experiments if done.verdict.outcome is Outcome.KEEP]
    return {name for done in (*kept, *history.experiments[-RECENT:]) for name in _names(history, done)}


def _names(history: History, done: Experiment) -> list[str]:
    """Logs of one experiment, as far as the history still knows its runs."""
    made = done.candidate
    runs = history.runs.get((made.commit, "public"), ()) if made else ()
    return [name for name in (done.log, made.transcript if made else "", *(run.log for run in runs)) if name]
