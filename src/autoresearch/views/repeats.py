"""What running the same commit again showed, in words, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator

from autoresearch.stats.repeats import Repeats

CLEARLY = 0.5
"""A part of the variance from which it is worth acting on."""


def kind(found: Repeats) -> str:
    """The metric's determinism in one phrase."""
    if not found.varies:
        return "deterministic: every run gave the same number, whatever its seed"
    if found.repeats:
        return "the same seed repeats: all of the noise is the seed's"
    if found.seed_share is None:
        return "noisy: the same seed gave another number"
    return f"noisy: the seed explains {found.seed_share:.0%} of the variance, the machine the rest"


def advice(found: Repeats, *, preset: str, cores: int | None, table: str) -> Iterator[str]:
    """What the task file could say instead, a sentence each. `table` is where the candidate's limits stand.

    A race is timed on both sides at once: what the machine adds is its referee's business, and needs no advice.
    """
    if not found.varies and preset != "exact":
        yield f'All runs are equal, so {preset} repeats them for nothing. Try: preset = "exact" in [referee].'
    if found.varies and found.repeats and preset == "exact":
        yield 'The number depends on the seed, and exact needs one that does not. Try: preset = "certify" in [referee].'
    machine = None if found.seed_share is None else 1 - found.seed_share
    if machine is not None and machine > CLEARLY and cores is None and preset != "timing":
        yield (
            f"The machine makes {machine:.0%} of the noise. Try: cores = 1 in [{table}], a quieter machine, "
            "or a metric that counts instead of timing."
        )
