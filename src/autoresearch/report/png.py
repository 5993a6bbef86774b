"""The share picture: the claim and the staircase, 1200 by 630 pixels, as links in chats show them."""

from __future__ import annotations

import math
import textwrap
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autoresearch.extras import ExtraMissing
from autoresearch.history import Archive
from autoresearch.records import Ruling
from autoresearch.report.headline import Headline
from autoresearch.report.imported import said_of
from autoresearch.report.staircase import Mark, Staircase
from autoresearch.views.reading import Reading
from autoresearch.views.standing import Standing, hit_rate
from autoresearch.views.words import count, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, HEIGHT, DPI = 1200, 630, 100
INK, QUIET, RULE, SHEET = "#1b1f24", "#68717b", "#dfe3e7", "#ffffff"
GREEN, BLUE, ORANGE = "#009E73", "#0072B2", "#D55E00"


def write(history: Archive, path: Path, *, ran_out: bool = False) -> None:
    """Draw the study into `path`; `ran_out` as the headline takes it.

    Raises ExtraMissing without matplotlib, OSError when it cannot be written.
    """
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ExtraMissing("The share picture needs matplotlib.", extra="plot") from error
    reading = Reading.of(history)
    # A summary's dollar signs are no formulas, and what the font lacks is drawn as a box, not told.
    with matplotlib.rc_context({"text.parse_math": False}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")
        figure = Figure(figsize=(WIDTH / DPI, HEIGHT / DPI), dpi=DPI, facecolor=SHEET)
        _words(figure, reading, said_of(history, ran_out=ran_out))
        if reading.spans and reading.spans[-1].noise:
            stairs = Staircase.of(reading, reading.spans[-1])
            _picture(figure.add_axes((0.085, 0.13, 0.875, 0.5)), stairs)
        figure.savefig(path, format="png", dpi=DPI, metadata={"Software": None})


def _words(figure: Figure, reading: Reading, said: Headline) -> None:
    study, rate = reading.history.study, hit_rate(reading)
    name = plain(study.name, 60) if study else ""
    metric = plain(reading.history.metric.name, 40)
    figure.text(0.04, 0.925, f"{name} · {metric}" if metric else name, size=17, color=QUIET)
    levels = said.levels or said.after or (f"baseline {said.before}" if said.before else "")
    figure.text(0.04, 0.815, plain(levels, 40), size=34, weight="bold", color=BLUE if said.proven else INK)
    lines = textwrap.wrap(plain(said.claim, 130), 64)[:2]
    figure.text(0.04, 0.785 if levels else 0.855, "\n".join(lines), size=19, color=INK, va="top", linespacing=1.25)
    sure = "by their word" if reading.history.imported else f"{rate.certified:,} certified"
    counted = f"{count(rate.tried, 'experiment')}, {rate.kept:,} kept, {sure}"
    trust = plain(reading.history.epoch.trust_class, 20) if reading.history.epoch else ""
    figure.text(0.96, 0.925, " · ".join(filter(None, [counted, trust])), size=15, color=QUIET, ha="right")


def _picture(axes: Axes, stairs: Staircase) -> None:
    _frame(axes, stairs)
    size = max(6.0, 46 - 9 * math.log10(1 + len(stairs.discards)))
    for plateau in stairs.plateaus:
        if plateau.sigma:
            low, high = (plateau.mean + side * 2 * plateau.sigma for side in (-1, 1))
            axes.fill_between([plateau.x0, plateau.x1], low, high, color=QUIET, alpha=0.13, lw=0)
        color, style = (BLUE, "-") if plateau.certificate else (QUIET, "--")
        axes.plot([plateau.x0, plateau.x1], [plateau.mean] * 2, color=color, lw=2.4, ls=style)
    _dots(axes, stairs.inside(stairs.discards), label="discarded", s=size, color=QUIET, alpha=0.5, lw=0, zorder=2)
    axes.plot([p.x for p in stairs.line], [p.y for p in stairs.line], color=GREEN, lw=2, zorder=3)
    kept = [keep for keep in stairs.keeps if keep.standing is not Standing.ROLLED_BACK]
    undone = [keep for keep in stairs.keeps if keep.standing is Standing.ROLLED_BACK]
    _dots(axes, kept, label="kept", s=size * 1.7, color=GREEN, edgecolors=SHEET, zorder=4)
    _dots(axes, undone, label="rolled back", s=size * 1.6, facecolors=SHEET, edgecolors=ORANGE, zorder=4)
    _marks(axes, [mark for mark in stairs.marks if math.isfinite(mark.y)])
    if axes.get_legend_handles_labels()[1]:
        axes.legend(
            loc="lower right", bbox_to_anchor=(1.01, 1.0), ncols=5, frameon=False, labelcolor=QUIET, fontsize=12
        )


def _marks(axes: Axes, marks: Sequence[Mark]) -> None:
    """Certificates; many of them are drawn smaller, and a holdout's where its commit stands in public."""
    look: dict[str, Any] = {"marker": "D", "s": 80 / (1 + len(marks) / 40), "zorder": 6, "clip_on": False}
    for mark in marks:
        color = BLUE if mark.ruling is Ruling.CERTIFIED else QUIET
        axes.plot([mark.x] * 2, [mark.low, mark.high], color=color, lw=1.6, zorder=5)
    proofs = [mark for mark in marks if mark.ruling is Ruling.CERTIFIED]
    _dots(axes, proofs, label="certified, 95 %", color=BLUE, edgecolors=SHEET, **look)
    doubts = [mark for mark in marks if mark.ruling is not Ruling.CERTIFIED]
    _dots(axes, doubts, label="not proven", facecolors=SHEET, edgecolors=QUIET, **look)


def _dots(axes: Axes, points: Sequence[Any], **look: Any) -> None:
    if points:
        axes.scatter([p.x for p in points], [p.y for p in points], **look)


def _frame(axes: Axes, stairs: Staircase) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_xlim(*stairs.x_range)
    axes.set_ylim(*stairs.y_range)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(RULE)
    axes.grid(axis="y", color=RULE, lw=0.8)
    axes.set_axisbelow(True)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.tick_params(colors=QUIET, labelsize=12, length=0)
    unit = f" ({plain(stairs.metric.unit, 20)})" if stairs.metric.unit else ""
    way = "lower" if stairs.downwards else "higher"
    unsafe = "   UNSAFE: no sandbox" if stairs.unsafe else ""
    name = plain(stairs.metric.name, 30)
    axes.set_xlabel(f"experiment   ·   {name}{unit}, {way} is better{unsafe}", size=13, color=QUIET)
