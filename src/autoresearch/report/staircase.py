"""The staircase: what one epoch's picture shows, computed once and drawn by `svg` and `terminal`."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

from autoresearch.history import is_baseline
from autoresearch.records import Direction, Experiment, Measurement, Metric, Outcome, Ruling, Side
from autoresearch.views.hearsay import is_hearsay
from autoresearch.views.levels import Level
from autoresearch.views.paired import is_paired, spread
from autoresearch.views.reading import Proof, Reading, Span, own_values
from autoresearch.views.sentences import figures_of
from autoresearch.views.standing import Standing, standings
from autoresearch.views.words import Figures, plain


@dataclass(frozen=True, slots=True)
class Point:
    """A place in the picture: experiment number (certificates fall between two) and the metric."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Keep:
    """A kept change."""

    x: float
    y: float
    number: int
    standing: Standing
    summary: str
    step: float
    """How far it moved the provisional best; the larger, the sooner it is labelled."""


@dataclass(frozen=True, slots=True)
class Plateau:
    """A level that holds from `x0` to `x1`: the baseline's, then each certified one."""

    x0: float
    x1: float
    mean: float
    certificate: int
    """0 for the baseline."""
    sigma: float | None = None
    """Standard deviation of one run there, from the baseline; None where unknown."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A certificate: where it was given, the level it measured and how it ended."""

    x: float
    y: float
    """`mean`, but for a holdout's, which has no place on the public axis: the public level of the same commit."""
    low: float
    high: float
    number: int
    ruling: Ruling
    mean: float
    """The level it measured."""
    split: str

    @property
    def is_drawn(self) -> bool:
        """Whether its level has a place in the picture."""
        return self.split == "public" and math.isfinite(self.mean)


@dataclass(frozen=True, slots=True)
class Staircase:
    """One epoch as a picture."""

    study: str
    metric: Metric
    figures: Figures
    unsafe: bool
    hearsay: bool
    """Whether every number is another tool's word."""
    paired: bool
    """Whether every run timed both sides, so that only these compare."""
    discards: Sequence[Point]
    keeps: Sequence[Keep]
    repeats: Sequence[Point]
    """Re-measurements of what was already measured: baseline, sentinels, certificates."""
    rug: Sequence[tuple[int, Outcome]]
    """Attempts without a score, and those of others that came without a number."""
    outcomes: Mapping[Outcome, int]
    """How many experiments ended in which way; the baseline is none."""
    line: Sequence[Point]
    """The provisional best, as the corners of a step line."""
    plateaus: Sequence[Plateau]
    marks: Sequence[Mark]
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    """Robust: wild discards do not flatten the rest."""

    @property
    def downwards(self) -> bool:
        """Whether better is lower in the picture."""
        return self.metric.direction is Direction.MINIMIZE

    @property
    def note(self) -> str:
        """What the heights must not be read as; empty where they compare."""
        return "Heights of different runs do not compare, only the two sides of one run do." if self.paired else ""

    @property
    def beyond(self) -> list[Point]:
        """Dots outside `y_range`: shown as arrows at the edge."""
        return [p for p in (*self.discards, *self.repeats) if not self.y_range[0] <= p.y <= self.y_range[1]]

    def inside(self, points: Sequence[Point]) -> list[Point]:
        """Those of `points` within `y_range`."""
        return [p for p in points if self.y_range[0] <= p.y <= self.y_range[1]]

    @classmethod
    def of(cls, reading: Reading, span: Span) -> Staircase:
        """The picture of one epoch."""
        floor = span.noise
        marks = [_mark(span, proof) for proof in span.proofs]
        line = _line(span, floor, marks)
        keeps = _keeps(reading, span, line)
        made = [each for each in span.experiments if not is_baseline(each)]
        judged = [each for each in made if each.value is not None and math.isfinite(each.value)]
        tried = [Point(each.number, each.value or 0.0) for each in judged if each.verdict.outcome is Outcome.DISCARD]
        plateaus = _plateaus(span, floor, marks)
        repeats, sigma = list(_repeats(reading, span)), floor.sigma if floor else None
        core = [k.y for k in keeps] + [p.y for p in line] + _shown(marks)
        core += [p.mean + side * 2 * (p.sigma or 0.0) for p in plateaus for side in (-1, 1)]
        low, high = _range(core, [p.y for p in (*tried, *repeats)], sigma)
        return cls(
            study=reading.history.study.name if reading.history.study else "",
            metric=span.epoch.metric,
            figures=figures_of(reading, span),
            unsafe=span.epoch.unsafe,
            hearsay=is_hearsay(span),
            paired=is_paired(span),
            discards=tried,
            keeps=keeps,
            repeats=repeats,
            rug=[(each.number, each.verdict.outcome) for each in made if _unscored(each)],
            outcomes=Counter(each.verdict.outcome for each in made),
            line=line,
            plateaus=plateaus,
            marks=marks,
            x_range=_x_range(span),
            y_range=(low, high),
        )


def _unscored(done: Experiment) -> bool:
    scored = done.value is not None and math.isfinite(done.value)
    return not scored or done.verdict.outcome not in (Outcome.KEEP, Outcome.DISCARD)


