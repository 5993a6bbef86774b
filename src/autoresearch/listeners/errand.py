"""The owner's command after every experiment, such as an export. Nobody waits for it, and its failure stops nothing."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from autoresearch import proc
from autoresearch.history import Ended, Note
from autoresearch.records import Experiment

LONGEST = 300.0
"""Seconds after which an errand is ended, so that one that hangs costs later ones nothing."""
LAST = 20.0
"""Seconds the night's end waits for the last one."""


@dataclass(slots=True)
class Errand:
    """Hears every record. One errand runs at a time: what is due meanwhile is done by the next one."""

    record: Callable[[Note], object]
    command: Sequence[str]
    """Empty for none."""
    root: Path
    """Where it runs."""
    running: subprocess.Popen[bytes] | None = None
    since: float = 0.0
    due: bool = False
    told: set[str] = field(default_factory=set)
    """What was noted already: an outage is one note, not one an experiment."""

    def __call__(self, record: object) -> None:
        """React to a record that has just become durable."""
        match record:
            case Experiment() if self.command:
                self.due = True
                self._go_on()
            case Ended() if self.command:
                self._finish()

    def _go_on(self) -> None:
        if self._is_busy() or not self.due:
            return
        self.due, self.since = False, time.monotonic()
        try:
            self.running = proc.aside(self.command, cwd=self.root)
        except proc.CommandError as error:
            self._tell(error.message)

    def _is_busy(self) -> bool:
        """Whether one runs still; how the last one ended is noted here."""
        if self.running is None:
            return False
        code = self.running.poll()
        if code is None and time.monotonic() - self.since < LONGEST:
            return True
        if code is None:
            proc.end(self.running)
        self.running = None
        if code != 0:
            self._tell("it did not end in time" if code is None else f"it ended with status {code}")
        return False

    def _finish(self) -> None:
        """Let the last ones end, for a moment."""
        self._wait()
        self._go_on()
        self._wait()
        if self.running is not None:
            self.since = float("-inf")
            self._is_busy()

    def _wait(self) -> None:
        if self.running is not None:
            with suppress(subprocess.TimeoutExpired):
                self.running.wait(LAST)
                self._is_busy()

    def _tell(self, what: str) -> None:
        if what not in self.told:
            self.told.add(what)
            self.record(Note("fault", f"hooks.experiment: {what}"))
