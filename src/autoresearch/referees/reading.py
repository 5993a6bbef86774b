"""What referees read from a history: scores, runs nobody selected, the level to beat, the noise."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import mean

from autoresearch.errors import UserError
from autoresearch.history import Evidence, History
from autoresearch.records import Measurement, Metric, Outcome, Side, Verdict
from autoresearch.referees import words
from autoresearch.stats.drift import Drift, watch
from autoresearch.stats.levels import Noise
from autoresearch.stats.ranks import FOUL, scored

SENTINEL_EVERY = 10
"""Experiments after which the incumbent is measured again."""


def scores(metric: Metric, runs: Iterable[Measurement]) -> list[float]:
    """The runs as scores: higher is better whichever way the metric points, and a foul is below every number."""
    return [FOUL if (value := scored(run.value)) == FOUL else metric.gain(value, over=0.0) for run in runs]


def numbers(metric: Metric, runs: Iterable[Measurement]) -> list[float]:
    """The scores of the runs that gave a number."""
    return [score for score in scores(metric, runs) if score != FOUL]


def missed(run: Measurement) -> bool:
    """Whether a run went well and has no number all the same: a time to a target that was not reached."""
    return run.value is None and run.foul.partition(": ")[0] in ("", Outcome.DISCARD)


def steady(history: History, commit: str) -> tuple[list[float], Drift]:
    """Scores of the fresh public runs of `commit` since the last drift alarm, fouls left out, and the drift watch."""
    found = numbers(history.metric, history.fresh(commit))
    drift = watch(tuple(found))
    return found[drift.start :], drift


def reference(history: History, commit: str) -> float | None:
    """Score of the incumbent, re-centred: the mean of its steady runs, else of the runs that earned its keep.

    None when no run of this epoch tells.
    """
    found = steady(history, commit)[0] or numbers(history.metric, history.runs.get((commit, "public"), ()))
    return mean(found) if found else None  # exact: equal runs must not give a mean a rounding error away


def noise(history: History) -> Noise | None:
    """Noise of one run: from the runs of this epoch's baseline. None while unknown."""
    if history.baseline is None or history.baseline.candidate is None:
        return None
    runs = history.runs.get((history.baseline.candidate.commit, "public"), ())
    return Noise.of(numbers(history.metric, (run for run in runs if run.experiment == history.baseline.number)))


def sentinel_due(evidence: Evidence) -> bool:
    """Whether this experiment should begin with another run of the incumbent."""
    return evidence.number - evidence.history.sentinel_at >= SENTINEL_EVERY


def baseline(evidence: Evidence, *, runs: int) -> Side | Verdict:
    """The first experiment of an epoch: measure the tip `runs` times and keep it."""
    own = evidence.of(Side.CANDIDATE)
    if len(own) < runs:
        return Side.CANDIDATE
    values = [run.value for run in own if scored(run.value) != FOUL and run.value is not None]
    if not values:
        raise UserError(
            f"None of the baseline's {runs} runs gave a number: {words.no_number(own[0])}.",
            fix="mend what the task asks for until `autoresearch check` is content",
        )
    return Verdict(Outcome.KEEP, words.baseline(evidence.history.metric, values), {"runs": float(len(own))})
