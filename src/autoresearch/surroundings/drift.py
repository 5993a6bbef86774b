"""What a night ends with when the ground under its numbers moves."""

from __future__ import annotations

from autoresearch.errors import RigFault


class Drift(RigFault):
    """Something numbers depend on changed while a night ran. What was being measured is not recorded.

    Its text is the changes; `advice` is what to know about them, a sentence or nothing.
    """

    def __init__(self, changes: str, *, advice: str = "") -> None:
        super().__init__(changes)
        self.advice = advice
