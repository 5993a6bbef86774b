"""The report's staircase for the page, and where its axes lie, so that a pointer finds what it points at."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from autoresearch.report import svg
from autoresearch.report.staircase import Staircase
from autoresearch.views.reading import Reading

NARROWEST, WIDEST = 320, 2000


def picture(reading: Reading, *, index: int = -1, width: int = 960) -> dict[str, Any] | None:
    """The drawing of the epoch at `index`, counted like a list's; None before the first epoch. Raises IndexError."""
    if not reading.spans:
        return None
    span = reading.spans[index]
    stairs = Staircase.of(reading, span)
    width = min(max(width, NARROWEST), WIDEST)
    size = {"width": width, "height": 440 if width <= 600 else min(480, max(360, width // 2))}
    frame = svg.Frame.of(stairs, **size)
    return {
        "epoch": span.epoch.number,
        # Its style is a file of the page's, whose policy lets no other apply.
        "svg": svg.draw(stairs, labels=6 if width <= 600 else 14, **size).replace(f"<style>{svg.style()}</style>", ""),
        "description": svg.description(stairs),
        "plot": asdict(frame.plot),
        "x": stairs.x_range,
        "y": stairs.y_range,
        **size,
    }
