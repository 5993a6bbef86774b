"""What a preset makes of a budget, before anything is measured."""

from __future__ import annotations

from collections.abc import Sequence

from autoresearch.referees.certify import Certify
from autoresearch.referees.exact import BASELINE_RUNS
from autoresearch.referees.ranked import FEW, MOST_PLANNED, STRICT
from autoresearch.referees.reading import SENTINEL_EVERY
from autoresearch.stats.looks import design_for
from autoresearch.task import Budget

BASELINE = {"certify": Certify().baseline_runs, "strict": STRICT.pool, "few": FEW.pool, "exact": BASELINE_RUNS}
"""Runs of the baseline, by preset."""

_SMALLEST_GAIN = {"strict": ((100, 1.87), (1000, 2.11)), "few": ((60, 2.7),)}
"""Gain in sigma kept with 80 % probability, by experiments planned; from `benchmarks/certificate_design.py`."""


def certificates(budget: Budget, preset: str) -> int:
    """How many certificates a night with this budget may ask for.

    More of them give the night more chances and each of them less of the 5 %. `strict` and `few` certify every keep.
    """
    if preset in ("strict", "few"):
        return budget.experiments or MOST_PLANNED
    if budget.experiments is None:
        return 2
    return next((k for k, below in ((1, 40), (2, 150), (4, 500)) if budget.experiments < below), 8)


def fixed_runs(budget: Budget, preset: str) -> int:
    """Runs a night typically needs besides one for each experiment: baseline, sentinels, certificates."""
    runs = BASELINE[preset]
    if preset == "exact":
        return runs + 2 * certificates(budget, preset)
    runs += (budget.experiments or 0) // SENTINEL_EVERY
    if preset == "certify":
        design = design_for(certificates(budget, preset))
        runs += 2 * design.looks[1] * certificates(budget, preset)
    return runs


def smallest_gain(preset: str, sigma: float, budget: Budget) -> float | None:
    """Gain, in the unit of `sigma`, that this budget proves with 80 % probability; None where noise is no obstacle.

    For `certify` the gain of one block of keeps, for `strict` and `few` that of a single change.
    """
    if preset == "exact":
        return None
    if preset == "certify":
        return sigma * design_for(certificates(budget, preset)).smallest_gain
    table = _SMALLEST_GAIN[preset]
    planned = budget.experiments or MOST_PLANNED
    return sigma * next((gain for most, gain in table if planned <= most), table[-1][1])


def objections(preset: str, values: Sequence[float]) -> list[str]:
    """Why this preset does not suit a baseline that gave these values, a sentence each."""
    if len(values) < 2:
        return []
    varies = len(set(values)) > 1
    if preset == "exact" and varies:
        return [
            'The baseline\'s runs differ, so the metric is not deterministic. Try: preset = "certify" in [referee].'
        ]
    if preset in ("strict", "few") and not varies:
        return [
            f'The baseline\'s runs are all equal, which {preset} wastes runs on. Try: preset = "exact" in [referee].'
        ]
    return []
