"""The first thing a person reads: what was proven, or plainly that nothing was."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from autoresearch.records import Certificate, Measurement, Ruling, Side
from autoresearch.referees import sealed_gain
from autoresearch.stats.ranks import Interval
from autoresearch.views.delivery import chain_to, span_of_proof
from autoresearch.views.effects import best_of_luck, fresh_gain, measured_gain
from autoresearch.views.levels import Level
from autoresearch.views.paired import delivered, is_paired
from autoresearch.views.reading import Reading, Span
from autoresearch.views.sentences import figures_of, margin
from autoresearch.views.standing import hit_rate
from autoresearch.views.tip import standing_certificate
from autoresearch.views.words import Figures, certified_as, count, plain

NOTHING = "Nothing was found"
"""How the headline of a study begins that is over, and under which nothing is certified."""
NOT_YET = "Nothing is certified yet"
"""How it begins while a night is open, at work or paused."""
MORE = " More budget lets a certificate decide."
"""What would prove or refute what was seen."""
RAN_OUT = "The night's hours went by while nothing ran: `autoresearch run --hours 8` grants another."
"""What is added for a night that was stopped and not gone on with in time."""

MOST_NAMED = 8
"""Certificates that the headline names one by one."""


@dataclass(frozen=True, slots=True)
class Headline:
    """One line, and the paragraph that says how far it can be trusted."""

    proven: bool
    claim: str
    detail: str
    before: str = ""
    """The baseline's level; empty when there is nothing to set beside it."""
    after: str = ""

    @property
    def levels(self) -> str:
        """From the baseline's level to the certified one; empty where there are not both."""
        return f"{self.before} → {self.after}" if self.before and self.after else ""


def headline(reading: Reading, *, ran_out: bool = False) -> Headline:
    """What the night delivers; `ran_out` where its hours went by while nothing ran, as `views.clock` tells."""
    proof = standing_certificate(reading.history)
    made = _unproven(reading, ran_out) if proof is None else _proven(reading, proof)
    return made if not _unsafe(reading) else _flagged(made)


def certified_gain(reading: Reading) -> Interval | None:
    """What the certified commit gained, from the first certificate on, and its 95 % interval; None without one."""
    proof = standing_certificate(reading.history)
    if proof is None:
        return None
    span = span_of_proof(reading, proof)
    chain = chain_to(span, proof)
    pairs = _paired(span, chain)
    return pairs[1] if pairs else _delivered(span, chain)


def total_gain(proofs: Sequence[Certificate]) -> Interval:
    """Gain of a chain of certificates with its 95 % interval.

    Gains add; the halves of their intervals add in quadrature, because each certificate has runs of its own.
    """
    gain = sum(proof.gain for proof in proofs)
    down = math.hypot(*(proof.gain - proof.gain_low for proof in proofs))
    up = math.hypot(*(proof.gain_high - proof.gain for proof in proofs))
    return Interval(gain, gain - down, gain + up)


def _delivered(span: Span, chain: Sequence[Certificate]) -> Interval:
    """Gain of where the chain ends over where it began.

    On finite data all of it stands on the very same records, so the two ends are compared on them: what luck the
    certificates had, they had in common.
    """
    ours = _recorded(span, chain[-1], Side.CANDIDATE)
    theirs = _recorded(span, chain[0], Side.INCUMBENT)
    if len(chain) > 1 and ours and theirs:
        return sealed_gain(span.epoch.metric, ours, theirs)
    return total_gain(chain)


def _recorded(span: Span, proof: Certificate, side: Side) -> Measurement | None:
    """A run of one side of a certificate that has scores of single records."""
    runs = next(each.runs for each in span.proofs if each.certificate is proof)
    return next((run for run in runs if run.side is side and run.records), None)


