"""The referees' sentences."""

from __future__ import annotations

import math
from collections.abc import Sequence

from autoresearch.history import History
from autoresearch.records import Certificate, Measurement, Metric, Ruling, TrustClass
from autoresearch.stats.drift import Drift
from autoresearch.stats.levels import Noise, mean_interval


def amount(metric: Metric, size: float) -> str:
    """A difference in the metric's unit, three digits, without its sign."""
    return f"{abs(size):.3g} {metric.unit}".rstrip()


def distance(metric: Metric, gain: float, *, rival: str, noise: Noise | None = None) -> str:
    """How far better or worse than `rival`, in the metric's unit, and in sigma where the noise is known."""
    way = f"{amount(metric, gain)} {'better' if gain > 0 else 'worse'}" if gain else "no better"
    sigmas = noise.sigmas(gain) if noise else None
    return f"{way} than {rival}" + ("" if sigmas is None else f" ({abs(sigmas):.1f} sigma)")


def baseline(metric: Metric, values: Sequence[float]) -> str:
    """Where the epoch starts from, and how noisy it is."""
    if not values:
        return "baseline: none of its runs gave a number"
    level, noise = mean_interval(values), Noise.of(values)
    text = f"baseline: {level.estimate:.6g} {metric.unit}".rstrip()
    if noise is None:
        return f"{text} in one run, noise unknown"
    return f"{text}, mean of {len(values)} runs, sigma {amount(metric, noise.sigma)}"


def alarm(drift: Drift) -> str:
    """What to add to a reason when the machine seems to have changed; empty when it does not."""
    if not drift.alarms:
        return ""
    return "; drift alarm: re-measurements of the incumbent have moved, earlier runs of it no longer count"


def no_number(run: Measurement) -> str:
    """Why a run that ended well is worth nothing."""
    cause = run.foul.partition(": ")[2]
    return "its run gave no number" + (f": {cause}" if cause else "")


def certificate(history: History, done: Certificate) -> str:
    """One sentence for a certificate, by its other fields."""
    metric, said = history.metric, {Ruling.CERTIFIED: "certified", Ruling.ROLLED_BACK: "rolled back"}
    odds = f"p = {done.p:.2g} of {done.level:.2g} allowed, {runs(done.n)} a side"
    text = f"{said.get(done.ruling, 'not certified')}: {gain(metric, done)}, {odds}"
    place = ", on the holdout" if done.split == "holdout" else ""
    return f"{trust(history)}{text}{place}"


def rival(history: History) -> str:
    """Whom a certificate holds the tip against."""
    return "the study's base" if history.prunes else "what was certified last"


def trust(history: History) -> str:
    """The label every claim starts with when candidate and metric share a process."""
    self_reported = history.epoch is not None and history.epoch.trust_class == TrustClass.SELF_REPORTED
    return "self-reported: " if self_reported else ""


def gain(metric: Metric, done: Certificate) -> str:
    """The gain a certificate saw, with its interval."""
    if not math.isfinite(done.gain):
        return "some of its runs gave no number"
    way = "better" if done.gain > 0 else "worse"
    size = f"{amount(metric, done.gain)} {way}" if done.gain else "no better"
    return f"{size} (95 % interval of the gain {done.gain_low:+.3g} to {done.gain_high:+.3g})"


def runs(n: int) -> str:
    """ "1 run", "4 runs"."""
    return f"{n} run{'s' if n != 1 else ''}"
