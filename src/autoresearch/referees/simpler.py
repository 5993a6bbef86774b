"""Simplicity: a change that makes the code smaller and the metric no worse is kept; so is taking back what did nothing.

Why no certificate can become false by it: a keep is provisional whatever earned it, and a certificate is fresh runs of
the tip against a fixed commit, which know nothing of the way the tip came about. Why small losses cannot add up: see
`anchor` and `History.incumbent_commit`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import mean, stdev

from autoresearch.history import Evidence, History
from autoresearch.protocols import Referee
from autoresearch.records import Certificate, Experiment, Outcome, Side, Verdict
from autoresearch.referees import words
from autoresearch.referees.reading import noise, numbers, scores, steady
from autoresearch.referees.schedule import certificate_due
from autoresearch.stats.equivalence import MARGIN, PRUNED, SMALLER, Equivalence, NoWorse
from autoresearch.stats.ranks import FOUL

HOPELESS = 1.5
"""Standard errors by which a candidate may trail before it is dropped without a full pool."""


@dataclass(frozen=True, slots=True)
class Simpler:
    """Another referee, whose discards are asked once more where the change made the code smaller.

    In a night that prunes, every candidate takes a kept change back, and is kept when it is no worse than the commit
    that was certified before any pruning.
    """

    inner: Referee
    proving: Referee
    """Gives certificates in a night that prunes: always on fresh runs of both sides."""
    smaller: NoWorse | None = SMALLER
    """None where keeps must be proven one by one: then nothing is kept for being smaller."""
    pruned: NoWorse = PRUNED

    def next(self, evidence: Evidence) -> Side | Verdict:
        """The other referee's answer; for a smaller change that it would discard, the test of being no worse."""
        history = evidence.history
        if history.baseline is None:
            return self.inner.next(evidence)
        if history.prunes:
            return self._test(evidence, self.pruned, evidence.incumbent, Verdict(Outcome.DISCARD, "it stays"))
        answer = self.inner.next(evidence)
        if self.smaller is None or not isinstance(answer, Verdict) or answer.outcome is not Outcome.DISCARD:
            return answer
        if not shrinks(evidence):
            return answer
        return self._test(evidence, self.smaller, anchor(history), answer)

    def certificate_due(self, history: History) -> bool:
        """When the other referee says so; in a night that prunes, at its end."""
        return certificate_due(history) if history.prunes else self.inner.certificate_due(history)

    def certify(self, evidence: Evidence) -> Side | Certificate:
        """The other referee's certificate; for a pruned tip, one on fresh runs against the study's base."""
        return (self.proving if evidence.history.prunes else self.inner).certify(evidence)

    def _test(self, evidence: Evidence, test: NoWorse, against: str, otherwise: Verdict) -> Side | Verdict:
        """Measure the candidate up to the look that decides, against a pool of runs of `against`."""
        history = evidence.history
        ours = scores(history.metric, evidence.of(Side.CANDIDATE))
        if not ours:
            return Side.CANDIDATE
        pool = _pool(history, against)
        if _hopeless(history, ours, pool):
            return _verdict(evidence, ours, pool, otherwise)
        if _wants_more(evidence, test, pool):
            return Side.INCUMBENT if against == evidence.incumbent else otherwise
        call = test.judge(ours, pool)
        if call is Equivalence.MORE:
            return Side.CANDIDATE
        return _verdict(evidence, ours, pool, otherwise, kept=call is Equivalence.NO_WORSE)


def shrinks(evidence: Evidence) -> bool:
    """Whether the change of this contest makes the code smaller. Unknown is no."""
    nodes = evidence.history.candidates[evidence.number].nodes
    return nodes is not None and nodes < 0


def anchor(history: History) -> str:
    """The youngest ancestor of the tip that was not kept for being no worse.

    A row of smaller changes is held against one and the same commit: together they may lose the margin, not each.
    """
    makers = {done.candidate.commit: done for done in history.experiments if done.candidate}
    commit = history.tip_commit
    while (maker := makers.get(commit)) is not None and was_no_worse(maker):
        commit = maker.parent
    return commit


def was_no_worse(done: Experiment) -> bool:
    """Whether this experiment was kept for being no worse, not for being better."""
    return done.verdict.outcome is Outcome.KEEP and "margin" in done.verdict.statistic


def _pool(history: History, commit: str) -> list[float]:
    """Steady runs of `commit` nobody selected; the ones there are, before there are such."""
    return steady(history, commit)[0] or numbers(history.metric, history.runs.get((commit, "public"), ()))


def _wants_more(evidence: Evidence, test: NoWorse, pool: list[float]) -> bool:
    """Whether the pool needs another run: until it is full, and once a contest in nights that prune, to watch drift."""
    if len(pool) > 1 and len(set(pool)) == 1:
        return False
    is_watched = not evidence.history.prunes or test.pool == 1 or bool(evidence.of(Side.INCUMBENT))
    return len(pool) < test.pool or not is_watched


def _hopeless(history: History, ours: list[float], pool: list[float]) -> bool:
    """Whether it is so much worse already that no pool need be filled. Stopping for this only lowers the error."""
    usual = noise(history)
    if FOUL in ours or not pool:
        return FOUL in ours
    reach = usual.sigma * math.sqrt(1 / len(ours) + 1 / len(pool)) if usual else 0.0
    return mean(ours) < mean(pool) - HOPELESS * reach


def _verdict(
    evidence: Evidence, ours: list[float], pool: list[float], otherwise: Verdict, *, kept: bool = False
) -> Verdict:
    if FOUL in ours:
        return Verdict(Outcome.DISCARD, "one of its runs gave no number")
    metric, gain = evidence.history.metric, mean(ours) - mean(pool)
    sigma = stdev(pool) if len(pool) > 1 else 0.0
    statistic = {"gain": gain, "sigma": sigma, "n": float(len(ours)), "m": float(len(pool))}
    allowed = f"a loss of {words.amount(metric, MARGIN * sigma)} ({MARGIN:g} sigma) is not excluded"
    far = f"{words.distance(metric, gain, rival='what it must not fall behind')} in {words.runs(len(ours))}"
    if not kept:
        return Verdict(Outcome.DISCARD, f"{far}, {allowed}: {_fate(evidence, otherwise)}", statistic)
    made = evidence.history.candidates[evidence.number]
    size = f", {-made.nodes} {made.counted} smaller" if made.nodes is not None and made.nodes < 0 else ""
    reason = f"{far}, {allowed.replace('is not excluded', 'is excluded')}{size}: kept, not yet certified"
    return Verdict(Outcome.KEEP, reason, statistic | {"margin": MARGIN * sigma})


def _fate(evidence: Evidence, otherwise: Verdict) -> str:
    return otherwise.reason if evidence.history.prunes else "discarded"
