"""The staircase as one self-contained SVG: no script, no font, no request; light and dark; everything escaped."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from autoresearch.records import Outcome, Ruling
from autoresearch.report.axes import Scale, tick_text, ticks
from autoresearch.report.labels import SIZE, Anchor, Label, Rect, place, width_of
from autoresearch.report.staircase import Keep, Mark, Point, Staircase
from autoresearch.views.standing import Standing
from autoresearch.views.words import count, plain

# Okabe and Ito's colours (jfly.uni-koeln.de/color), lightened where the ground is dark; shapes differ as well.
LIGHT = {
    "ground": "#ffffff", "ink": "#1c2126", "faint": "#68717b", "grid": "#e9ecef", "dot": "#9aa3ad", "band": "#8a94a0",
    "keep": "#008f68", "certified": "#0067a8", "undone": "#c65200",
}  # fmt: skip
DARK = {
    "ground": "#14181d", "ink": "#e8ebee", "faint": "#98a2ad", "grid": "#252b32", "dot": "#77818c", "band": "#8b97a5",
    "keep": "#2ec598", "certified": "#5cb8f0", "undone": "#f0954a",
}  # fmt: skip

CLOUD = 2000
"""From this many dots on, neighbours are drawn as one, darker for more."""

NAMES = {
    Outcome.CRASH: "crash",
    Outcome.TIMEOUT: "timeout",
    Outcome.CHECKS_FAILED: "checks failed",
    Outcome.OUT_OF_SCOPE: "out of scope",
    Outcome.VIOLATION: "violation",
    Outcome.NO_CHANGE: "no change",
    Outcome.UNKNOWN: "unknown",
}


@dataclass(frozen=True, slots=True)
class Frame:
    """A staircase laid out on a sheet of `width` by `height` pixels."""

    stairs: Staircase
    width: int
    height: int
    x: Scale
    y: Scale
    plot: Rect

    @classmethod
    def of(cls, stairs: Staircase, *, width: int, height: int) -> Frame:
        """Margins for the legend above and the rug, ticks and names below."""
        legend = max(y for _, y, _, _ in _places(stairs, width))
        plot = Rect(66.0, legend + 20.0, width - 24.0, height - 66.0)
        return cls(
            stairs,
            width,
            height,
            Scale(*stairs.x_range, plot.left, plot.right),
            Scale(*stairs.y_range, plot.bottom, plot.top),
            plot,
        )

    def at(self, point: Point) -> tuple[float, float]:
        """Pixels of a point."""
        return self.x(point.x), self.y(point.y)


def draw(stairs: Staircase, *, width: int = 960, height: int = 480, labels: int = 14) -> str:
    """The SVG document. At most `labels` kept changes are named in it."""
    frame = Frame.of(stairs, width=width, height=height)
    body = [
        *_grid(frame),
        *_band(frame),
        *_rug(frame),
        *_cloud(frame),
        *_repeats(frame),
        *_line(frame),
        *_plateaus(frame),
        *_beyond(frame),
        *(piece for mark in stairs.marks for piece in _mark(frame, mark)),
        *(_keep(frame, keep) for keep in stairs.keeps),
        *(piece for label in _labels(frame, labels) for piece in _label(label)),
        *_legend(frame),
        *_empty(frame),
    ]
    name = f"ar-{width}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="ar" viewBox="0 0 {width} {height}" role="img"'
        f' aria-labelledby="{name}-t {name}-d"><title id="{name}-t">{escape(title(stairs))}</title>'
        f'<desc id="{name}-d">{escape(description(stairs))}</desc><style>{style()}</style>'
        f'<rect class="ground" width="{width}" height="{height}" rx="6"/>' + "".join(body) + "</svg>\n"
    )


def title(stairs: Staircase) -> str:
    """One line naming study and metric."""
    return f"{plain(stairs.study, 60)}: {plain(stairs.metric.name, 60)} by experiment"


def description(stairs: Staircase) -> str:
    """The picture in words, for who cannot see it."""
    certified = [mark for mark in stairs.marks if mark.ruling is Ruling.CERTIFIED]
    words = [_counted(stairs.outcomes)]
    if stairs.plateaus:
        first = "They began at" if stairs.hearsay else "Baseline"
        words.append(f"{first} {stairs.figures.with_unit(stairs.plateaus[0].mean)}.")
    if not stairs.hearsay:
        words.append(_last_certified(stairs, certified[-1]) if certified else "Nothing was certified.")
    return " ".join([*words, stairs.note]).rstrip()


def _counted(outcomes: Mapping[Outcome, int]) -> str:
    total = sum(outcomes.values())
    kept, discarded, unknown = (outcomes.get(each, 0) for each in (Outcome.KEEP, Outcome.DISCARD, Outcome.UNKNOWN))
    doubtful = f", {unknown:,} of unknown outcome" if unknown else ""
    rest = total - kept - discarded - unknown
    return f"{count(total, 'experiment')}: {kept:,} kept, {discarded:,} discarded, {rest:,} without a score{doubtful}."


def _last_certified(stairs: Staircase, mark: Mark) -> str:
    level = f"Last certified level {stairs.figures.with_unit(mark.mean)}"
    if mark.split == "public":
        return f"{level}."
    return (
        f"{level} on the {plain(mark.split, 20)}, which is not on this axis: its mark is at the commit's public runs."
    )


def style() -> str:
    """The picture's colours, light and dark, as CSS."""
    return (
        "svg.ar{font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;display:block}"
        + _rules(LIGHT)
        + "@media(prefers-color-scheme:dark){"
        + _rules(DARK)
        + "}"
    )


