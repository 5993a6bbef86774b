"""`exact`: for metrics that do not vary at all, where one run is the truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from autoresearch.errors import UserError
from autoresearch.history import Evidence, History
from autoresearch.records import Certificate, Measurement, Outcome, Ruling, Side, Verdict
from autoresearch.referees import words
from autoresearch.referees.proofs import contest, proof, turn
from autoresearch.referees.reading import baseline, numbers, scores
from autoresearch.referees.schedule import certificate_due
from autoresearch.stats.ranks import FOUL, shift

BASELINE_RUNS = 2


@dataclass(frozen=True, slots=True)
class Exact:
    """One run a candidate, kept when it is better, by `min_effect` at least; certificates measure both sides again."""

    min_effect: float = 0.0
    """In the metric's unit."""

    def next(self, evidence: Evidence) -> Side | Verdict:
        """One run of the candidate against the incumbent's. Raises UserError when the baseline's two runs differ."""
        history = evidence.history
        if history.baseline is None:
            refuse_noise([run.value for run in evidence.of(Side.CANDIDATE)])
            return baseline(evidence, runs=BASELINE_RUNS)
        best = numbers(history.metric, history.runs.get((evidence.incumbent, "public"), ()))
        if not best:
            return Side.INCUMBENT
        ours = scores(history.metric, evidence.of(Side.CANDIDATE))
        return self._verdict(history, ours[0], best[-1]) if ours else Side.CANDIDATE

    def _verdict(self, history: History, score: float, best: float) -> Verdict:
        if score == FOUL:
            return Verdict(Outcome.DISCARD, "its run gave no number")
        gain = score - best
        far = words.distance(history.metric, gain, rival="the best so far")
        if self._enough(gain):
            return Verdict(Outcome.KEEP, f"{far}: kept, not yet certified", {"gain": gain})
        short = f", less than the {words.amount(history.metric, self.min_effect)} asked for" if gain > 0 else ""
        return Verdict(Outcome.DISCARD, f"{far}{short}: discarded", {"gain": gain})

    def certificate_due(self, history: History) -> bool:
        """At each of the night's points, when the tip is not what was certified last."""
        return certificate_due(history)

    def certify(self, evidence: Evidence) -> Side | Certificate:
        """One more run of each side, which must repeat what was measured before."""
        runs = contest(evidence)
        ours = [run for run in runs if run.side is Side.CANDIDATE]
        theirs = [run for run in runs if run.side is Side.INCUMBENT]
        if not ours or not theirs:
            return turn(ours, theirs)
        repeats = all(_repeats(evidence.history, run) for run in (ours[0], theirs[0]))
        how = "both sides measured the same again" if repeats else "measured again, it was not the same"
        ruling, far = self._ruling(evidence.history, ours[0], theirs[0], repeats=repeats)
        p = 0.0 if ruling is Ruling.CERTIFIED else 1.0
        (up,), (down,) = (scores(evidence.history.metric, runs[:1]) for runs in (ours, theirs))
        gain = shift([up], [down])
        done = proof(evidence, ours[:1], gain=gain, ruling=ruling, p=p, level=0.0, reason=f"{far}, {how}")
        return replace(done, low=done.mean, high=done.mean, gain_low=done.gain, gain_high=done.gain)

    def _ruling(self, history: History, ours: Measurement, theirs: Measurement, *, repeats: bool) -> tuple[Ruling, str]:
        """What two runs say, and how far apart they are."""
        (up,), (down,) = scores(history.metric, [ours]), scores(history.metric, [theirs])
        if FOUL in (up, down):
            return Ruling.ROLLED_BACK, "rolled back: a run gave no number"
        gain = up - down
        far = words.distance(history.metric, gain, rival=words.rival(history))
        if repeats and self._enough(gain):
            return Ruling.CERTIFIED, f"certified: {far}"
        return (Ruling.ROLLED_BACK, f"rolled back: {far}") if gain < 0 else (Ruling.CONTINUE, f"not certified: {far}")

    def _enough(self, gain: float) -> bool:
        return gain > 0 and gain >= self.min_effect


def refuse_noise(values: Sequence[float | None]) -> None:
    """Raise UserError when repeated runs of one commit differ."""
    if len(set(values)) > 1:
        raise UserError(
            f"The baseline gave {values[0]} and then {values[-1]}, so this metric is not deterministic.",
            fix='set preset = "certify" in [referee]',
        )


def _repeats(history: History, run: Measurement) -> bool:
    """Whether every run of this commit, on this split, gave the same number, and the same for every record."""
    return len({(each.value, each.records) for each in history.runs.get((run.commit, run.split), ())}) == 1
