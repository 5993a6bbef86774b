"""What was told of finite data: every answer booked in bits, and how far so many bits can have led astray.

If what was chosen depends on n records only through k bits, and every record's score lies in a range of width w, then
with probability 95 % no chosen commit's mean flatters it by more than w sqrt((k ln 2 + ln 20) / (2 n)): Hoeffding's
bound over the 2^k choices there could have been; ln 20 is 3.0.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import fmean

from autoresearch.history import Archive, Vault
from autoresearch.history.disclosure import EXACT_BITS, Ladder, step
from autoresearch.records import Metric, Outcome
from autoresearch.views.words import Figures, count


@dataclass(frozen=True, slots=True)
class Finite:
    """The account of one epoch's public data and of the study's sealed data."""

    feedback: str
    answers: int
    """Experiments judged on the public records."""
    kept: int
    bits: float
    """Told of the public records: verdicts, and what was said of scores."""
    records: int | None
    bound: float | None
    """How far the public score of what was chosen may be from the truth, in the metric's unit; None unknown."""
    gain: float | None
    """What the public score claims for the tip over the baseline, in the metric's unit."""
    told: float | None
    """What the loop was told of the tip, in the metric's unit; None when it is told no scores, or no rounded ones."""
    asked: int
    """Questions to the sealed records, one bit each."""
    allowed: int
    sealed_records: int
    sealed_bound: float | None
    vault: Vault | None

    @property
    def bound_exceeds_gain(self) -> bool:
        """Whether the gain the public score shows could be made of nothing but looking often enough."""
        return self.bound is not None and self.gain is not None and self.bound >= self.gain


def finite(history: Archive) -> Finite | None:
    """The account; None for a study whose data grow back and that tells every score."""
    metric, epoch = history.metric, history.epoch
    if epoch is None or (metric.source != "depleting" and metric.feedback == "score"):
        return None
    first = history.baseline.number if history.baseline else 0
    judged = [e.verdict.outcome for e in history.experiments[first + 1 :]]
    kept, answers = judged.count(Outcome.KEEP), judged.count(Outcome.KEEP) + judged.count(Outcome.DISCARD)
    bits = verdict_bits(answers, kept) + _told_bits(history, answers)
    sealed = max((len(run.records) for runs in history.proofs for run in runs), default=0)
    asked = len(history.certificates)
    return Finite(
        feedback=metric.feedback,
        answers=answers,
        kept=kept,
        bits=bits,
        records=metric.records,
        bound=bound(bits, metric.records, metric),
        gain=public_gain(history),
        told=Ladder.of(history).by_commit.get(history.tip_commit) if metric.feedback == "ladder" else None,
        asked=asked,
        allowed=epoch.questions,
        sealed_records=sealed,
        sealed_bound=bound(asked, sealed, metric),
        vault=history.vault,
    )


def sentences(account: Finite, figures: Figures) -> Iterator[tuple[str, str]]:
    """The account for people: what was told of the public records, of the sealed ones, and what that means."""
    yield (
        "public data",
        f"{account.bits:,.0f} bits told in {count(account.answers, 'answer')}, {account.kept:,} kept;"
        f" {_worth(account.bound, account.records, figures)}",
    )
    if account.bound_exceeds_gain:
        shown = figures.signed(account.gain)
        yield "", f"that bound exceeds the {shown} the public score shows: by itself the public score proves nothing"
    if account.allowed:
        yield (
            "sealed data",
            f"{account.asked} of {count(account.allowed, 'question')} asked, one bit each;"
            f" {_worth(account.sealed_bound, account.sealed_records or None, figures)}",
        )
    if account.vault:
        yield "vault", f"opened: {figures.signed(account.vault.gain)} over what the study grew from"


def _worth(width: float | None, records: int | None, figures: Figures) -> str:
    if width is None:
        return "what they bound is unknown" + ("" if records else ", for the number of records is")
    return f"a chosen score flatters by at most {figures.with_unit(width)} over {records:,} records"


def verdict_bits(answers: int, kept: int) -> float:
    """log2 of the number of ways to keep so many of so many."""
    return (math.lgamma(answers + 1) - math.lgamma(kept + 1) - math.lgamma(answers - kept + 1)) / math.log(2)


def bound(bits: float, records: int | None, metric: Metric) -> float | None:
    """Width of the bound above; None where the records or the metric's range are unknown."""
    width = metric.high - metric.low
    if not records or not math.isfinite(width):
        return None
    return width * math.sqrt((bits * math.log(2) + math.log(20)) / (2 * records))


def public_gain(history: Archive) -> float | None:
    """What the public score says of the tip over the baseline; None before there is anything to compare."""
    base, here = history.baseline, history.values(history.tip_commit)
    value = fmean(here) if here else history.tip_value
    if value is None or base is None or base.value is None or history.tip is base:
        return None
    return history.metric.gain(value, over=base.value)


def vault_sentence(metric: Metric, opened: Vault) -> str:
    """What the vault said, in one sentence."""
    figures = Figures(metric.unit)
    margin = f"95 % interval {figures.interval(opened.gain_low, opened.gain_high)}"
    way = "better" if opened.gain > 0 else "no better"
    return (
        f"On the vault's data the certified commit {opened.commit[:9]} stands at {figures.with_unit(opened.value)},"
        f" what the study grew from at {figures.with_unit(opened.over)}: {way}, by {figures.signed(opened.gain)}"
        f" ({margin})."
    )


def _told_bits(history: Archive, answers: int) -> float:
    """What was said of scores beyond the verdicts: whole numbers of steps in Elias's gamma code, or exact numbers."""
    if history.metric.feedback == "bit":
        return 0.0
    if history.metric.feedback == "score":
        return EXACT_BITS * (answers + 1)
    ladder, height = Ladder.of(history), step(history)
    starts = (EXACT_BITS if not height else 1 + _gamma(abs(round(at / height)) + 1) for at in ladder.landed)
    return sum(starts) + sum(map(_gamma, ladder.climbed))


def _gamma(number: int) -> float:
    """Length of a positive whole number in Elias's gamma code (1975), which needs no largest one."""
    return 2 * math.floor(math.log2(max(1, number))) + 1
