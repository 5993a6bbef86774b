"""A study as it is now: its ledger, read on while it grows, and arranged for looking at."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from autoresearch.history import Archive, History, is_baseline
from autoresearch.ledger import Ledger
from autoresearch.ledger.events import Event
from autoresearch.report.staircase import Staircase
from autoresearch.site import Site
from autoresearch.views.reading import Reading, Span
from autoresearch.views.sentences import figures_of
from autoresearch.views.standing import Standing, standings
from autoresearch.views.words import Figures

Status = Callable[[Site, Ledger[Archive]], dict[str, Any]]
"""What `status --json` says of a study."""
SLICE = 1000
"""Lines read between two looks at the clock."""
REMEMBERED = 200
"""Events kept for the log."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything the view draws, of one moment. Made off the screen's thread, then only read."""

    reading: Reading
    standings: dict[int, Standing]
    status: dict[str, Any]
    experiments: int
    """How many it speaks of; the history may have grown since."""
    share: float
    """Of the ledger's bytes that were read, 0 to 1."""
    stairs: dict[int, Staircase] = field(default_factory=dict)
    """By index of the epoch's span, made when first looked at."""

    @property
    def history(self) -> Archive:
        """What the ledger says."""
        return self.reading.history

    def tried(self, numbers: Iterable[int] | None = None) -> int:
        """How many of these, or of all, are experiments: a baseline tries nothing."""
        done = self.history.experiments
        return sum(
            not is_baseline(done[number]) for number in (range(self.experiments) if numbers is None else numbers)
        )

    def span_of(self, number: int) -> Span | None:
        """The epoch of an experiment; the newest one's before there are any."""
        spans = self.reading.spans
        return self.reading.span_of(number) if self.experiments else spans[-1] if spans else None

    def staircase(self, number: int) -> Staircase | None:
        """The picture of the epoch that experiment `number` belongs to; None before the first epoch."""
        span = self.span_of(number)
        if span is None:
            return None
        if span.index not in self.stairs:
            self.stairs[span.index] = Staircase.of(self.reading, span)
        return self.stairs[span.index]

    def figures(self, number: int) -> Figures:
        """How the numbers of that experiment's epoch are written."""
        return figures_of(self.reading, self.span_of(number))


class _Deaf(History):
    """For reading lines that are folded in elsewhere."""

    def add(self, record: object) -> None:
        """Nothing is remembered."""


@dataclass(slots=True)
class Feed:
    """One study's ledger, followed. Safe between threads; every call may wait for the disk."""

    site: Site
    status_of: Status
    events: deque[Event] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    """The newest events nobody has taken yet."""
    behind: bool = True
    """Whether the last reading ended for want of time, not of lines."""
    ledger: Ledger[Archive] = field(init=False)
    _seq: int = 0
    """Lines read when it was last asked."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.site.ledger_path, Archive())

    def read(self, *, seconds: float) -> bool:
        """Fold in what is new, for about so long. Returns whether there is more than last time. Raises LedgerError."""
        end, before = time.monotonic() + seconds, self._seq
        with self._lock:
            while fresh := self.ledger.refresh(SLICE):
                self.events.extend(fresh)
                if time.monotonic() > end:
                    break
            self.behind, self._seq = bool(fresh), self.ledger.position.seq
        return self._seq > before

    def scene(self) -> Scene:
        """The study as far as it was read."""
        with self._lock:
            reading, where = Reading.of(self.ledger.history), self.ledger.position
            size = self.ledger.path.stat().st_size
            return _scene(reading, self.status_of(self.site, self.ledger), where.offset / size if size else 1.0)

    def say(self, word: Callable[[Site, Ledger[Archive]], str]) -> str:
        """Say a human's word to the study through its ledger. Returns what it comes to. Raises UserError."""
        with self._lock:
            before = self.ledger.position
            said = word(self.site, self.ledger)
            self.events.extend(Ledger(self.ledger.path, _Deaf(), since=before).refresh())  # it folded them in itself
            return said


def _scene(reading: Reading, status: dict[str, Any], share: float) -> Scene:
    scene = Scene(reading, standings(reading), status, len(reading.history.experiments), share)
    scene.staircase(scene.experiments - 1)
    return scene
