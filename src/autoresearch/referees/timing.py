"""`timing`: both sides are timed side by side in every run, and only what happens within a run is compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from autoresearch.history import Evidence, History
from autoresearch.records import Certificate, Measurement, Metric, Outcome, Ruling, Side, Verdict
from autoresearch.referees import words
from autoresearch.referees.allowance import Familywise
from autoresearch.referees.pairing import differences, own_pairs, paired_gain, refuse_uneven, refuse_unpaired, relative
from autoresearch.referees.proofs import contest, own_step, proof, proven_by
from autoresearch.referees.reading import baseline
from autoresearch.referees.schedule import keep_due
from autoresearch.stats.levels import Noise
from autoresearch.stats.looks import NIGHT, WORSE
from autoresearch.stats.pairs import LOOKS, centre, looks_for, lost, signed_p
from autoresearch.stats.ranks import FOUL, p_value, wins

NO_BETTER_THAN_ITSELF = 0.05
"""Level at which a change must also beat the baseline's pairs with itself."""


@dataclass(frozen=True, slots=True)
class Timing:
    """A group-sequential signed-rank test of each candidate, one run being one pair of values.

    A run's observation is the logarithm of the incumbent's time over the candidate's. Were both equally fast, its sign
    would be a coin's, however noisy the machine is just then. The night's 5 % are split evenly over the experiments
    planned and three looks; a candidate that wins too little is dropped before. The incumbent is in every run, so
    nothing is compared with a stored value, and no other re-measurement is needed.
    """

    baseline_runs: int = 20
    """Pairs of the baseline with itself."""
    certificate_runs: int = 12
    drops: tuple[tuple[int, float], ...] = ((2, 0.65), (4, 0.70), (8, 0.72), (16, 0.75))
    """Pairs, and the share of the signed ranks below which a candidate is dropped there. Stopping for this is free."""
    allowance: Familywise = field(default_factory=Familywise)

    def next(self, evidence: Evidence) -> Side | Verdict:
        """Measure the candidate beside the incumbent up to the look that decides.

        Raises UserError when the baseline's runs hold no pair, or differ from themselves.
        """
        history, runs = evidence.history, evidence.of(Side.CANDIDATE)
        if history.baseline is None:
            return self._baseline(evidence, runs)
        found = differences(history.metric, runs)
        if FOUL in found:
            return Verdict(Outcome.DISCARD, "one of its runs gave no pair of positive numbers")
        looks = looks_for(NIGHT / self.allowance.planned(history))
        if len(found) in looks or len(found) in dict(self.drops):
            return self._look(evidence, found, looks)
        return Side.CANDIDATE

    def _baseline(self, evidence: Evidence, runs: Sequence[Measurement]) -> Side | Verdict:
        metric = evidence.history.metric
        refuse_unpaired(metric, runs)
        answer = baseline(evidence, runs=self.baseline_runs)
        if isinstance(answer, Side):
            return answer
        found = differences(metric, runs)
        refuse_uneven(metric, found)
        spread = Noise.of(found)
        assert spread
        said = f"{answer.reason}; timed beside itself, a run differs by {spread.sigma:.2%}"
        return replace(answer, reason=said, statistic={**answer.statistic, "spread": spread.sigma})

    def _look(self, evidence: Evidence, found: Sequence[float], looks: Sequence[int]) -> Side | Verdict:
        n, behind = len(found), lost(found)
        p, level = signed_p(behind, n), self.allowance.level(evidence) / LOOKS
        usual = own_pairs(evidence.history)
        beyond = p_value(wins(found, usual), n, len(usual))
        if n in looks and p <= level and beyond <= NO_BETTER_THAN_ITSELF:
            outcome = Outcome.KEEP
        elif n == looks[-1] or 1 - behind / (n * (n + 1) / 2) < dict(self.drops).get(n, 0.0):
            outcome = Outcome.DISCARD
        else:
            return Side.CANDIDATE
        statistic = {"p": p, "level": level, "beyond": beyond, "n": float(n)} | _size(evidence, found)
        return Verdict(outcome, _reason(evidence.history.metric, statistic), statistic)

    def certificate_due(self, history: History) -> bool:
        """After every keep: it is proven already, but by runs that were selected; fresh ones must tell its size."""
        return keep_due(history)

    def certify(self, evidence: Evidence) -> Side | Certificate:
        """Fresh pairs of the tip beside the last certified commit; the experiment's own p-value is the proof.

        On a holdout the p-value is that of the pairs there, and must reach 5 %. Where the experiment was about another
        step, the fresh pairs must reach its level.
        """
        metric = evidence.history.metric
        runs = [run for run in contest(evidence) if run.side is Side.CANDIDATE]
        if len(runs) < self._wanted(evidence):
            return Side.CANDIDATE
        found = differences(metric, runs)
        p, level = proven_by(evidence, runs[-1].split, p=signed_p(lost(found), len(found)))
        worse = signed_p(lost([-each for each in found]), len(found)) <= WORSE
        ruling = Ruling.ROLLED_BACK if worse else Ruling.CERTIFIED if p <= level else Ruling.CONTINUE
        return proof(evidence, runs, gain=paired_gain(metric, runs), ruling=ruling, p=p, level=level)

    def _wanted(self, evidence: Evidence) -> int:
        """Pairs of a certificate; as many as the second look has where they alone are the proof."""
        level = evidence.history.tip.verdict.statistic.get("level", 0.0) if evidence.history.tip else 0.0
        if own_step(evidence) or not 0 < level * LOOKS < 1:
            return self.certificate_runs
        return max(self.certificate_runs, looks_for(level * LOOKS)[1])


def _size(evidence: Evidence, found: Sequence[float]) -> dict[str, float]:
    """How much better, as a log ratio and in the metric's unit, and in how many of the pairs."""
    metric, won = evidence.history.metric, float(sum(each > 0 for each in found))
    gain = paired_gain(metric, evidence.of(Side.CANDIDATE)).estimate
    return {"wins": won, "log_ratio": centre(found).estimate, "gain": gain}


def _reason(metric: Metric, statistic: dict[str, float]) -> str:
    share = relative(metric, statistic["log_ratio"])
    far = f"{abs(share):.2%} {'better' if share > 0 else 'worse'} than the incumbent" if share else "no better"
    odds = f"won {statistic['wins']:.0f} of {words.runs(int(statistic['n']))} beside it"
    test = f"p = {statistic['p']:.2g} of {statistic['level']:.2g} allowed"
    doubt = statistic["p"] <= statistic["level"] and statistic["beyond"] > NO_BETTER_THAN_ITSELF
    return f"{far}: {odds}, {test}" + (", but the baseline beats itself as often" if doubt else "")
