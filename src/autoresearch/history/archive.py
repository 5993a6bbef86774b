"""A history that forgets nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

from autoresearch.hearsay import Hearsay
from autoresearch.history.fold import History
from autoresearch.records import Candidate, Certificate, Experiment, Measurement


@dataclass(slots=True)
class Archive(History):
    """A history that forgets nothing, for those who look at a study rather than run one."""

    settled: dict[int, list[Measurement]] = field(default_factory=dict)
    """Runs of finished experiments of every epoch, by number."""
    proofs: list[list[Measurement]] = field(default_factory=list)
    """Runs of each certificate, in the order of `certificates`."""
    trail: list[tuple[int, object]] = field(default_factory=list)
    """Every other record, certificates too, with the number of the experiment that was next; oldest first."""

    def add(self, record: object) -> None:
        """Fold one record in, and keep what the rules no longer need."""
        match record:
            case Candidate() | Measurement() | Hearsay():
                pass
            case Experiment():
                self.settled[record.number] = self.pending.get(record.number, [])
            case Certificate():
                self.proofs.append(list(self.pending_certificate))
                self.trail.append((self.next_number, record))
            case _:
                self.trail.append((self.next_number, record))
        History.add(self, record)