def _proven(reading: Reading, proof: Certificate) -> Headline:
    span = span_of_proof(reading, proof)
    chain = chain_to(span, proof)
    figures, floor = figures_of(reading, span), span.noise
    pairs = _paired(span, chain)
    start, whole = pairs or (floor.mean if floor and proof.split == "public" else None, _delivered(span, chain))
    gain, low, high = whole.estimate, whole.low, whole.high
    name = plain(span.epoch.metric.name, 40)
    runs = count(proof.n, "fresh run")
    detail = (
        f"{name} is {figures.with_unit(abs(gain))} {'better' if gain >= 0 else 'worse'} than {_start(span, chain)},"
        f" 95 % interval {figures.interval(low, high)}, from the interleaved runs of {_numbers(chain)}"
        f"{_beside(pairs, figures)}."
        f" The level is the mean of {runs} of commit {proof.commit[:9]}{_split(proof)},"
        f" 95 % interval {figures.span(proof.low, proof.high)}; never the best run seen."
    )
    if span is not reading.spans[-1]:
        detail += f" Measured in epoch {span.epoch.number}; what is measured has changed since."
    return Headline(
        proven=True,
        claim=f"{figures.with_unit(abs(gain))} better, {certified_as(span.epoch.trust_class)}",
        detail=detail,
        before="" if start is None else figures.value(start),
        after=figures.with_unit(proof.mean),
    )


def _beside(pairs: tuple[float, Interval] | None, figures: Figures) -> str:
    return f", each of which timed both: {figures.with_unit(pairs[0])} there" if pairs else ""


def _paired(span: Span, chain: Sequence[Certificate]) -> tuple[float, Interval] | None:
    """Where both sides were timed in every run: where the chain began, at the last runs' speed, and the gain there."""
    if not is_paired(span):
        return None
    return delivered(span.epoch.metric, [each for each in span.proofs if each.certificate in chain])


def _start(span: Span, chain: Sequence[Certificate]) -> str:
    first = span.baseline.candidate.commit if span.baseline and span.baseline.candidate else ""
    return "the baseline" if chain[0].against == first else f"{chain[0].against[:9]}, certified in an earlier epoch"


def _numbers(chain: Sequence[Certificate]) -> str:
    names = [str(proof.number) for proof in chain]
    if len(names) == 1:
        return f"certificate {names[0]}"
    if len(names) > MOST_NAMED:
        return f"{len(names):,} certificates, {names[0]} to {names[-1]}"
    return f"certificates {', '.join(names[:-1])} and {names[-1]}"


def _split(proof: Certificate) -> str:
    return "" if proof.split == "public" else f" on the {plain(proof.split, 20)}"


def _unproven(reading: Reading, ran_out: bool) -> Headline:
    """What is said under which nothing is certified: that nothing was found, or while a night is open, not yet."""
    is_open = _is_open(reading) and not ran_out
    made = _unfounded(reading, is_open)
    detail = f"{made.detail.removesuffix(MORE)} {RAN_OUT}" if ran_out else made.detail
    return replace(made, claim=f"{NOT_YET if is_open else NOTHING}: {made.claim}", detail=detail)


def _is_open(reading: Reading) -> bool:
    """Whether a night that somebody granted goes on, or will when `run` is typed: its certificates are to come."""
    history = reading.history
    night = history.night
    return night is not None and night.purpose != "try" and not history.ended and not history.stopping


def _unfounded(reading: Reading, is_open: bool) -> Headline:
    span = reading.spans[-1] if reading.spans else None
    floor = span.noise if span else None
    if span is None or floor is None:
        return Headline(False, "nothing has been measured yet", "The baseline has no run so far.")
    figures, rate = figures_of(reading, span), hit_rate(reading)
    start = figures.with_unit(floor.mean)
    if not rate.tried:
        return Headline(False, "only the baseline has been measured", f"It stands at {start}.", before=start)
    if not rate.kept:
        detail = f"None of {count(rate.tried, 'experiment')} beat the best run seen; the baseline stands at {start}."
        return Headline(False, "no change was kept", detail, before=start)
    claim, detail = _unconfirmed(span, figures) or _seen(reading, span, floor, figures, is_open)
    return Headline(False, claim, detail, before=start)