def _rules(colour: dict[str, str]) -> str:
    rules = {
        ".ground": f"fill:{colour['ground']}",
        "text": f"fill:{colour['ink']};font-size:{SIZE:g}px",
        ".faint": f"fill:{colour['faint']}",
        ".grid": f"stroke:{colour['grid']};fill:none",
        ".band1": f"fill:{colour['band']};fill-opacity:.16",
        ".band2": f"fill:{colour['band']};fill-opacity:.10",
        ".base": f"stroke:{colour['faint']};stroke-dasharray:5 4;fill:none",
        ".dot": f"stroke:{colour['dot']};stroke-linecap:round;fill:none",
        ".rug": f"stroke:{colour['faint']};stroke-opacity:.75;fill:none",
        ".repeat": f"stroke:{colour['certified']};stroke-opacity:.55;fill:none",
        ".line": f"stroke:{colour['keep']};stroke-width:1.6;stroke-linejoin:round;fill:none",
        ".level": f"stroke:{colour['certified']};stroke-width:4;stroke-linecap:round;fill:none",
        ".whisker": f"stroke:{colour['certified']};stroke-width:1.6;fill:none",
        ".proof": f"fill:{colour['certified']};stroke:{colour['ground']};stroke-width:1.2",
        ".open": f"fill:{colour['ground']};stroke:{colour['faint']};stroke-width:1.6",
        ".undone": f"fill:{colour['ground']};stroke:{colour['undone']};stroke-width:1.8",
        ".loss": f"stroke:{colour['undone']};stroke-width:1.6;fill:none",
        ".doubt": f"stroke:{colour['faint']};stroke-width:1.6;fill:none",
        ".keep": f"fill:{colour['keep']};stroke:{colour['ground']};stroke-width:1.2",
        ".lead": f"stroke:{colour['faint']};stroke-width:.7;stroke-opacity:.7;fill:none",
        ".arrow": f"fill:{colour['dot']}",
        ".label": f"paint-order:stroke;stroke:{colour['ground']};stroke-width:3px;stroke-linejoin:round",
    }
    return "".join(f"svg.ar {name}{{{rule}}}" for name, rule in rules.items())


def _n(pixel: float) -> str:
    """A coordinate, to a tenth of a pixel."""
    return f"{pixel:.1f}".removesuffix(".0")


def _path(points: Iterable[tuple[float, float]], name: str) -> str:
    corners = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
    return f'<polyline class="{name}" points="{corners}"/>'


