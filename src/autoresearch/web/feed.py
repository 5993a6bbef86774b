"""A study as the page needs it: every experiment as a short row, and which rows changed since when."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from autoresearch.history import Archive
from autoresearch.ledger import Ledger
from autoresearch.site import Site
from autoresearch.views.reading import Reading
from autoresearch.web.rows import Row, rows
from autoresearch.web.summary import summary

Status = Callable[[Site, Ledger[Archive]], dict[str, Any]]
"""What `status --json` says of a study."""
SHARE = 0.05
"""Of one core that following a growing ledger may take: a study is not to be disturbed by who looks at it."""


@dataclass(slots=True)
class Feed:
    """One study's ledger, followed. Safe between threads."""

    site: Site
    status_of: Status
    ledger: Ledger[Archive] = field(init=False)
    reading: Reading = field(init=False)
    _rows: list[Row] = field(default_factory=list)
    _stamps: list[int] = field(default_factory=list)
    """For each row, how many ledger lines there were when it last changed."""
    _summary: dict[str, Any] = field(default_factory=dict)
    _step: dict[str, object] | None = None
    _turn: int = -1
    """Counts what there was to see: it rises with every change, of the ledger or of the step."""
    _rest_until: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.ledger = self.site.ledger()
        self._arrange()

    def since(self, turn: int) -> dict[str, Any] | None:
        """What a page that saw `turn` lacks; None when that is nothing. Any number below 0 has seen nothing.

        Raises LedgerError.
        """
        with self._lock:
            self._follow()
            if 0 <= turn == self._turn:
                return None
            fresh = turn if turn <= self._turn else -1  # a number of another server's says nothing here
            changed = [row for row, stamp in zip(self._rows, self._stamps, strict=True) if stamp > fresh]
            return {"turn": self._turn, "rows": changed, "summary": self._summary}

    def read(self, look: Callable[[Reading], Any]) -> Any:
        """What `look` makes of the study as it is. Raises LedgerError."""
        with self._lock:
            self._follow()
            return look(self.reading)

    def say(self, word: Callable[[Site, Ledger[Archive]], str]) -> str:
        """Say a human's word to the study through its ledger. Returns what it comes to. Raises UserError."""
        with self._lock:
            self._rest_until = 0.0
            said = word(self.site, self.ledger)
            self._arrange()
            return said

    def _follow(self) -> None:
        """Read on, unless that was just done."""
        began = time.monotonic()
        if began < self._rest_until:
            return
        if self.ledger.refresh() or self.site.step() != self._step:
            self._arrange()
        self._rest_until = began + (time.monotonic() - began) / SHARE

    def _arrange(self) -> None:
        self._turn += 1
        self.reading = Reading.of(self.ledger.history)
        status = self.status_of(self.site, self.ledger)
        self._step = status["step"]
        self._summary = summary(self.reading, status)
        fresh = list(rows(self.reading))
        old = len(self._rows)
        for place, row in enumerate(fresh):
            if place >= old:
                self._stamps.append(self._turn)
            elif row != self._rows[place]:
                self._stamps[place] = self._turn
        self._rows = fresh
