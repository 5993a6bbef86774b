"""What another tool's ledger says.

Hearsay is not a measurement: nobody of ours saw the run, so no rule of ours reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from autoresearch.records import Candidate, Experiment, Outcome, Verdict

IMPORTED = "imported"
"""Trust class of every epoch whose numbers were read from another tool's ledger."""


@dataclass(frozen=True, slots=True)
class Imported:
    """Where an imported study comes from. A history with one is read-only."""

    file: str
    """Its name, without folders."""
    sha256: str
    """Of its bytes, which are kept beside the ledger under this name."""
    form: str
    """"table", "pi" or "trailers"."""
    bytes: int
    lines: int
    """Of the file; every one of them is a row's, or a heading, or blank, or a remark."""
    rows: int
    """Rows read. None is ever dropped."""
    doubts: tuple[str, ...] = ()
    """What could not be taken as it stands, by line."""


@dataclass(frozen=True, slots=True)
class Hearsay:
    """One row of another tool's ledger, as it was written and as it is read."""

    number: int
    line: int
    """Of the file, from 1."""
    text: str
    """The row as it stands there, all its lines."""
    name: str
    """What the study calls its commit: the row's own word for it, made unique."""
    commit: str
    """The row's own word, perhaps no commit at all."""
    status: str
    """Their word for what became of it."""
    outcome: Outcome
    """Ours for it; `unknown` where the word has no certain meaning. Only their word for "keep" is a keep."""
    value: float | None
    """The metric; None where the row has no number, or one that cannot be taken as it stands."""
    cell: str
    """How the metric was written."""
    summary: str = ""
    hypothesis: str = ""
    started: str = ""
    """When, as written."""
    values: Mapping[str, float] = field(default_factory=dict)
    """Other numbers of the row by name."""
    extra: Mapping[str, str] = field(default_factory=dict)
    """Other cells by heading, as written."""
    doubts: tuple[str, ...] = ()

    def experiment(self, parent: str) -> Experiment:
        """The attempt this row tells of, for surfaces that show attempts. It has no measurements, for we made none."""
        made = Candidate(
            self.number, self.name, self._parent(parent), self.summary, self.hypothesis, started=self.started
        )
        said = f"their word is {self.status!r}" if self.status else "the row does not say what became of it"
        reason = "; ".join([said, *self.doubts])
        return Experiment(
            self.number, made, Verdict(self.outcome, reason), self.value, made.parent, started=self.started
        )

    def _parent(self, tip: str) -> str:
        """What it grew from: their best so far. The first level of a segment is its own parent, as a baseline is."""
        return tip or (self.name if self.outcome is Outcome.KEEP else "unknown")
