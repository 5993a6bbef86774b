"""Where both sides are timed in every run, numbers are told as they stood beside each other, never between runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean

from autoresearch import referees
from autoresearch.records import Measurement, Metric, Side
from autoresearch.referees.pairing import differences, relative, rival
from autoresearch.stats.pairs import centre
from autoresearch.stats.ranks import Interval
from autoresearch.views.reading import Proof, Span


def is_paired(span: Span) -> bool:
    """Whether this epoch's runs timed both sides."""
    return span.epoch.referee == "timing"


def beside(metric: Metric, runs: Sequence[Measurement]) -> float | None:
    """Where the incumbent stood in these very runs; None where they did not time it."""
    values = [value for run in runs if (value := rival(metric, run)) > 0]
    return fmean(values) if values else None


def spread(span: Span) -> float | None:
    """Standard deviation of a pair of equals, as a share of their level: the baseline's, timed beside itself."""
    floor = span.noise
    if not floor or not span.baseline or not span.baseline.candidate:
        return None
    runs = [run for run in span.runs[span.baseline.candidate.commit] if run.experiment == span.baseline.number]
    sigma = referees.sigma_of("timing", span.epoch.metric, runs)
    return sigma / abs(floor.mean) if sigma is not None and floor.mean else None


def delivered(metric: Metric, proofs: Sequence[Proof]) -> tuple[float, Interval] | None:
    """Where the first certificate's incumbent stood, and the gain over it, at the speed of the last one's runs.

    Ratios multiply, for each is from runs of its own; their logarithms' intervals add in quadrature. None without
    pairs.
    """
    runs = [_ours(proof) for proof in proofs]
    levels = [level for each in runs if (level := beside(metric, each)) is not None]
    if len(levels) < len(proofs):
        return None
    parts = [centre(differences(metric, each)) for each in runs]
    total = sum(part.estimate for part in parts)
    down = math.hypot(*(part.estimate - part.low for part in parts))
    up = math.hypot(*(part.high - part.estimate for part in parts))
    base = levels[-1] / math.prod(_left(metric, part.estimate) for part in parts[:-1])
    low, middle, high = (relative(metric, each) * base for each in (total - down, total, total + up))
    return base, Interval(middle, low, high)


def _ours(proof: Proof) -> list[Measurement]:
    """The certified commit's runs; a certificate that was cut short may have left others behind."""
    return [run for run in proof.runs if run.side is Side.CANDIDATE and run.commit == proof.certificate.commit]


def _left(metric: Metric, log_ratio: float) -> float:
    """What a gain makes of the value: 0.8 where it takes a fifth off."""
    return 1 + metric.gain(relative(metric, log_ratio), over=0.0)
