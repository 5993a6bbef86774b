"""What an imported ledger amounts to: our statistics beside their claims, and never a certificate."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import stdev

from autoresearch.hearsay import IMPORTED, Hearsay
from autoresearch.history import Archive
from autoresearch.records import Experiment, Metric, Outcome
from autoresearch.stats import luck
from autoresearch.views.reading import Reading, Span
from autoresearch.views.words import Figures, count, plain

_SAME = re.compile(
    r"\W*(re-?runs?|re-?measure\w*|repeat\w*|confirm\w*|re-?test|same (code|config)|no changes?|unchanged|baseline"
    r"|noise (floor|check|test))\b",
    re.I,
)
"""How the summary of a row begins that measured code already measured."""
REPEATS = 3
"""Runs of one code from which its own spread is the noise."""


@dataclass(frozen=True, slots=True)
class Noise:
    """The standard deviation of one run, and where it comes from."""

    sigma: float
    source: str
    bound: bool
    """Whether effects are mixed into it, so that it is rather too large."""


@dataclass(frozen=True, slots=True)
class Account:
    """One segment of an imported ledger, read again."""

    metric: Metric
    rows: int
    scored: int
    kept: int
    """By their word, the level they began from left out."""
    leads: int
    """Of the attempts with a number: those that were better than everything before."""
    not_better: int
    """Kept by their word though not better than everything before."""
    unknown: int
    first: float | None
    best: float | None
    best_at: int | None
    noise: Noise | None
    supported: int | None
    """Keeps that stand out from the luckiest of the attempts since the one before; None where the noise is unknown."""
    centred: float | None
    """Their best, less the lead that luck alone gives the best of so many; None where the noise is unknown."""

    @property
    def tried(self) -> int:
        """Attempts with a number, after the first."""
        return max(0, self.scored - 1)

    @property
    def by_luck(self) -> float:
        """Probability of so many leads if nothing they tried was better than what they began with."""
        return luck.keeps_by_luck(self.tried, self.leads)

    @property
    def gain(self) -> float | None:
        """What they claim: their best over their first."""
        return None if self.best is None or self.first is None else self.metric.gain(self.best, over=self.first)


def is_imported(history: Archive) -> bool:
    """Whether every number of this study is another tool's word."""
    return history.imported is not None


def accounts(history: Archive) -> list[Account]:
    """Every segment that has rows, oldest first."""
    return [account(history, span) for span in Reading.of(history).spans if span.experiments]


def account(history: Archive, span: Span) -> Account:
    """Read one segment again."""
    metric, done = span.epoch.metric, span.experiments
    scored = [each for each in done if each.value is not None]
    kept = [each for each in scored[1:] if each.verdict.outcome is Outcome.KEEP]
    leads = _leads(metric, scored)
    noise = _noise(history, scored)
    best = _best(metric, [each for each in scored if each.verdict.outcome is Outcome.KEEP])
    return Account(
        metric=metric,
        rows=len(done),
        scored=len(scored),
        kept=len(kept),
        leads=len(leads),
        not_better=sum(each.number not in leads for each in kept),
        unknown=sum(each.verdict.outcome is Outcome.UNKNOWN for each in done),
        first=scored[0].value if scored else None,
        best=best.value if best else None,
        best_at=best.number if best else None,
        noise=noise,
        supported=None if noise is None else _supported(metric, scored, noise.sigma),
        centred=_centred(metric, scored, best, noise),
    )


def _leads(metric: Metric, scored: Sequence[Experiment]) -> set[int]:
    """Numbers of the experiments that were better than everything before them."""
    found, best = set(), scored[0].value if scored else None
    for each in scored[1:]:
        assert each.value is not None
        assert best is not None
        if metric.gain(each.value, over=best) > 0:
            best = each.value
            found.add(each.number)
    return found


def _best(metric: Metric, kept: Sequence[Experiment]) -> Experiment | None:
    return max(kept, key=lambda each: metric.gain(each.value or 0.0, over=0.0), default=None)


def _noise(history: Archive, scored: Sequence[Experiment]) -> Noise | None:
    """From runs they say are of one code; else from how far discards lie from what they were held against."""
    same = max(_repeats(history, scored), key=len, default=())
    if len(same) >= REPEATS and (sigma := stdev(same)) > 0:
        return Noise(sigma, f"{count(len(same), 'run')} of one code, by their own words", bound=False)
    away, level = [], None
    for each in scored:
        if each.verdict.outcome is Outcome.KEEP:
            level = each.value
        elif each.verdict.outcome is Outcome.DISCARD and level is not None and each.value is not None:
            away.append(each.value - level)
    scatter = luck.robust_sigma(away)
    if scatter is None or not math.isfinite(scatter):
        return None
    return Noise(scatter / math.sqrt(2), f"how {count(len(away), 'discard')} scatter, effects included", bound=True)


