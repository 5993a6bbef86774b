"""`certify`, the default: keep greedily on one run, prove at fixed points of the night on fresh ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from autoresearch.history import Evidence, History
from autoresearch.records import Certificate, Outcome, Ruling, Side, Verdict
from autoresearch.referees import words
from autoresearch.referees.proofs import contest, proof, turn
from autoresearch.referees.reading import baseline, noise, reference, scores, sentinel_due, steady
from autoresearch.referees.schedule import certificate_due
from autoresearch.stats.levels import is_bought
from autoresearch.stats.looks import NIGHT, Call, design_within
from autoresearch.stats.ranks import FOUL, p_value, shift, wins

RULINGS = {Call.BETTER: Ruling.CERTIFIED, Call.WORSE: Ruling.ROLLED_BACK, Call.NEITHER: Ruling.CONTINUE}


def of_the_night(history: History) -> float:
    """What one certificate may spend: the night's ask for equal shares."""
    assert history.night
    return NIGHT / max(1, history.night.certificates)


@dataclass(frozen=True, slots=True)
class Certify:
    """Two lanes. A keep is provisional: better than the best so far in one run. A certificate is proof.

    The best so far is re-centred: once it has been measured again, the mean of those runs counts, not the lucky one
    that earned the keep. A certificate compares the tip with the last certified commit in interleaved runs, at up to
    three looks; the night's certificates share 5 %.
    """

    baseline_runs: int = 5
    share: Callable[[History], float] = of_the_night
    """The level of the next certificate."""

    def next(self, evidence: Evidence) -> Side | Verdict:
        """One run of the candidate; before it, every tenth time, one of the incumbent."""
        history = evidence.history
        if history.baseline is None:
            return baseline(evidence, runs=self.baseline_runs)
        best = reference(history, evidence.incumbent)
        if best is None or sentinel_due(evidence):
            return Side.INCUMBENT
        ours = scores(history.metric, evidence.of(Side.CANDIDATE))
        return _verdict(evidence, ours[0], best) if ours else Side.CANDIDATE

    def certificate_due(self, history: History) -> bool:
        """At each of the night's points, when the tip is not what was certified last."""
        return certificate_due(history)

    def certify(self, evidence: Evidence) -> Side | Certificate:
        """Fresh runs of both sides, in ABBA order, until a look decides."""
        design = design_within(self.share(evidence.history))
        runs, metric = contest(evidence), evidence.history.metric
        ours = [run for run in runs if run.side is Side.CANDIDATE]
        theirs = [run for run in runs if run.side is Side.INCUMBENT]
        up, down = scores(metric, ours), scores(metric, theirs)
        call = design.judge(up, down)
        if call is Call.BETTER and is_bought(up, down, level=design.level):
            call = Call.NEITHER if len(up) == design.looks[-1] else Call.MORE
        if call is Call.MORE:
            return turn(ours, theirs)
        p = p_value(wins(up, down), len(up), len(down))
        return proof(evidence, ours, gain=shift(up, down), ruling=RULINGS[call], p=p, level=design.level)


def _verdict(evidence: Evidence, score: float, best: float) -> Verdict:
    history = evidence.history
    if score == FOUL:
        return Verdict(Outcome.DISCARD, words.no_number(evidence.of(Side.CANDIDATE)[0]))
    gain, usual, drift = score - best, noise(history), steady(history, evidence.incumbent)[1]
    far = words.distance(history.metric, gain, rival="the best so far", noise=usual)
    statistic = {"gain": gain, "reference": history.metric.gain(best, over=0.0), "drift": drift.total}
    if usual:
        statistic["sigma"] = usual.sigma
    outcome, fate = (Outcome.KEEP, "kept, not yet certified") if gain > 0 else (Outcome.DISCARD, "discarded")
    return Verdict(outcome, f"{far}: {fate}{words.alarm(drift)}", statistic)
