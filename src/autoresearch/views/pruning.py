"""What the last night that pruned did: what was taken back, what stayed and why, and how it was proven."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from autoresearch.history import Archive, Night
from autoresearch.history.lineage import undoes
from autoresearch.records import Experiment, Outcome
from autoresearch.views.words import plain


@dataclass(frozen=True, slots=True)
class Stay:
    """A change that was not taken back."""

    experiment: int | None
    """Whose change it is; None where it could not be taken out at all, and `why` names it."""
    why: str


@dataclass(frozen=True, slots=True)
class Pruning:
    """One night that pruned."""

    taken_back: Sequence[int]
    """Numbers of the experiments whose changes are gone."""
    nodes: int | None
    """Net growth of the code by that; negative is smaller."""
    counted: str
    stays: Sequence[Stay]
    ruling: str
    """Of its certificate; empty when there was none."""
    reason: str

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)

    def text(self) -> str:
        """The same in a few lines."""
        gone = ", ".join(f"#{number}" for number in self.taken_back) or "nothing"
        size = f" ({self.nodes:+d} {self.counted})" if self.nodes is not None and self.taken_back else ""
        lines = [f"taken back: {gone}{size}"]
        for stay in self.stays:
            name = "" if stay.experiment is None else f"#{stay.experiment}: "
            lines.append(f"stays:      {name}{plain(stay.why, 300)}")
        lines.append(f"proof:      {self.reason or 'none needed, nothing was taken back'}")
        return "\n".join(lines)


def pruning(history: Archive) -> Pruning:
    """The last night that pruned. Raises ValueError when none did."""
    nights = [record for _, record in history.trail if isinstance(record, Night) and record.purpose == "prune"]
    if not nights:
        raise ValueError("no night has pruned")
    done = history.experiments[nights[-1].first :]
    gone = [each for each in done if each.verdict.outcome is Outcome.KEEP and undoes(each) is not None]
    sizes = [each.candidate.nodes for each in gone if each.candidate]
    proof = history.certificates[-1] if history.certificates_tonight and history.prunes else None
    return Pruning(
        taken_back=[number for each in gone if (number := undoes(each)) is not None],
        nodes=None if None in sizes else sum(size for size in sizes if size is not None),
        counted=next((each.candidate.counted for each in gone if each.candidate), ""),
        stays=[_stay(each) for each in done if each.verdict.outcome is not Outcome.KEEP],
        ruling=str(proof.ruling) if proof else "",
        reason=plain(proof.reason, 400) if proof else "",
    )


def _stay(done: Experiment) -> Stay:
    return Stay(undoes(done), done.verdict.reason)
