"""The morning for programs: the claim, its level and gain with their intervals, and the counts."""

from __future__ import annotations

from typing import Any

from autoresearch.history import Archive
from autoresearch.report.headline import certified_gain
from autoresearch.report.imported import said_of
from autoresearch.views.reading import Reading
from autoresearch.views.rows import finite
from autoresearch.views.standing import failures, hit_rate
from autoresearch.views.tip import standing_certificate


def figures(history: Archive, *, first: int = 0, ran_out: bool = False) -> dict[str, Any]:
    """What the page says in figures; the counts are those of experiments from number `first` on.

    `ran_out` as the headline takes it. None is unknown, or that nothing is certified; an unbounded end is None too.
    """
    reading = Reading.of(history)
    said, rate, proof, gain = said_of(history, ran_out=ran_out), hit_rate(reading, first=first), None, None
    if not history.imported:
        proof, gain = standing_certificate(history), certified_gain(reading)
    return {
        "claim": said.claim,
        "proven": said.proven,
        "level": finite(proof.mean) if proof else None,
        "interval": [finite(proof.low), finite(proof.high)] if proof else None,
        "gain": finite(gain.estimate) if gain else None,
        "gain_interval": [finite(gain.low), finite(gain.high)] if gain else None,
        "counts": {
            "experiments": rate.tried,
            "kept": rate.kept,
            "certified": rate.certified,
            "rolled_back": rate.rolled_back,
            "without_score": sum(len(failure.experiments) for failure in failures(history, first=first)),
        },
    }
