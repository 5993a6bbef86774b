"""What the study delivers beside what it began with, by every metric of the runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from autoresearch.records import Certificate, Measurement, Ruling, Side
from autoresearch.views.paired import is_paired
from autoresearch.views.reading import Proof, Reading, Span
from autoresearch.views.sides import BESIDE, BeforeAfter, before_after
from autoresearch.views.tip import standing_certificate


@dataclass(frozen=True, slots=True)
class Delivery:
    """Every metric before and after, and where the numbers are from."""

    span: Span
    rows: Sequence[BeforeAfter]
    source: str
    """Whose runs these are, in one sentence."""


def delivery(reading: Reading) -> Delivery | None:
    """The certified commit's, else the provisional best's; None before either."""
    proof = standing_certificate(reading.history)
    return _provisional(reading) if proof is None else _certified(span_of_proof(reading, proof), proof)


def span_of_proof(reading: Reading, proof: Certificate) -> Span:
    """The epoch a certificate was given in."""
    return next(span for span in reading.spans if any(each.certificate is proof for each in span.proofs))


def chain_to(span: Span, proof: Certificate) -> list[Certificate]:
    """The certificates of this epoch that lead to `proof`, oldest first: each begins where the one before ended.

    That of a pruned tip begins at the study's base, whatever was certified in between.
    """
    chain = [proof]
    for earlier in reversed([each.certificate for each in span.proofs]):
        if (
            earlier.ruling is Ruling.CERTIFIED
            and earlier.number < chain[0].number
            and earlier.commit == chain[0].against
        ):
            chain.insert(0, earlier)
    return chain


def _certified(span: Span, proof: Certificate) -> Delivery:
    chain = chain_to(span, proof)
    by_number = {each.certificate.number: each for each in span.proofs}
    first, last = by_number[chain[0].number], by_number[chain[-1].number]
    before = _beside(span, last) if is_paired(span) else _side(first, Side.INCUMBENT)
    numbers = " and ".join(dict.fromkeys((str(chain[0].number), str(chain[-1].number))))
    source = f"Means of the runs of certificate{'s' if len(chain) > 1 else ''} {numbers}, on both sides fresh."
    if is_paired(span) and len(chain) > 1:
        source = f"Both sides of the runs of certificate {proof.number}: its own step only."
    return Delivery(span, before_after(span.epoch.metric, before, _side(last, Side.CANDIDATE)), source)


def _provisional(reading: Reading) -> Delivery | None:
    span, tip = (reading.spans[-1] if reading.spans else None), reading.history.tip
    if span is None or span.baseline is None or tip is None or tip.candidate is None or tip is span.baseline:
        return None
    ours = span.runs.get(tip.candidate.commit, [])
    fresh = [run for run in ours if run.experiment != tip.number]
    base = span.baseline.candidate.commit if span.baseline.candidate else ""
    source = "Provisional: the baseline's runs, and " + (
        "runs of the best made since it was kept."
        if fresh
        else "the very runs that got the best kept, which flatter it."
    )
    return Delivery(span, before_after(span.epoch.metric, span.runs.get(base, []), fresh or ours), source)


def _side(proof: Proof, side: Side) -> list[Measurement]:
    return [run for run in proof.runs if run.side is side]


def _beside(span: Span, proof: Proof) -> list[Measurement]:
    """The incumbent's side of runs that timed both, as runs of its own."""
    tail = f"{BESIDE}incumbent"
    runs = []
    for run in _side(proof, Side.CANDIDATE):
        values = {name.removesuffix(tail): value for name, value in run.values.items() if name.endswith(tail)}
        runs.append(replace(run, value=values.get(span.epoch.metric.name), values=values))
    return runs