def _repeats(history: Archive, scored: Sequence[Experiment]) -> Iterator[list[float]]:
    """Runs in a row of the same code: what a row says it changed is nothing."""
    run: list[float] = []
    for each in scored:
        assert each.value is not None
        if run and not _says_same(history.hearsay[each.number]):
            if each.verdict.outcome is not Outcome.KEEP:
                continue
            yield run
            run = []
        run.append(each.value)
    yield run


def _says_same(row: Hearsay) -> bool:
    return bool(_SAME.match(row.summary) or _SAME.match(row.status))


def _supported(metric: Metric, scored: Sequence[Experiment], sigma: float) -> int:
    """Keeps whose lead over the last supported level no luckiest of the attempts since would have."""
    found, level, tries = 0, scored[0].value if scored else None, 0
    for each in scored[1:]:
        assert each.value is not None
        assert level is not None
        tries += 1
        lead = metric.gain(each.value, over=level)
        if each.verdict.outcome is Outcome.KEEP and lead > luck.standing_out(tries, sigma):
            found, level, tries = found + 1, each.value, 0
    return found


def _centred(
    metric: Metric, scored: Sequence[Experiment], best: Experiment | None, noise: Noise | None
) -> float | None:
    if best is None or best.value is None or noise is None:
        return None
    lead = luck.luckiest(len(scored), noise.sigma)
    return best.value - metric.gain(lead, over=0.0)


def hearsay_sentence(span: Span | None, done: Experiment) -> str:
    """What may be concluded from one imported row: their word, and that it is theirs."""
    unit = span.epoch.metric.unit if span else ""
    said = {Outcome.KEEP: "They kept it", Outcome.DISCARD: "They discarded it"}.get(done.verdict.outcome)
    said = said or f"Not kept, as far as one can tell ({plain(str(done.verdict.outcome)).replace('_', ' ')})"
    value = "without a number" if done.value is None else f"at {Figures(unit).with_unit(done.value)} by their count"
    return f"{said}, {value}: {plain(done.verdict.reason, 400)}. Imported: nothing of it was measured here."


def hearsay_lines(history: Archive) -> list[tuple[str, str]]:
    """Name and text of everything there is to say about an imported ledger, for any surface."""
    source = history.imported
    if source is None:
        return []
    read = f"{count(source.rows, 'row')} from {count(source.lines, 'line')} of {plain(source.file, 60)}"
    lines = [("imported", f"{read}, {count(len(source.doubts), 'doubt')}, 0 dropped; every number is their word")]
    found = accounts(history)
    for index, each in enumerate(found, 1):
        where = f"segment {index}: " if len(found) > 1 else ""
        lines += [(where + name, text) for name, text in _told(each)]
    return lines


def _told(each: Account) -> Iterator[tuple[str, str]]:
    figures = Figures.of(each.metric.unit, each.noise.sigma if each.noise else None)
    name = plain(each.metric.name, 40)
    unknown = f", {each.unknown} of unknown outcome" if each.unknown else ""
    yield "their claim", f"{_claimed(each, figures)}; {name}, {each.metric.direction}"
    yield "their keeps", f"{each.kept} of {count(each.tried, 'attempt')} with a number{unknown}"
    if each.not_better:
        yield "not better", f"{count(each.not_better, 'keep')} not better than everything before"
    if each.tried:
        yield "their rule", _rule(each)
    if each.noise is None:
        yield "noise", "unknown: nothing was measured twice, so no keep can be told from luck"
        return
    most = "at most about " if each.noise.bound else ""
    yield "noise", f"sigma {most}{figures.with_unit(each.noise.sigma)}, from {each.noise.source}"
    yield "supported", f"{each.supported} of {count(each.kept, 'keep')}: more than the luckiest of the attempts since"
    if each.centred is not None:
        word = f"their best is the best of {each.scored}: re-centred it is {figures.with_unit(each.centred)}"
        yield "re-centred", word + _left(each, figures)


def _claimed(each: Account, figures: Figures) -> str:
    if each.gain is None or each.best_at is None:
        return "nothing kept has a number"
    return (
        f"{figures.value(each.first)} to {figures.with_unit(each.best)} (experiment {each.best_at}),"
        f" {figures.signed(each.gain)}"
    )


def _rule(each: Account) -> str:
    mean, chance = luck.expected_keeps(each.tried), luck.any_keep(each.tried)
    return (
        f"keeping what is better keeps {mean:.1f} of {count(each.tried, 'attempt')} that change nothing, at least one"
        f" with probability {chance:.2f}; here {each.leads} led, which luck alone does with probability"
        f" {_chance(each.by_luck)}"
    )


def _chance(p: float) -> str:
    return "below 0.0001" if p < 1e-4 else f"{p:.2g}"


def _left(each: Account, figures: Figures) -> str:
    if each.centred is None or each.first is None:
        return ""
    left = each.metric.gain(each.centred, over=each.first)
    return f", {figures.signed(left)} from where they began, which is itself one run"


def is_hearsay(span: Span | None) -> bool:
    """Whether a segment's numbers are hearsay."""
    return span is not None and span.epoch.trust_class == IMPORTED
