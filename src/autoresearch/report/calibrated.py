"""How far gains held: claimed by the agent, as judged, and from fresh runs; in a few lines."""

from __future__ import annotations

import math
from collections.abc import Iterator

from autoresearch.report.sheet import Line
from autoresearch.views.calibration import Block, Calibration, calibration
from autoresearch.views.reading import Reading
from autoresearch.views.sentences import figures_of
from autoresearch.views.words import MINUS, Figures, count

MOST_BLOCKS = 12


def calibration_sheet(reading: Reading) -> list[Line]:
    """Nothing where nothing was measured twice and no agent said what it expected."""
    found = calibration(reading)
    return [*_selected(reading, found), *_claimed(found), *_certified(reading, found)]


def _selected(reading: Reading, found: Calibration) -> Iterator[Line]:
    """What is left of kept gains in runs nobody picked; in one unit only where there is one epoch."""
    if not found.again:
        return
    if len({span.epoch.metric.unit for span in reading.spans}) == 1:
        figures = figures_of(reading, reading.spans[-1])
        judged, fresh = (math.fsum(pair[side].mean for pair in found.again) for side in (0, 1))
        changes = count(len(found.again), "kept change")
        yield Line("as judged", figures.with_unit(judged), f"added up over {changes}")
        yield Line("the same, fresh runs", figures.with_unit(fresh), "")
    if found.held is not None:
        yield Line(
            "share that held",
            f"{found.held:.0%}".replace("-", MINUS),
            "the rest was luck: a run that earns a keep flatters",
        )


def _claimed(found: Calibration) -> Iterator[Line]:
    if not found.claims:
        return
    told = f"of {count(found.proposals, 'judged change')}; other claims name no number, or several"
    yield Line("expected in one number", str(len(found.claims)), told)
    yield Line("came up to it", f"{found.reached} of {len(found.claims)}")
    if found.ratio is not None:
        yield Line("measured over expected", f"{found.ratio:.2f}".replace("-", MINUS), "median")


def _certified(reading: Reading, found: Calibration) -> Iterator[Line]:
    for block in found.blocks[-MOST_BLOCKS:]:
        yield _block(block, figures_of(reading, reading.span_of(block.certificate.experiment)))


def _block(block: Block, figures: Figures) -> Line:
    done = block.certificate
    bounds = figures.interval(done.gain_low, done.gain_high)
    return Line(
        f"certificate {done.number}",
        f"{figures.signed(done.gain)} of {figures.signed(block.judged)}",
        f"its {count(block.steps, 'step')} as judged, added up; 95 % interval of the proof {bounds}",
    )