def _unconfirmed(span: Span, figures: Figures) -> tuple[str, str] | None:
    """What the holdout said of the last block it was asked about; None when it was not asked."""
    last = span.proofs[-1].certificate if span.proofs else None
    if last is None or last.split == "public" or last.ruling is not Ruling.CONTINUE:
        return None
    ours, theirs = Level.of(span.values(last.commit)), Level.of(span.values(last.against))
    seen = figures.signed(span.epoch.metric.gain(ours.mean, over=theirs.mean)) if ours and theirs else "a gain"
    sealed = f"{figures.signed(last.gain)}, 95 % interval {figures.interval(last.gain_low, last.gain_high)}"
    detail = (
        f"Experiment {last.experiment} against the last certified commit: in public {seen}, on the holdout {sealed}."
    )
    return "the sealed data do not prove what the public score shows", detail


def _seen(reading: Reading, span: Span, floor: Level, figures: Figures, is_open: bool) -> tuple[str, str]:
    """What the provisional best amounts to, against the luckiest of as many unchanged programs."""
    tip = reading.history.tip
    seen = reading.history.tip_value
    if tip is span.baseline and tip and reading.makers.get(reading.history.tip_commit):
        return (
            "what was kept in an earlier epoch is not proven in this one",
            "What numbers depend on has changed since. `autoresearch revalidate` measures what was kept again.",
        )
    if tip is None or tip is span.baseline or seen is None:
        return (
            "what was kept has been rolled back",
            "Delivered is the code the night began with.",
        )
    fresh = [v for v in span.values(reading.history.tip_commit) if v != seen]
    level = Level.of(fresh) or Level(seen, None, 1)
    gain = span.epoch.metric.gain(level.mean, over=floor.mean)
    luck = best_of_luck(floor, 1 if fresh else len(span.experiments))
    if luck is not None and fresh:
        luck *= math.sqrt((1 / level.n + 1 / floor.n) / (1 + 1 / floor.n))
    told = f"The provisional best, experiment {tip.number}, stands {figures.with_unit(abs(gain))}"
    told += f" {'better' if gain >= 0 else 'worse'} than the baseline ({count(level.n, 'run')})"
    if luck is None:
        return "the noise is unknown", told + "; one baseline run says nothing about chance."
    if gain <= luck:
        claim = "the improvements seen are indistinguishable from noise"
        tries = "fresh runs" if fresh else f"the luckiest of {count(len(span.experiments), 'unchanged program')}"
        return claim, f"{told}; by chance alone {tries} may reach {figures.with_unit(luck)}."
    tip_gain = fresh_gain(reading, span, tip) or measured_gain(reading, span, tip)
    claim, hope = _outlook(reading, span, is_open)
    return claim, f"{told}. Its last step: {margin(tip_gain, figures)}.{hope}"


def _outlook(reading: Reading, span: Span, is_open: bool) -> tuple[str, str]:
    """What to call improvements that no certificate has confirmed, and what could."""
    history, seen = reading.history, "improvements were seen"
    if span.epoch.unsafe:
        return f"{seen}, but none is certified", ""
    if not is_open:
        return f"{seen}, but none is certified", MORE
    if history.night and history.certificates_tonight < history.night.certificates:
        return f"{seen}, and the next certificate decides", ""
    return seen, MORE


def _unsafe(reading: Reading) -> bool:
    return any(span.epoch.unsafe for span in reading.spans)


def _flagged(made: Headline) -> Headline:
    warning = "Unsafe: at least one epoch ran without a sandbox, where a candidate can write any number it likes."
    claim = f"Unsafe: {made.claim[0].lower()}{made.claim[1:]}"
    return replace(made, claim=claim, detail=f"{made.detail} {warning}")
