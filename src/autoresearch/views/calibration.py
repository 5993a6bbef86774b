"""Said and shown: gains as claimed beforehand, as the judging runs showed them, and as fresh runs left them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from autoresearch.records import Certificate, Experiment, Outcome
from autoresearch.views.claimed import amount
from autoresearch.views.effects import Gain, fresh_gain, measured_gain
from autoresearch.views.reading import Reading, Span


@dataclass(frozen=True, slots=True)
class Claim:
    """A gain an agent expected, in one number, and what was measured."""

    experiment: Experiment
    claimed: float
    """In the metric's unit, as an improvement, whichever sign it was written with."""
    measured: Gain
    """By fresh runs where there are any, else as judged."""


@dataclass(frozen=True, slots=True)
class Block:
    """A certificate, and the steps it covers."""

    certificate: Certificate
    steps: int
    judged: float
    """Gain of its steps as each was judged, added up."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far gains held."""

    proposals: int
    """Judged experiments, of whatever agent."""
    claims: Sequence[Claim]
    """Of those whose agent expected one number, and that were measured."""
    again: Sequence[tuple[Gain, Gain]]
    """As judged, and from fresh runs: every kept change that got any."""
    blocks: Sequence[Block]

    @property
    def reached(self) -> int:
        """How many claims the measurement came up to."""
        return sum(claim.measured.mean >= claim.claimed for claim in self.claims)

    @property
    def ratio(self) -> float | None:
        """Median of measured over claimed; None without claims."""
        return median(claim.measured.mean / claim.claimed for claim in self.claims) if self.claims else None

    @property
    def held(self) -> float | None:
        """Share of the gain as judged that fresh runs showed again; None where nothing positive was judged twice."""
        judged = math.fsum(before.mean for before, _ in self.again)
        return math.fsum(after.mean for _, after in self.again) / judged if judged > 0 else None


def calibration(reading: Reading) -> Calibration:
    """What was claimed beside what was measured, over the whole study; gains are compared inside an epoch only."""
    judged = [
        (span, done)
        for span in reading.spans
        for done in span.experiments
        if done is not span.baseline and done.verdict.outcome in (Outcome.KEEP, Outcome.DISCARD)
    ]
    claims = [claim for span, done in judged if (claim := _claim(reading, span, done))]
    return Calibration(len(judged), claims, list(_again(reading, judged)), list(_blocks(reading)))


def expected(done: Experiment) -> str:
    """What the agent expected of its change, in its own words; empty where it did not say."""
    said = done.candidate.detail.get("expected_effect") if done.candidate else None
    return said if isinstance(said, str) else ""


def _claim(reading: Reading, span: Span, done: Experiment) -> Claim | None:
    text = expected(done)
    if not text or span.noise is None:
        return None
    claimed = amount(text, span.noise.mean, span.epoch.metric)
    measured = fresh_gain(reading, span, done) or measured_gain(reading, span, done)
    return Claim(done, claimed, measured) if claimed and measured else None


def _again(reading: Reading, judged: Sequence[tuple[Span, Experiment]]) -> Iterator[tuple[Gain, Gain]]:
    for span, done in judged:
        if done.verdict.outcome is Outcome.KEEP and (fresh := fresh_gain(reading, span, done)):
            before = measured_gain(reading, span, done)
            if before:
                yield before, fresh


def _blocks(reading: Reading) -> Iterator[Block]:
    """Only where every step of the block was judged in the certificate's own epoch."""
    for span in reading.spans:
        here = {done.number for done in span.experiments}
        for proof in span.proofs:
            done = proof.certificate
            steps = list(reading.lineage(done.commit, stop=done.against))
            gains = [measured_gain(reading, span, step) for step in steps if step.number in here]
            known = [gain.mean for gain in gains if gain]
            if known and len(known) == len(steps) and math.isfinite(done.gain):
                yield Block(done, len(steps), math.fsum(known))
