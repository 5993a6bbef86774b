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
from autoresearch.history.lineage import ancestry
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
            return self._test(evidence, self.pruned, evidence.incumbent)
        if self.smaller is not None and _is_reheard(evidence):
            return self._test(evidence, self.smaller, anchor(history))
        answer = self.inner.next(evidence)
        if self.smaller is None or not isinstance(answer, Verdict) or answer.outcome is not Outcome.DISCARD:
            return answer
        return self._test(evidence, self.smaller, anchor(history)) if shrinks(evidence) else answer

    def certificate_due(self, history: History) -> bool:
        """When the other referee says so; in a night that prunes, at its end."""
        return certificate_due(history) if history.prunes else self.inner.certificate_due(history)

    def certify(self, evidence: Evidence) -> Side | Certificate:
        """The other referee's certificate; for a pruned tip, one on fresh runs against the study's base."""
        return (self.proving if evidence.history.prunes else self.inner).certify(evidence)

    def _test(self, evidence: Evidence, test: NoWorse, against: str) -> Side | Verdict:
        """Measure the candidate up to the look that decides, against a pool of runs of `against`."""
        history = evidence.history
        runs = scores(history.metric, evidence.of(Side.CANDIDATE))
        if not runs:
            return Side.CANDIDATE
        pool = _pool(history, against)
        if len(pool) < test.pool and _hopeless(history, runs, pool):
            return _verdict(evidence, runs, pool)
        if _wants_more(evidence, test, pool):  # of an earlier commit no more can be had: then nothing is excluded
            return Side.INCUMBENT if against == evidence.incumbent else _verdict(evidence, runs, pool)
        ours = runs if history.prunes or test.pool == 1 else runs[1:]  # the first was found wanting: selected, too
        call = test.judge(ours, pool)
        if call is Equivalence.MORE:
            return Side.CANDIDATE
        return _verdict(evidence, ours, pool, kept=call is Equivalence.NO_WORSE)


def _is_reheard(evidence: Evidence) -> bool:
    """Whether the other referee has discarded this candidate already: it is asked once, on the first run.

    Asked again after every run of the incumbent, it would sooner or later find one lucky moment to keep it.
    """
    sides = [run.side for run in evidence.runs]
    return Side.CANDIDATE in sides and sides.index(Side.CANDIDATE) < len(sides) - 1


def shrinks(evidence: Evidence) -> bool:
    """Whether the change of this contest makes the code smaller, and gave a number. Unknown is no."""
    nodes = evidence.history.candidates[evidence.number].nodes
    runs = evidence.of(Side.CANDIDATE)
    return nodes is not None and nodes < 0 and all(run.value is not None for run in runs)


def anchor(history: History) -> str:
    """The youngest ancestor of the tip that was not kept, in this epoch, for being no worse.

    A row of smaller changes is held against one and the same commit: together they may lose the margin, not each.
    Earlier epochs' commits were not measured in this one, and could not be held against.
    """
    commit, began = history.tip_commit, history.baseline.number if history.baseline else 0
    for maker in ancestry(history, commit):
        if maker.number < began or not was_no_worse(maker):
            return commit
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
    is_watched = not evidence.history.prunes or test.pool == 1 or bool(evidence.of(Side.INCUMBENT))
    return len(pool) < test.pool or not is_watched


def _hopeless(history: History, ours: list[float], pool: list[float]) -> bool:
    """Whether it is so much worse already that no pool need be filled. Stopping for this only lowers the error."""
    usual = noise(history)
    if FOUL in ours or not pool:
        return FOUL in ours
    reach = usual.sigma * math.sqrt(1 / len(ours) + 1 / len(pool)) if usual else 0.0
    return mean(ours) < mean(pool) - HOPELESS * reach


def _verdict(evidence: Evidence, ours: list[float], pool: list[float], *, kept: bool = False) -> Verdict:
    if FOUL in ours:
        return Verdict(Outcome.DISCARD, "one of its runs gave no number")
    if not pool:
        return Verdict(Outcome.DISCARD, "there is no run of the commit it is held against: discarded")
    metric, gain = evidence.history.metric, mean(ours) - mean(pool)
    sigma = stdev(pool) if len(pool) > 1 else 0.0
    statistic = {"gain": gain, "sigma": sigma, "n": float(len(ours)), "m": float(len(pool))}
    loss = f"a loss of {words.amount(metric, MARGIN * sigma)} ({MARGIN:g} sigma) is"
    rival = "the unpruned commit" if evidence.history.prunes else "the incumbent"
    far = f"{words.distance(metric, gain, rival=rival)} in {words.runs(len(ours))}"
    if not kept:
        fate = "it stays" if evidence.history.prunes else "discarded"
        return Verdict(Outcome.DISCARD, f"{far}, {loss} not excluded: {fate}", statistic)
    made = evidence.history.candidates[evidence.number]
    size = f", {-made.nodes} {made.counted} smaller" if made.nodes is not None and made.nodes < 0 else ""
    reason = f"{far}, {loss} excluded{size}: kept, not yet certified"
    return Verdict(Outcome.KEEP, reason, statistic | {"margin": MARGIN * sigma})
