"""Power curves as one self-contained SVG: no script, no font, no request; light and dark, in the report's colours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from autoresearch.report.axes import Scale
from autoresearch.report.svg import DARK, LIGHT

WIDTH, HEIGHT = 960, 460
LEFT, RIGHT, TOP, BOTTOM = 62.0, 580.0, 62.0, 402.0
X, Y = Scale(0, 4, LEFT, RIGHT), Scale(0, 1, BOTTOM, TOP)
SURE = 0.8
DASHES = ("", "9 4", "2 4", "9 4 2 4", "14 4")
"""Curves differ by more than their colour."""
PLUM = {"light": "#a0438a", "dark": "#e08fcb"}


@dataclass(frozen=True, slots=True)
class Curve:
    """How often a gain is found, by its size."""

    name: str
    about: str
    points: Sequence[tuple[float, float]]
    """Gain in sigma and share found, smallest gain first."""
    of_others: bool = False

    @property
    def sure_from(self) -> float | None:
        """The gain found with 80 % probability, between the sizes measured; None beyond them."""
        for (x0, y0), (x1, y1) in pairwise(self.points):
            if y0 < SURE <= y1:
                return x0 + (SURE - y0) / (y1 - y0) * (x1 - x0)
        return None


def draw(curves: Sequence[Curve]) -> str:
    """The SVG document; `curves` in the order of the legend, at most five of ours."""
    ours = [curve for curve in curves if not curve.of_others]
    body = [*_grid(), *(piece for curve in curves for piece in _curve(curve, ours)), *_legend(curves, ours)]
    title = "How often a gain is found, by its size and by the rule that judges it"
    words = escape(" ".join(f"{curve.name}: {_sure(curve)}." for curve in curves))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="power" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        f' aria-labelledby="power-t power-d"><title id="power-t">{title}</title><desc id="power-d">{words}</desc>'
        f'<style>{_style()}</style><rect class="ground" width="{WIDTH}" height="{HEIGHT}" rx="6"/>'
        + "".join(body)
        + "</svg>\n"
    )


def _style() -> str:
    return (
        "svg.power{font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;display:block}"
        + _rules(LIGHT, PLUM["light"])
        + "@media(prefers-color-scheme:dark){"
        + _rules(DARK, PLUM["dark"])
        + "}"
    )


def _rules(colour: dict[str, str], plum: str) -> str:
    lines = (colour["certified"], colour["keep"], colour["undone"], plum, colour["ink"])
    rules = {
        ".ground": f"fill:{colour['ground']}",
        "text": f"fill:{colour['ink']};font-size:12px",
        ".faint": f"fill:{colour['faint']}",
        ".grid": f"stroke:{colour['grid']};fill:none",
        ".sure": f"stroke:{colour['faint']};stroke-dasharray:5 4;fill:none",
        ".others": f"stroke:{colour['dot']};stroke-width:1.6;fill:none",
        ".others-dot": f"fill:{colour['dot']}",
    }
    for index, line in enumerate(lines):
        rules[f".c{index}"] = f"stroke:{line};stroke-width:2.2;stroke-linejoin:round;fill:none"
        rules[f".d{index}"] = f"fill:{line}"
    return "".join(f"svg.power {name}{{{rule}}}" for name, rule in rules.items())


def _grid() -> Iterator[str]:
    yield _text(14, 22, "found", extra=' font-weight="600"')
    yield _text(56, 22, "probability that one gain of this size is called better", name="faint")
    for tenth in range(0, 11, 2):
        yield _line([(LEFT, Y(tenth / 10)), (RIGHT, Y(tenth / 10))], "sure" if tenth / 10 == SURE else "grid")
        yield _text(LEFT - 8, Y(tenth / 10) + 4, f"{tenth * 10} %", anchor="end", name="faint")
    for half in range(9):
        yield _text(X(half / 2), BOTTOM + 20, f"{half / 2:g}", anchor="middle", name="faint")
    yield _text(
        (LEFT + RIGHT) / 2, BOTTOM + 42, "gain, in standard deviations of one run", anchor="middle", name="faint"
    )


def _curve(curve: Curve, ours: Sequence[Curve]) -> Iterator[str]:
    line, dot, dash = _look(curve, ours)
    yield _line([(X(x), Y(y)) for x, y in curve.points], line, dash=dash)
    for x, y in curve.points:
        yield f'<circle class="{dot}" cx="{X(x):.1f}" cy="{Y(y):.1f}" r="{2 if curve.of_others else 2.8}"/>'


def _legend(curves: Sequence[Curve], ours: Sequence[Curve]) -> Iterator[str]:
    for place, curve in enumerate(curves):
        y, (line, dot, dash) = TOP + 10 + 48 * place, _look(curve, ours)
        yield _line([(RIGHT + 28, y), (RIGHT + 62, y)], line, dash=dash)
        yield f'<circle class="{dot}" cx="{RIGHT + 45:.1f}" cy="{y:.1f}" r="2.8"/>'
        yield _text(RIGHT + 72, y + 4, curve.name, extra="" if curve.of_others else ' font-weight="600"')
        yield _text(WIDTH - 16, y + 4, _sure(curve), anchor="end", name="faint")
        yield _text(RIGHT + 72, y + 20, curve.about, name="faint")


def _look(curve: Curve, ours: Sequence[Curve]) -> tuple[str, str, str]:
    """Class of the line, class of its dots, and its dashes."""
    if curve.of_others:
        return "others", "others-dot", DASHES[2]
    index = ours.index(curve)
    return f"c{index}", f"d{index}", DASHES[index]


def _sure(curve: Curve) -> str:
    return f"80 % from {curve.sure_from:.1f}" if curve.sure_from is not None else "never 80 %"


def _line(points: Sequence[tuple[float, float]], name: str, *, dash: str = "") -> str:
    corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline class="{name}" points="{corners}"' + (f' stroke-dasharray="{dash}"/>' if dash else "/>")


def _text(x: float, y: float, words: str, *, anchor: str = "start", name: str = "", extra: str = "") -> str:
    css = f' class="{name}"' if name else ""
    return f'<text{css} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{extra}>{escape(words)}</text>'
