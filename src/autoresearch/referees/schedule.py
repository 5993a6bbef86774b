"""When certificates are due: at fixed points of the night's budget, by the ledger's own timestamps."""

from __future__ import annotations

import math
from datetime import datetime
from statistics import median

from autoresearch.budget import share as budget_share
from autoresearch.history import History, is_baseline
from autoresearch.history.lineage import ancestry
from autoresearch.records import Experiment, Outcome
from autoresearch.stats.looks import design_for

UNKNOWN = math.inf
"""Share of a budget whose use is not told: it counts as spent."""


def certificate_due(history: History) -> bool:
    """Whether the experiment just finished reached a point where the tip should be proven.

    A night with K certificates has K points, the last one at the end of its budget: of its experiments, its hours (less
    what the last certificate may take), its cost or its tokens, whichever is used up first.
    """
    if not provable(history):
        return False
    assert history.night
    points, now = history.night.certificates, history.next_number
    return _passed(history, now, points) > _passed(history, _answered(history), points)


def provable(history: History) -> bool:
    """Whether there is anything to prove, and a certificate left to prove it with.

    What is due when an epoch begins is due all the same: it is given as soon as the new baseline is measured.
    """
    if history.night is None or history.epoch is None or history.epoch.unsafe:
        return False
    return history.tip_commit != history.proven_commit and history.certificates_tonight < history.night.certificates


def keep_due(history: History) -> bool:
    """Whether a single keep, proven by a test on selected runs, waits for the fresh ones that tell its size."""
    return provable(history) and history.keeps_since_certificate > 0 and is_tested(_maker(history))


def is_tested(done: Experiment | None) -> bool:
    """Whether an experiment was kept by a test; a baseline, or a provisional keep, was not."""
    if done is None or done.verdict.outcome is not Outcome.KEEP:
        return False
    statistic = done.verdict.statistic
    return statistic.get("p", math.inf) <= statistic.get("level", 0.0)


def run_seconds(history: History) -> float | None:
    """Median wall time of one run of this epoch's baseline, both phases; None before there is one."""
    if history.baseline is None or history.baseline.candidate is None:
        return None
    runs = history.runs.get((history.baseline.candidate.commit, "public"), ())
    took = [run.seconds + run.evaluation_seconds for run in runs if run.experiment == history.baseline.number]
    return median(took) if took else None


def _maker(history: History) -> Experiment | None:
    """The experiment that made the tip, which in a new epoch is not the one that measured it last."""
    return next(ancestry(history, history.tip_commit), None)


def _answered(history: History) -> int:
    """Experiments that were finished when it was last asked whether to certify: a new baseline is no answer."""
    before = history.next_number - 1
    while before > 0 and is_baseline(history.experiments[before]):
        before -= 1
    return max(before, history.certificate_at)


def _passed(history: History, finished: int, points: int) -> int:
    """Points reached when `finished` experiments of the study were done."""
    used = _used(history, finished)
    return points if used >= 1 else int(used * points + 1e-9)


def _used(history: History, finished: int) -> float:
    """Share of the night's budget used up by then."""
    assert history.night
    night, budget = history.night, history.night.budget
    if finished <= night.first:
        return 0.0
    shares = [0.0]
    if budget.experiments is not None:
        shares.append(len(history.tonight(finished)) / budget.experiments)
    if budget.hours is not None:
        shares.append(_elapsed(history, finished) / _available(history, budget.hours * 3600))
    for name, limit in (("cost_usd", budget.cost_usd), ("tokens", budget.tokens)):
        if limit is not None:
            shares.append(budget_share([getattr(done, name) for done in history.tonight(finished)], limit))
    return max(shares)


def _elapsed(history: History, finished: int) -> float:
    """Seconds from the night's start to the end of its last finished experiment."""
    assert history.night
    last = history.experiments[finished - 1]
    if not last.started or not history.night.started:
        return UNKNOWN
    began = datetime.fromisoformat(last.started) - datetime.fromisoformat(history.night.started)
    return began.total_seconds() + last.seconds


def _available(history: History, seconds: float) -> float:
    """The night's seconds less those its last certificate may take, but never less than half of them."""
    assert history.night
    reserve = 2 * design_for(history.night.certificates).looks[-1] * (run_seconds(history) or 0.0)
    return max(seconds - reserve, seconds / 2)
