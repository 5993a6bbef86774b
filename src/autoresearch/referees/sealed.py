"""Finite data: a preset's own rule, a ladder before its keeps, one-bit questions in place of its certificates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from autoresearch.history import Evidence, History
from autoresearch.history.disclosure import climbs, step
from autoresearch.protocols import Referee
from autoresearch.records import Certificate, Measurement, Metric, Outcome, Ruling, Side, Verdict
from autoresearch.referees import words
from autoresearch.referees.proofs import contest, proof, turn
from autoresearch.referees.reading import noise
from autoresearch.stats.blocks import SHORTEST, Paired, level_of, paired, smallest_p
from autoresearch.stats.ranks import Interval

STUDY_LEVEL = 0.05
"""Probability that anything is certified in a study where nothing is better."""
SEEDS = 2
"""Runs of each side that must be one and the same before their records alone decide."""
UNKNOWN = Interval(0.0, -math.inf, math.inf)
"""A gain that nothing bounds."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """Any preset that proves in certificates, on data that do not grow back.

    A keep must climb a step of the ladder. A certificate is one question to the sealed records, certified or not: the
    tip against the last certified commit, record by record. Their number is fixed for the study, and so is the 5 % they
    share. The answer never moves the tip, so nothing that is proposed depends on any of them.
    """

    inner: Referee

    def next(self, evidence: Evidence) -> Side | Verdict:
        """The inner rule; what it keeps must also climb."""
        answer, history = self.inner.next(evidence), evidence.history
        if isinstance(answer, Side) or answer.outcome is not Outcome.KEEP or history.baseline is None:
            return answer
        values = [run.value for run in evidence.of(Side.CANDIDATE) if run.value is not None]
        if climbs(history, fmean(values), parent=evidence.incumbent):
            return answer
        height = words.amount(history.metric, step(history))
        return replace(answer, outcome=Outcome.DISCARD, reason=f"less than a step of {height} better: discarded")

    def certificate_due(self, history: History) -> bool:
        """As the inner rule says, while a question is left that was not asked before: its answer would be the same."""
        asked = history.certificates
        if history.epoch is None or len(asked) >= history.epoch.questions:
            return False
        return not (asked and asked[-1].commit == history.tip_commit) and self.inner.certificate_due(history)

    def certify(self, evidence: Evidence) -> Side | Certificate:
        """Two runs a side, the incumbent's first; if any differ, as many as the inner rule wants. Then one answer."""
        runs = contest(evidence)
        ours = [run for run in runs if run.side is Side.CANDIDATE]
        theirs = [run for run in runs if run.side is Side.INCUMBENT]
        if not theirs:
            return Side.INCUMBENT  # its failure is the machine's, and costs no question
        if min(len(ours), len(theirs)) < SEEDS:
            return turn(ours, theirs)
        if not _varies(evidence):
            return _answered(evidence, ours, theirs, passed=True)
        answer = self.inner.certify(evidence)
        if isinstance(answer, Side):
            return answer
        return _answered(evidence, ours, theirs, passed=answer.ruling is Ruling.CERTIFIED)


def _varies(evidence: Evidence) -> bool:
    """Whether the baseline's runs differ, or those of either side, on the public records or the sealed ones."""
    history, usual = evidence.history, noise(evidence.history)
    sides = [history.runs.get((run.commit, split), ()) for run in contest(evidence) for split in ("public", run.split)]
    return bool(usual and usual.sigma) or any(len({(run.value, run.records) for run in side}) > 1 for side in sides)


def level(history: History) -> float:
    """What the next question may spend: an equal share of what earlier ones left of the study's 5 %."""
    asked = history.certificates
    left = (history.epoch.questions if history.epoch else 0) - len(asked)
    spent = math.fsum(done.level for done in asked)
    return max(0.0, STUDY_LEVEL - spent) / left if left > 0 else 0.0


def sealed_gain(metric: Metric, ours: Measurement, theirs: Measurement) -> Interval:
    """Gain of one run over another on the same records, higher is better; unbounded without as many scores of each."""
    up, down = _scores(metric, [ours]), _scores(metric, [theirs])
    if len(up) == len(down) >= SHORTEST:
        return paired(up, down).gain
    assert ours.value is not None
    assert theirs.value is not None
    return Interval(metric.gain(ours.value, over=theirs.value), -math.inf, math.inf)


def too_few(records: int, *, questions: int) -> str:
    """Why a sealed evaluation with so many records cannot answer so many questions; empty when it can."""
    share = STUDY_LEVEL / questions
    if smallest_p(records) <= share:
        return ""
    wanted = SHORTEST * math.ceil(-math.log2(share))
    return (
        f"The sealed evaluation gives the scores of {records} single records; {questions} questions need {wanted}."
        ' Try: write them as "records" beside the score, or lower holdout.budget.'
    )


def _answered(
    evidence: Evidence, ours: Sequence[Measurement], theirs: Sequence[Measurement], *, passed: bool
) -> Certificate:
    """The certificate these runs amount to; `passed` is whether runs, where they differ, agree."""
    history = evidence.history
    up, down = _scores(history.metric, ours), _scores(history.metric, theirs)
    share = level(history)
    if not up or len(up) != len(down) or smallest_p(len(up)) > share:
        found = f"{len(up)} records of the tip, {len(down)} of the incumbent prove nothing at {share:.2g}"
        reason = f"not certified: {found}"
        return proof(evidence, ours, gain=UNKNOWN, ruling=Ruling.CONTINUE, p=1.0, level=share, reason=reason)
    test = paired(up, down)
    ruling = Ruling.CERTIFIED if passed and test.p <= share else Ruling.CONTINUE
    done = proof(evidence, ours, gain=test.gain, ruling=ruling, p=test.p, level=share, reason="-")
    done = _levelled(done, up, history.metric)
    differ = "" if passed else "; its runs differ by more than that"
    return replace(done, reason=_sentence(history.metric, done, test, len(up)) + differ)


def _levelled(done: Certificate, up: Sequence[float], metric: Metric) -> Certificate:
    """`done` with the level of the tip's records, in the metric's own direction."""
    sign, tip = metric.gain(1.0, over=0.0), level_of(up)
    low, high = sorted((sign * tip.low, sign * tip.high))
    return replace(done, mean=sign * tip.estimate, low=low, high=high)


def _sentence(metric: Metric, done: Certificate, test: Paired, records: int) -> str:
    said = "certified" if done.ruling is Ruling.CERTIFIED else "not certified"
    odds = f"p = {done.p:.2g} of {done.level:.2g} allowed"
    return f"{said}: {words.gain(metric, done)}, {odds}, {records} sealed records in {test.blocks} blocks"


def _scores(metric: Metric, runs: Sequence[Measurement]) -> list[float]:
    """Score of each record, higher is better, the mean over the runs; empty unless every run has the same records."""
    sizes = {len(run.records) for run in runs}
    if len(sizes) != 1 or 0 in sizes:
        return []
    return [metric.gain(fmean(column), over=0.0) for column in zip(*(run.records for run in runs), strict=True)]
