"""Made-up nights as ledgers on disk, written with the encoder every study's ledger is written with."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from autoresearch.ledger.events import GENESIS, digest, encode
from report.nights import Teller


@dataclass
class Scribe(Teller):
    """A teller that can write what it told, chained by hashes."""

    told: list[object] = field(default_factory=list)

    def add(self, record: object) -> None:
        super().add(record)
        self.told.append(record)

    def write(self, path: Path) -> Path:
        """The ledger, whole; what was written there before is gone."""
        head, lines = GENESIS, []
        for seq, record in enumerate(self.told):
            line = encode(record, seq=seq, prev=head, at=self.now())
            head = digest(line)
            lines.append(line + b"\n")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(lines))
        return path
