"""A gain and its interval as a small picture beside a row: left of the line is worse, right of it better."""

from __future__ import annotations

from collections.abc import Sequence

from autoresearch.views.effects import Gain

WIDTH, HEIGHT = 120, 18


def reach(gains: Sequence[Gain | None]) -> float:
    """Half the width of a scale that all of `gains` share; means set it, long whiskers are cut."""
    return max((1.4 * abs(gain.mean) + min(gain.half or 0.0, abs(gain.mean)) for gain in gains if gain), default=0.0)


def draw(gain: Gain | None, *, scale: float) -> str:
    """Inline SVG; empty without a gain or a scale."""
    if gain is None or scale <= 0:
        return ""
    half = gain.half or 0.0
    low, mean, high = (_x(value, scale) for value in (gain.mean - half, gain.mean, gain.mean + half))
    middle = HEIGHT / 2
    return (
        f'<svg class="forest" viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true">'
        f'<path class="zero" d="M{WIDTH / 2:g} 1V{HEIGHT - 1}"/>'
        f'<path class="reach" d="M{low:.1f} {middle:g}H{high:.1f}"/>'
        f'<circle cx="{mean:.1f}" cy="{middle:g}" r="3.6"/></svg>'
    )


def _x(value: float, scale: float) -> float:
    return WIDTH / 2 + min(max(value / scale, -1.0), 1.0) * (WIDTH / 2 - 5)
