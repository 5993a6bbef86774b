"""The Pareto set on the page: a table, and where there are exactly two values a small scatter beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from autoresearch.history import is_baseline
from autoresearch.records import Direction
from autoresearch.report.axes import Scale, tick_text, ticks
from autoresearch.views.pareto import Front, Point, front
from autoresearch.views.reading import Reading
from autoresearch.views.words import count, plain

WIDTH, HEIGHT, EDGE = 460, 280, 72
MOST_ROWS = 30


@dataclass(frozen=True, slots=True)
class FrontTable:
    """The Pareto set of the current epoch."""

    lead: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    """Number, outcome, one cell for each value, and what the change was."""
    picture: str
    """SVG; empty unless there are exactly two values."""


def table(reading: Reading, others: Mapping[str, Direction]) -> FrontTable | None:
    """The Pareto set over the metric and `others`; None where there is nothing to show."""
    found = front(reading, reading.spans[-1], others) if reading.spans else None
    if found is None:
        return None
    ways = ", ".join(f"{plain(name, 40)} ({way.value})" for name, way in found.axes)
    lead = f"No measured change of this epoch beats these in one of {ways} without losing in another."
    lead += f" {count(len(found.rest), 'change')} beaten"
    lead += f", {count(found.unknown, 'change')} without one of the values." if found.unknown else "."
    lead += " One run each, mostly: nothing here is proven."
    head = ["#", "outcome", *(plain(name, 40) for name, _ in found.axes), "change"]
    return FrontTable(lead, head, [_row(point) for point in found.best[:MOST_ROWS]], draw(found))


def _row(point: Point) -> list[str]:
    done = point.experiment
    outcome = "baseline" if is_baseline(done) else str(done.verdict.outcome)
    summary = plain(done.candidate.summary if done.candidate else "", 120)
    return [str(done.number), outcome, *(f"{value:.6g}" for value in point.values), summary]


def draw(front: Front) -> str:
    """The picture as SVG; empty unless there are exactly two values."""
    if len(front.axes) != 2:
        return ""
    points = [*front.best, *front.rest]
    x = _scale([point.values[1] for point in points], EDGE, WIDTH - 14)
    y = _scale([point.values[0] for point in points], HEIGHT - EDGE, 14)
    dots = [_dot(point, x, y, best=False) for point in front.rest] + [
        _dot(point, x, y, best=True) for point in front.best
    ]
    (down, _), (across, _) = front.axes
    return (
        f'<svg class="scatter" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" role="img" '
        f'aria-label="{_safe(down)} against {_safe(across)}; {len(front.best)} of {len(points)} are not beaten">'
        f'<path d="M{EDGE} 14V{HEIGHT - EDGE}H{WIDTH - 14}"/>{"".join([*_ticks(x, y), *dots])}'
        f'<text x="{(WIDTH + EDGE) / 2:g}" y="{HEIGHT - 8}" text-anchor="middle">{_safe(across)}</text>'
        f'<text x="14" y="{HEIGHT / 2:g}" text-anchor="middle" transform="rotate(-90 14 {HEIGHT / 2:g})">'
        f"{_safe(down)}</text></svg>"
    )


def _ticks(x: Scale, y: Scale) -> Iterator[str]:
    """Round numbers along both axes."""
    across, up = ticks(x.low, x.high, about=4), ticks(y.low, y.high, about=5)
    for value in across:
        at = f'x="{x(value):.1f}" y="{HEIGHT - EDGE + 15}"'
        yield f'<text {at} text-anchor="middle">{tick_text(value, across)}</text>'
    for value in up:
        yield f'<text x="{EDGE - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{tick_text(value, up)}</text>'


def _scale(values: list[float], start: float, end: float) -> Scale:
    low, high = min(values), max(values)
    room = (high - low) * 0.06 or abs(high) * 0.06 or 1.0
    return Scale(low - room, high + room, start, end)


def _dot(point: Point, x: Scale, y: Scale, *, best: bool) -> str:
    at = f'cx="{x(point.values[1]):.1f}" cy="{y(point.values[0]):.1f}"'
    title = f"<title>experiment {point.experiment.number}</title>"
    return f'<circle class="{"best" if best else "beaten"}" {at} r="{4 if best else 3}">{title}</circle>'


def _safe(text: str) -> str:
    return plain(text, 40).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