def _segment(x0: float, y0: float, x1: float, y1: float, name: str) -> str:
    return f'<path class="{name}" d="M{_n(x0)} {_n(y0)}L{_n(x1)} {_n(y1)}"/>'


def _text(x: float, y: float, words: str, *, anchor: str = "start", name: str = "", extra: str = "") -> str:
    css = f' class="{name}"' if name else ""
    return f'<text{css} x="{_n(x)}" y="{_n(y)}" text-anchor="{anchor}"{extra}>{escape(words)}</text>'


def _grid(frame: Frame) -> Iterator[str]:
    stairs, plot = frame.stairs, frame.plot
    rows = ticks(*stairs.y_range, about=6) if stairs.plateaus else []
    for value in rows:
        y = frame.y(value)
        yield _segment(plot.left, y, plot.right, y, "grid")
        yield _text(plot.left - 8, y + 4, tick_text(value, rows), anchor="end", name="faint")
    columns = ticks(*stairs.x_range, about=8 if frame.width > 600 else 4, whole=True)
    for value in columns:
        yield _text(frame.x(value), plot.bottom + 34, tick_text(value, columns), anchor="middle", name="faint")
    way = "lower is better" if stairs.downwards else "higher is better"
    unit = f" ({plain(stairs.metric.unit, 24)})" if stairs.metric.unit else ""
    unsafe = ", UNSAFE: measured without a sandbox" if stairs.unsafe else ""
    yield _text(14, 22, plain(stairs.metric.name, 40) + unit, extra=' font-weight="600"')
    yield (
        _text(14 + width_of(plain(stairs.metric.name, 40) + unit) + 12, 22, way + unsafe, name="faint")
        if frame.width > 600
        else _text(14, 38, way + unsafe, name="faint")
    )
    yield _text((plot.left + plot.right) / 2, frame.height - 10, "experiment", anchor="middle", name="faint")


def _band(frame: Frame) -> Iterator[str]:
    """One and two standard deviations of a run around each level: dots in there say nothing."""
    for plateau in frame.stairs.plateaus:
        for width, name in ((2, "band2"), (1, "band1")):
            if plateau.sigma:
                reach = width * plateau.sigma
                top, bottom = sorted((frame.y(plateau.mean - reach), frame.y(plateau.mean + reach)))
                top, bottom = max(top, frame.plot.top), min(bottom, frame.plot.bottom)
                x0, x1 = frame.x(plateau.x0), frame.x(plateau.x1)
                yield (
                    f'<rect class="{name}" x="{_n(x0)}" y="{_n(top)}" width="{_n(x1 - x0)}"'
                    f' height="{_n(max(0.0, bottom - top))}"/>'
                )


def _rug(frame: Frame) -> Iterator[str]:
    """A tick below the picture for every experiment without a score."""
    top = frame.plot.bottom + 8
    spots = sorted({round(frame.x(number), 1) for number, _ in frame.stairs.rug})
    if spots:
        yield f'<path class="rug" d="{"".join(f"M{_n(x)} {_n(top)}v9" for x in spots)}"/>'


def _cloud(frame: Frame) -> Iterator[str]:
    """All discards in at most three paths of zero-length strokes; many neighbours become one."""
    points = frame.stairs.inside(frame.stairs.discards)
    grid = 3.0 if len(points) > CLOUD else 0.1
    cells = Counter((round(x / grid) * grid, round(y / grid) * grid) for x, y in map(frame.at, points))
    size = 5.0 if len(points) <= 300 else 4.0 if len(points) <= CLOUD else 3.0
    for least, most, opacity in ((1, 1, 0.75), (2, 4, 0.88), (5, math.inf, 1.0)):
        steps = "".join(f"M{_n(x)} {_n(y)}h0" for (x, y), many in cells.items() if least <= many <= most)
        if steps:
            yield f'<path class="dot" stroke-width="{size:g}" stroke-opacity="{opacity}" d="{steps}"/>'


