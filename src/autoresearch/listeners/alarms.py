"""Alarms while a study runs: public and sealed score part, the agent is given up. A person is told of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import fmean

from autoresearch import breaker
from autoresearch.history import History, Note
from autoresearch.notify import Bell
from autoresearch.records import Certificate, Experiment, Ruling


@dataclass(frozen=True, slots=True)
class Watch:
    """Hears every record: writes an alarm where something calls for a person, and passes alarms on."""

    history: Callable[[], History]
    record: Callable[[Note], object]
    bell: Bell
    """Who hears of alarms. That somebody could not be told is noted, and stops nothing."""
    give_up_after: Callable[[], int] = int
    """How many like failures of the agent in a row are too many; 0 for none."""

    def __call__(self, record: object) -> None:
        """React to a record that has just become durable."""
        match record:
            case Certificate() if text := gap(self.history(), record):
                self.record(Note("alarm", text))
            case Experiment() if text := breaker.tripped(self.history(), self.give_up_after()):
                self.record(Note("alarm", text))
            case Note(kind="alarm", text=text):
                study = self.history().study
                for failure in self.bell.ring("alarm", f"autoresearch {study.name if study else ''}: alarm", text):
                    self.record(Note("fault", failure))


def gap(history: History, done: Certificate) -> str:
    """Why `done` shows that the public score runs away from the sealed one; empty when it does not.

    Either the sealed records refuse the gain the public score shows, or they have now failed twice to confirm one.
    """
    if done.split != "holdout" or done.ruling is Ruling.CERTIFIED:
        return ""
    seen = _public_gain(history, done)
    if seen is None or seen <= 0:
        return ""
    unit = f" {history.metric.unit}".rstrip()
    public = f"the public score says {seen:+.3g}{unit} since the last certified commit"
    if done.gain_high < seen:
        return f"certificate {done.number}: {public}, the sealed data at most {done.gain_high:+.3g}{unit}"
    before = history.certificates[-2] if len(history.certificates) > 1 else None
    if before and before.ruling is not Ruling.CERTIFIED:
        return f"certificate {done.number}: {public}, and the sealed data have not confirmed it twice in a row"
    return ""


def _public_gain(history: History, done: Certificate) -> float | None:
    """How much better the public runs say the certificate's commit is; None when there are none to compare."""
    ours, theirs = history.values(done.commit), history.values(done.against)
    return history.metric.gain(fmean(ours), over=fmean(theirs)) if ours and theirs else None
