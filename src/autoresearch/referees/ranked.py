"""`strict`, `fdr` and `few`: every kept change is proven, by an exact rank test against a pool of fresh runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from autoresearch.history import Evidence, History
from autoresearch.records import Certificate, Outcome, Ruling, Side, Verdict
from autoresearch.referees import words
from autoresearch.referees.allowance import Allowance, Familywise, Lond
from autoresearch.referees.proofs import contest, proof, proven_by, turn
from autoresearch.referees.reading import baseline, noise, scores, sentinel_due, steady
from autoresearch.referees.schedule import keep_due
from autoresearch.stats.levels import is_bought, too_variable, welch_p
from autoresearch.stats.looks import WORSE
from autoresearch.stats.ranks import FOUL, critical, p_value, shift, wins

ON_FRESH = 0.05
"""Level of Welch's test on the fresh runs of a change that scatters more than what it replaces."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A group-sequential rank test of each candidate against a pool of the incumbent's fresh runs.

    The candidate is looked at after 1, 2, 4 ... runs and dropped as soon as it wins too few pairs; a null candidate
    costs about two runs. It is kept when its exact p-value is within what the experiment may spend, split evenly over
    the looks that may keep.
    """

    pool: int
    """Runs of the incumbent, none of them selected for being good."""
    drops: Mapping[int, float]
    """Runs of the candidate, and the share of pairs below which it is dropped there. Stopping for this is free."""
    keeps: Sequence[int]
    """Runs of the candidate at which it may be kept. At the last one it is kept or discarded."""
    allowance: Allowance = field(default_factory=Familywise)
    """What one experiment may spend."""

    def next(self, evidence: Evidence) -> Side | Verdict:
        """Fill the pool, then measure the candidate up to the look that decides."""
        history = evidence.history
        if history.baseline is None:
            return baseline(evidence, runs=self.pool)
        pool = steady(history, evidence.incumbent)[0]
        if len(pool) < self.pool or sentinel_due(evidence):
            return Side.INCUMBENT
        ours = scores(history.metric, evidence.of(Side.CANDIDATE))
        if FOUL in ours:
            return Verdict(Outcome.DISCARD, "one of its runs gave no number")
        if len(ours) not in self.drops and len(ours) not in self.keeps:
            return Side.CANDIDATE
        return self._look(evidence, ours, pool)

    def _look(self, evidence: Evidence, ours: list[float], pool: list[float]) -> Side | Verdict:
        n, m = len(ours), len(pool)
        won, level = wins(ours, pool), self.allowance.level(evidence) / len(self.keeps)
        p = p_value(won, n, m)
        if n in self.keeps and p <= level and self._trusted(ours, pool, level):
            outcome = Outcome.KEEP
        elif n == self.keeps[-1] or won < self.drops[n] * n * m:
            outcome = Outcome.DISCARD
        else:
            return Side.CANDIDATE
        statistic = {"p": p, "level": level, "wins": float(won), "n": float(n), "m": float(m)}
        statistic["gain"] = shift(ours, pool).estimate
        return Verdict(outcome, _reason(evidence, statistic), statistic)

    def _trusted(self, ours: Sequence[float], pool: Sequence[float], level: float) -> bool:
        """Whether the win may be believed: not from variance alone, unless the last look's Welch test agrees."""
        if not too_variable(ours, pool):
            return True
        return len(ours) == self.keeps[-1] and welch_p(ours, pool) <= level

    def certificate_due(self, history: History) -> bool:
        """After every keep: it is proven already, but by runs that were selected; fresh ones must tell its level."""
        return keep_due(history)

    def certify(self, evidence: Evidence) -> Side | Certificate:
        """Fill the pool of the new incumbent; the experiment's own p-value is the proof.

        On a holdout the p-value is that of equally many fresh runs of both sides there, and must reach 5 %. Where the
        experiment was about another step, the fresh runs must reach its level.
        """
        history = evidence.history
        asked = contest(evidence)
        if not asked:
            return Side.CANDIDATE
        split = asked[-1].split
        ours, theirs = (history.fresh(commit, split=split) for commit in (evidence.candidate, evidence.incumbent))
        if len(ours) < self.pool:
            return turn(ours, theirs) if len(theirs) < self.pool else Side.CANDIDATE
        if len(theirs) < self.pool:
            return Side.INCUMBENT
        up, down = scores(history.metric, ours), scores(history.metric, theirs)
        p, level = proven_by(evidence, split, p=p_value(wins(up, down), len(up), len(down)))
        worse = wins(down, up) >= critical(len(down), len(up), WORSE)
        proven = p <= level and not is_bought(up, down, level=ON_FRESH)
        ruling = Ruling.ROLLED_BACK if worse else Ruling.CERTIFIED if proven else Ruling.CONTINUE
        return proof(evidence, ours, gain=shift(up, down), ruling=ruling, p=p, level=level)


STRICT = Ranked(pool=20, drops={1: 0.65, 2: 0.68, 4: 0.70, 8: 0.74}, keeps=(4, 8, 16))
FEW = Ranked(pool=12, drops={1: 0.65, 2: 0.68, 4: 0.72}, keeps=(6,), allowance=Familywise(fewest=60))


def fdr(rate: float) -> Ranked:
    """`strict`'s test, with levels that keep the expected share of false keeps below `rate`."""
    return replace(STRICT, allowance=Lond(rate))


def _reason(evidence: Evidence, statistic: Mapping[str, float]) -> str:
    history = evidence.history
    n, m, gain = int(statistic["n"]), int(statistic["m"]), statistic["gain"]
    far = words.distance(history.metric, gain, rival="the incumbent", noise=noise(history))
    odds = f"won {statistic['wins']:.0f} of {n * m} pairs in {words.runs(n)} against {m}"
    test = f"p = {statistic['p']:.2g} of {statistic['level']:.2g} allowed"
    return f"{far}: {odds}, {test}{words.alarm(steady(history, evidence.incumbent)[1])}"