def _repeats(frame: Frame) -> Iterator[str]:
    """Small open rings; one path for all, each spot drawn once."""
    spots = {(round(x), round(y)) for x, y in map(frame.at, frame.stairs.inside(frame.stairs.repeats))}
    if spots:
        rings = "".join(f"M{x - 2} {y}a2 2 0 1 0 4 0a2 2 0 1 0-4 0" for x, y in sorted(spots))
        yield f'<path class="repeat" d="{rings}"/>'


def _line(frame: Frame) -> Iterator[str]:
    if len(frame.stairs.line) > 1:
        yield _path(map(frame.at, frame.stairs.line), "line")


def _plateaus(frame: Frame) -> Iterator[str]:
    for plateau in frame.stairs.plateaus:
        y = frame.y(plateau.mean)
        yield _segment(frame.x(plateau.x0), y, frame.x(plateau.x1), y, "level" if plateau.certificate else "base")


def _beyond(frame: Frame) -> Iterator[str]:
    """An arrow at the edge for every dot off the scale, and how many there are."""
    for up in (True, False):
        edge = frame.plot.top if up else frame.plot.bottom
        off = [p for p in frame.stairs.beyond if (p.y > frame.stairs.y_range[1]) is up]
        if not off:
            continue
        tip = -5 if up else 5
        arrows = "".join(f"M{x - 3} {_n(edge)}h6l-3 {tip}z" for x in sorted({round(frame.x(p.x)) for p in off}))
        yield f'<path class="arrow" d="{arrows}"/>'
        worst = max(p.y for p in off) if up else min(p.y for p in off)
        words = f"{count(len(off), 'dot')} off the scale, as far as {frame.stairs.figures.value(worst)}"
        yield _text(frame.plot.right, edge + (13 if up else -6), words, anchor="end", name="faint label")


def _mark(frame: Frame, mark: Mark) -> Iterator[str]:
    if not math.isfinite(mark.y):
        return
    x, y = frame.x(mark.x), frame.y(mark.y)
    certified, undone = mark.ruling is Ruling.CERTIFIED, mark.ruling is Ruling.ROLLED_BACK
    ends = [_held(frame, end) for end in (mark.low, mark.high)]
    whisker = "whisker" if certified else "loss" if undone else "doubt"
    if abs(ends[0] - ends[1]) > 1:
        steps = f"M{_n(x)} {_n(ends[0])}V{_n(ends[1])}" + "".join(f"M{_n(x - 4)} {_n(end)}h8" for end in ends)
        yield f'<path class="{whisker}" d="{steps}"/>'
    size = 6.5 if certified else 5
    name = "proof" if certified else "undone" if undone else "open"
    words = f"certificate {mark.number}: {mark.ruling.replace('_', ' ')}, {frame.stairs.figures.with_unit(mark.mean)}"
    words += "" if mark.split == "public" else f" on the {plain(mark.split, 20)}"
    yield (
        f'<path class="{name}" d="M{_n(x)} {_n(y - size)}l{size} {size}l-{size} {size}l-{size}-{size}z">'
        f"<title>{escape(words)}</title></path>"
    )


def _held(frame: Frame, value: float) -> float:
    """Pixel of an interval's end, held inside the plot; unbounded ends reach its edge."""
    if math.isinf(value):
        return frame.plot.top if value > 0 else frame.plot.bottom
    return min(max(frame.y(value), frame.plot.top), frame.plot.bottom)


def _keep(frame: Frame, keep: Keep) -> str:
    x, y = frame.x(keep.x), frame.y(keep.y)
    name = "undone" if keep.standing is Standing.ROLLED_BACK else "keep"
    words = f"#{keep.number} {keep.summary}: {frame.stairs.figures.with_unit(keep.y)}, {keep.standing}"
    return f'<circle class="{name}" cx="{_n(x)}" cy="{_n(y)}" r="4.2"><title>{escape(words)}</title></circle>'


