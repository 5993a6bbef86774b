"""Making a certificate from the runs of both sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from autoresearch.history import Evidence, is_baseline
from autoresearch.records import Certificate, Direction, Measurement, Metric, Ruling, Side
from autoresearch.referees import words
from autoresearch.stats.levels import mean_interval
from autoresearch.stats.ranks import FOUL, Interval, scored

ON_HOLDOUT = 0.05
"""Level of the one test a change, proven in public or in an earlier epoch, must also pass on the holdout, or now."""


def turn(ours: Sequence[object], theirs: Sequence[object]) -> Side:
    """Whose run is next: candidate, incumbent, incumbent, candidate, and so on.

    In this order a machine that drifts steadily treats both sides alike.
    """
    if len(ours) == len(theirs):
        return Side.INCUMBENT if len(ours) % 2 else Side.CANDIDATE
    return Side.CANDIDATE if len(ours) < len(theirs) else Side.INCUMBENT


def contest(evidence: Evidence) -> list[Measurement]:
    """This certificate's runs of the two commits in question.

    A certificate that was cut short, and whose tip has changed since, leaves runs behind that do not count here.
    """
    sides = {Side.CANDIDATE: evidence.candidate, Side.INCUMBENT: evidence.incumbent}
    stale = [index for index, run in enumerate(evidence.runs) if run.commit != sides[run.side]]
    return list(evidence.runs[stale[-1] + 1 if stale else 0 :])


def own_step(evidence: Evidence) -> bool:
    """Whether the tip was kept over the very commit this certificate holds it against, with nothing unproven between.

    Otherwise the experiment's p-value is about another pair of commits than the certificate.
    """
    tip = evidence.history.tip
    return tip is not None and tip.parent == evidence.incumbent


def proven_by(evidence: Evidence, split: str, *, p: float) -> tuple[float, float]:
    """p-value and level of a single keep's certificate: the experiment's own; on a holdout, `p`, of the runs there.

    Proven in an earlier epoch, it has to pass in this one as on a holdout. Where the experiment was about another step,
    `p`, of the fresh runs, must reach the experiment's level too.
    """
    tip = evidence.history.tip
    own = tip.verdict.statistic if tip else {}
    tested, level = own.get("p", 1.0), own.get("level", 0.0)
    if tip is not None and is_baseline(tip):
        return p, ON_HOLDOUT
    if not own_step(evidence):
        return max(p, tested), level
    return (tested, level) if split == "public" else (p, ON_HOLDOUT)


def proof(
    evidence: Evidence,
    ours: Sequence[Measurement],
    *,
    gain: Interval,
    ruling: Ruling,
    p: float,
    level: float,
    reason: str = "",
) -> Certificate:
    """The certificate that the tip's runs amount to. `reason` replaces the usual sentence."""
    history = evidence.history
    mean = _mean(history.metric, ours)
    tip = history.tip
    done = Certificate(
        number=evidence.number,
        commit=evidence.candidate,
        against=evidence.incumbent,
        ruling=ruling,
        reason=reason and words.trust(history) + reason,
        p=p,
        level=level,
        n=len(ours),
        mean=mean.estimate,
        low=mean.low,
        high=mean.high,
        gain=gain.estimate,
        gain_low=gain.low,
        gain_high=gain.high,
        split=ours[-1].split,
        experiment=tip.number if tip else 0,
    )
    return done if reason else replace(done, reason=words.certificate(history, done))


def _mean(metric: Metric, runs: Sequence[Measurement]) -> Interval:
    """Mean of the runs that gave a number; the worst there is, unbounded, when none did."""
    values = [run.value for run in runs if run.value is not None and scored(run.value) != FOUL]
    if values:
        return mean_interval(values)
    worst = float("inf") if metric.direction is Direction.MINIMIZE else float("-inf")
    return Interval(worst, float("-inf"), float("inf"))
