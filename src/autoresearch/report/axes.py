"""Axes: from data to pixels, and round numbers to write beside them."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """A linear map from data to pixels. Data outside is not clipped."""

    low: float
    high: float
    start: float
    """Pixel of `low`."""
    end: float

    def __call__(self, value: float) -> float:
        """Pixel of `value`."""
        return self.start + (value - self.low) / ((self.high - self.low) or 1.0) * (self.end - self.start)


def ticks(low: float, high: float, *, about: int, whole: bool = False) -> list[float]:
    """Roughly `about` multiples of 1, 2 or 5 times a power of ten between `low` and `high`."""
    step = _step((high - low) / max(about, 1))
    if whole:
        step = max(1.0, step)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [index * step for index in range(first, last + 1)]


def tick_text(value: float, all_ticks: list[float]) -> str:
    """`value` with just the decimals its neighbours need."""
    step = all_ticks[1] - all_ticks[0] if len(all_ticks) > 1 else abs(value) or 1.0
    if abs(value) >= 1e6 or 0 < step < 1e-6:
        return f"{value:.3g}"
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return f"{value:,.{decimals}f}".replace("-", "−")


def _step(raw: float) -> float:
    power = 10.0 ** math.floor(math.log10(raw)) if raw > 0 and math.isfinite(raw) else 1.0
    return next((factor * power for factor in (1.0, 2.0, 5.0) if factor * power >= raw), 10 * power)
