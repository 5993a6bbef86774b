"""What a preset makes of a budget, before anything is measured."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from autoresearch.records import Measurement, Metric
from autoresearch.referees.allowance import MOST_PLANNED
from autoresearch.referees.certify import Certify
from autoresearch.referees.exact import BASELINE_RUNS
from autoresearch.referees.pairing import TIME_BOTH, differences, unpaired
from autoresearch.referees.ranked import FEW, STRICT
from autoresearch.referees.reading import SENTINEL_EVERY, numbers
from autoresearch.referees.timing import Timing
from autoresearch.stats.levels import Noise
from autoresearch.stats.looks import design_for
from autoresearch.task import Budget

BASELINE = {
    "certify": Certify().baseline_runs,
    "strict": STRICT.pool,
    "fdr": STRICT.pool,
    "few": FEW.pool,
    "timing": Timing().baseline_runs,
    "exact": BASELINE_RUNS,
}
"""Runs of the baseline, by preset."""

SINGLE = ("strict", "fdr", "few", "timing")
"""Presets that prove, and certify, every single keep."""

_FURTHER_LOOKS = {"strict": 1.1, "fdr": 1.1, "few": 0.8, "timing": 4.3}
"""Runs after the first that a change which is no better costs, by preset; from `benchmarks/null_nights.py`."""

_SMALLEST_GAIN = {
    "strict": ((100, 1.8), (1000, 2.03)),
    "fdr": ((100, 1.78), (1000, 2.02)),
    "few": ((60, 2.67),),
    "timing": ((1000, 1.02),),
}
"""Gain in sigma kept with 80 % probability, by experiments planned; from `benchmarks/certificate_design.py`."""


def certificates(budget: Budget, preset: str) -> int:
    """How many certificates a night with this budget may ask for.

    More of them give the night more chances and each of them less of the 5 %. `strict` and `few` certify every keep.
    """
    if preset in SINGLE:
        return budget.experiments or MOST_PLANNED
    if budget.experiments is None:
        return 2
    return next((k for k, below in ((1, 40), (2, 150), (4, 500)) if budget.experiments < below), 8)


def fixed_runs(budget: Budget, preset: str) -> int:
    """Runs a night in which little is better needs besides one for each experiment.

    The baseline's, sentinels, further looks at single changes, certificates.
    """
    runs, experiments = BASELINE[preset], budget.experiments or 0
    if preset == "exact":
        return runs + 2 * certificates(budget, preset)
    if preset != "timing":
        runs += experiments // SENTINEL_EVERY
    if preset == "certify":
        design = design_for(certificates(budget, preset))
        return runs + 2 * design.looks[1] * certificates(budget, preset)
    return runs + round(experiments * _FURTHER_LOOKS[preset])


def smallest_gain(preset: str, metric: Metric, runs: Sequence[Measurement], budget: Budget) -> float | None:
    """Gain, in the metric's unit, that this budget proves with 80 % probability, by these runs of the baseline.

    For `certify` the gain of one block of keeps, for presets that prove every keep that of a single change; for `fdr`
    before its first keep, after which the level grows. None where noise is no obstacle, or not known; nor on finite
    data, where the sealed records decide as well, at a level of the study and not of the night.
    """
    sigma = sigma_of(preset, metric, runs)
    if preset == "exact" or metric.source == "depleting" or not sigma:
        return None
    if preset == "certify":
        return sigma * design_for(certificates(budget, preset)).smallest_gain
    table = _SMALLEST_GAIN[preset]
    planned = budget.experiments or MOST_PLANNED
    return sigma * next((gain for most, gain in table if planned <= most), table[-1][1])


def sigma_of(preset: str, metric: Metric, runs: Sequence[Measurement]) -> float | None:
    """Standard deviation of what the preset compares, in the metric's unit: one run, or the two sides of one run."""
    if preset == "timing":
        noise = None if unpaired(metric, runs) else Noise.of(differences(metric, runs))
        return noise.sigma * abs(fmean(numbers(metric, runs))) if noise else None
    noise = Noise.of(numbers(metric, runs))
    return noise.sigma if noise else None


def objections(preset: str, metric: Metric, runs: Sequence[Measurement]) -> list[str]:
    """Why this preset does not suit a baseline that ran like this, a sentence each."""
    if preset == "timing":
        problem = unpaired(metric, runs)
        return [f"{problem} Try: {TIME_BOTH}."] if problem else []
    values = {run.value for run in runs}
    if preset == "exact" and len(values) > 1:
        return [
            'The baseline\'s runs differ, so the metric is not deterministic. Try: preset = "certify" in [referee].'
        ]
    if preset in SINGLE and len(runs) > 1 and len(values) == 1:
        return [
            f'The baseline\'s runs are all equal, which {preset} wastes runs on. Try: preset = "exact" in [referee].'
        ]
    return []
