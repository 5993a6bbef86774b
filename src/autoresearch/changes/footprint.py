"""What a change touches and what it leads to, told without running anything."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Footprint:
    """Where one change stands. Empty in ledgers that did not say."""

    places: tuple[str, ...] = ()
    """What it touched, in order: `train.py:LEARNING_RATE`, `model.py:Block.forward()`, `notes.txt`; the first few."""
    parts: int | None = None
    """How many independent changes it holds: see `hunks.parts`. None where it cannot be told."""
    form: str = ""
    """Digest of the code it leads to, comments and formatting of Python aside: equal only for what does the same."""


UNTOLD = Footprint()
"""Of changes nobody looked at."""