def _x_range(span: Span) -> tuple[float, float]:
    first = span.experiments[0].number if span.experiments else 0
    return first - 0.5, first + max(len(span.experiments), 8) - 0.5


def _mark(span: Span, proof: Proof) -> Mark:
    done = proof.certificate
    if done.split == "public":
        return Mark(proof.at - 0.5, done.mean, done.low, done.high, done.number, done.ruling, done.mean, done.split)
    # A holdout's level is not on this axis: the mark sits where the commit's public runs are, without whiskers.
    public = span.values(done.commit)
    level = fmean(public) if public else math.nan
    return Mark(proof.at - 0.5, level, level, level, done.number, done.ruling, done.mean, done.split)


def _shown(marks: Sequence[Mark]) -> list[float]:
    return [mark.y for mark in marks if math.isfinite(mark.y)]


def _line(span: Span, floor: Level | None, marks: Sequence[Mark]) -> list[Point]:
    if floor is None or span.baseline is None:
        return []
    moves = [(float(each.number), each.value) for each in span.experiments[1:] if each.verdict.outcome is Outcome.KEEP]
    moves += [(mark.x, _recentred(proof, mark)) for proof, mark in zip(span.proofs, marks, strict=True)]
    corners, level = [Point(span.baseline.number, floor.mean)], floor.mean
    for x, y in sorted(moves, key=lambda move: move[0]):
        if y is not None and math.isfinite(y):
            corners += [Point(x, level), Point(x, y)]
            level = y
    return [*corners, Point(span.experiments[-1].number + 0.5, level)]


def _recentred(proof: Proof, mark: Mark) -> float | None:
    """Where the provisional best stands after a certificate: at fresh runs, of the other side after a roll-back."""
    if proof.certificate.ruling is not Ruling.ROLLED_BACK:
        return mark.y
    return _mean_of(proof.runs, Side.INCUMBENT)


def _mean_of(runs: Sequence[Measurement], side: Side) -> float | None:
    values = [run.value for run in runs if run.side is side and run.value is not None and run.split == "public"]
    return fmean(values) if values else None


def _plateaus(span: Span, floor: Level | None, marks: Sequence[Mark]) -> list[Plateau]:
    if floor is None or span.baseline is None:
        return []
    steps = [(span.baseline.number - 0.5, floor.mean, 0)]
    steps += [(m.x, m.y, m.number) for m in marks if m.ruling is Ruling.CERTIFIED and m.is_drawn]
    ends = [x for x, _, _ in steps[1:]] + [span.experiments[-1].number + 0.5]
    noise = _noise_at(span, floor)
    return [Plateau(x, end, mean, number, noise(mean)) for (x, mean, number), end in zip(steps, ends, strict=True)]


def _noise_at(span: Span, floor: Level) -> Callable[[float], float | None]:
    """Standard deviation of one run by its level: where both sides are timed, that of a pair, a share of the level."""
    if not is_paired(span):
        return lambda _: floor.sigma
    usual = spread(span)
    return lambda level: None if usual is None else usual * abs(level)


def _keeps(reading: Reading, span: Span, line: Sequence[Point]) -> list[Keep]:
    where, before = standings(reading), _before(line)
    keeps = []
    for each in span.experiments:
        if each.number in where and each.value is not None and math.isfinite(each.value) and not is_baseline(each):
            step = span.epoch.metric.gain(each.value, over=before.get(each.number, each.value))
            summary = plain(each.candidate.summary if each.candidate else "", 120)
            keeps.append(Keep(each.number, each.value, each.number, where[each.number], summary, step))
    return keeps


def _before(line: Sequence[Point]) -> dict[float, float]:
    """Level of the provisional best just before each of its steps, by x."""
    return {a.x: a.y for a, b in pairwise(line) if a.x == b.x}


def _repeats(reading: Reading, span: Span) -> Iterator[Point]:
    for each in span.experiments:
        if is_baseline(each):
            yield from (Point(each.number, value) for value in own_values(reading.history, each))
            continue
        runs = reading.history.settled.get(each.number, ())
        again = [run for run in runs if run.side is Side.INCUMBENT and run.value is not None]
        yield from (Point(each.number, run.value) for run in again if run.value is not None)
    for proof in span.proofs:
        public = [run.value for run in proof.runs if run.split == "public"]
        yield from (Point(proof.at - 0.5, value) for value in public if value is not None)


def _range(core: Sequence[float], tried: Sequence[float], sigma: float | None) -> tuple[float, float]:
    """From the worst to the best level, noise included; single runs may widen it by half of that a side."""
    if not core and not tried:
        return 0.0, 1.0
    low, high = min(core or tried), max(core or tried)
    room = max(high - low, 6 * (sigma or 0.0)) or abs(low) * 0.02 or 1.0
    slack = (room - (high - low)) / 2
    low, high = low - slack, high + slack
    near = [value for value in tried if low - room / 2 <= value <= high + room / 2]
    low, high = min([low, *near]), max([high, *near])
    pad = 0.04 * (high - low)
    return low - pad, high + pad
