"""What one contest rests on."""

from __future__ import annotations

from dataclasses import dataclass, replace

from autoresearch.history.fold import History
from autoresearch.records import Measurement, Side


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one contest rests on: its own runs, and everything recorded before."""

    history: History
    number: int
    """Of the experiment, or of the certificate."""
    candidate: str
    """Commit."""
    incumbent: str
    """Commit."""
    runs: tuple[Measurement, ...] = ()
    """Runs this contest asked for, in order. `history` has them too."""
    certificate: bool = False
    """Whether this is the contest of a certificate."""

    def of(self, side: Side) -> list[Measurement]:
        """This contest's runs of one side, in order."""
        return [run for run in self.runs if run.side is side]

    def plus(self, run: Measurement) -> Evidence:
        """The evidence with one more run."""
        return replace(self, runs=(*self.runs, run))
