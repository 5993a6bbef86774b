"""What trackers are told: the study is a group, an experiment a run with an id that never changes.

A tracker never hears of an experiment twice. Where it can be asked what it has, it is asked; else a mark beside the
ledger remembers, for each destination, how far the last export came.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from autoresearch.export.frame import rows
from autoresearch.history import Archive, Epoch
from autoresearch.site import Site


@dataclass(frozen=True, slots=True)
class Attempt:
    """One experiment as a tracker's run."""

    id: str
    """The same in every export of this study, and in no other study's."""
    number: int
    name: str
    facts: Mapping[str, str]
    """Words: outcome, commit, summary ..."""
    scalars: Mapping[str, float]
    """Numbers that are known: the metric by its own name, the other metrics, seconds, money."""


def attempts(history: Archive, *, first: int = 0) -> Iterator[Attempt]:
    """Every finished experiment from number `first` on."""
    key = study_key(history)
    for row in rows(history)[first:]:
        facts = {name: str(cell) for name, cell in row.items() if isinstance(cell, str) and cell}
        scalars = {
            name.removeprefix("value."): float(cell)
            for name, cell in row.items()
            if isinstance(cell, int | float) and name not in ("number", "epoch", "value")
        }
        if isinstance(row["value"], float):
            scalars[str(row["metric"])] = row["value"]
        number = row["number"]
        assert isinstance(number, int)
        yield Attempt(f"{key}-{number}", number, f"{row['study']} #{number}", facts, scalars)


def study_key(history: Archive) -> str:
    """What tells this study from another of the same name: hex, 12 digits."""
    study = history.study
    begun = next((record.started for _, record in history.trail if isinstance(record, Epoch)), "")
    text = f"{study.name}:{study.base}:{begun}" if study else ""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a destination that cannot be asked has been told."""

    path: Path

    @classmethod
    def of(cls, site: Site, destination: str) -> Mark:
        """The mark of one destination of one study."""
        name = hashlib.sha256(destination.encode()).hexdigest()[:16]
        return cls(site.folder / "exports" / f"{name}.json")

    def read(self) -> int:
        """Number of the first experiment it has not been told."""
        try:
            told = json.loads(self.path.read_bytes())["next"]
        except (OSError, ValueError, KeyError, TypeError):
            return 0
        return told if isinstance(told, int) else 0

    def write(self, following: int) -> None:
        """Remember that it has been told of everything before `following`."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps({"next": following}))
        new.replace(self.path)