def _labels(frame: Frame, most: int) -> list[Label]:
    """The kept changes that moved the most, named where there is room."""
    stairs = frame.stairs
    room = 40 if frame.width > 600 else 26
    wanted = sorted(stairs.keeps, key=lambda keep: -keep.step)[:most]
    anchors = [Anchor(frame.x(k.x), frame.y(k.y), f"#{k.number} {plain(k.summary, room)}".rstrip()) for k in wanted]
    solid = [_around(frame.x(k.x), frame.y(k.y), 5) for k in stairs.keeps]
    solid += [_around(frame.x(m.x), frame.y(m.y), 8) for m in stairs.marks if math.isfinite(m.y)]
    solid += [
        Rect(frame.x(p.x0), frame.y(p.mean) - 3, frame.x(p.x1), frame.y(p.mean) + 3)
        for p in stairs.plateaus
        if p.certificate
    ]
    steps = list(_along(stairs.line))
    soft = [frame.at(point) for point in (*stairs.discards[:CLOUD], *steps[:: 1 + len(steps) // CLOUD])]
    return place(anchors, frame=frame.plot, solid=solid, soft=soft, below=stairs.downwards)


def _along(line: Sequence[Point]) -> Iterator[Point]:
    """Points along a step line, close enough that a label cannot slip between them."""
    for a, b in pairwise(line):
        yield from (Point(a.x + (b.x - a.x) * t / 8, a.y + (b.y - a.y) * t / 8) for t in range(9))


def _around(x: float, y: float, reach: float) -> Rect:
    return Rect(x - reach, y - reach, x + reach, y + reach)


def _label(label: Label) -> Iterator[str]:
    box, anchor = label.box, label.anchor
    middle = (box.left + box.right) / 2
    edge = box.top if box.top > anchor.y else box.bottom
    if abs(edge - anchor.y) > 10:
        foot = min(max(anchor.x, box.left + 4), box.right - 4)
        yield _segment(anchor.x, anchor.y + math.copysign(5, edge - anchor.y), foot, edge, "lead")
    yield _text(middle, box.bottom - 4, anchor.text, anchor="middle", name="label")


def _legend(frame: Frame) -> Iterator[str]:
    for x, y, sign, words in _places(frame.stairs, frame.width):
        yield f'<g transform="translate({_n(x)} {_n(y)})">{sign}{_text(18, 4, words, name="faint")}</g>'


def _places(stairs: Staircase, width: int) -> Iterator[tuple[float, float, str, str]]:
    """What each sign means, and where that stands: in one row, or on a narrow sheet in as many as it needs."""
    x, y = 14.0, 46.0 if width > 600 else 56.0
    for sign, words in _signs(stairs):
        if x + 22 + width_of(words) * 0.85 > width - 8:
            x, y = 14.0, y + 16
        yield x, y, sign, words
        x += 36 + width_of(words) * 0.85


def _signs(stairs: Staircase) -> Iterator[tuple[str, str]]:
    yield '<circle class="keep" cx="7" r="4.2"/>', "kept"
    if any(keep.standing is Standing.ROLLED_BACK for keep in stairs.keeps):
        yield '<circle class="undone" cx="7" r="4.2"/>', "rolled back"
    yield '<path class="dot" stroke-width="5" d="M7 0h0"/>', "discarded"
    yield '<path class="rug" d="M7-5v9"/>', "no score"
    yield '<path class="line" d="M0 0h14"/>', "their best" if stairs.hearsay else "provisional best"
    if stairs.hearsay:
        return
    yield '<path class="level" d="M1 0h12"/><path class="proof" d="M7-5l5 5l-5 5l-5-5z"/>', "certified, 95 %"
    if any(mark.ruling is not Ruling.CERTIFIED for mark in stairs.marks):
        yield '<path class="open" d="M7-5l5 5l-5 5l-5-5z"/>', "not proven"
    yield '<path class="repeat" d="M5 0a2 2 0 1 0 4 0a2 2 0 1 0-4 0"/>', "re-measured"
    yield (
        '<rect class="band2" y="-6" width="14" height="12"/><rect class="band1" y="-3" width="14" height="6"/>',
        "noise",
    )


def _empty(frame: Frame) -> Iterator[str]:
    if not frame.stairs.plateaus:
        x, y = (frame.plot.left + frame.plot.right) / 2, (frame.plot.top + frame.plot.bottom) / 2
        yield _text(x, y, "nothing has been measured yet", anchor="middle", name="faint")
