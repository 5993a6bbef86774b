"""The ledger as the tuner reads it: which assignments were measured, and what came of them.

What the tuner needs to remember stands in `Candidate.detail`, so that a killed run proposes the same again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from autoresearch import noise
from autoresearch.agents.tuner.hints import Value
from autoresearch.agents.tuner.space import signature
from autoresearch.history import History
from autoresearch.records import Candidate, Experiment, Outcome

MOST_TRIALS = 240
"""Trials a proposal is conditioned on: the best half and the most recent half. Bounds its cost whatever the history."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One assignment and what came of it."""

    number: int
    values: Mapping[str, Value]
    """Every constant of the space at that time, by key."""
    changed: Mapping[str, tuple[Value, Value]]
    """What this experiment moved: old and new value by key. Empty for an assignment known only as a parent."""
    shape: str
    """Digest of the code around the constants."""
    gain: float | None
    """Over the incumbent, in the metric's unit. None: it ran and earned no number."""
    step: float | None
    """Gain over its own parent."""
    runs: int
    outcome: Outcome | None
    """None for an assignment known only as a parent."""


@dataclass(frozen=True, slots=True)
class Past:
    """Everything of this epoch that bears on the next proposal."""

    trials: tuple[Trial, ...]
    """Finished ones, oldest first."""
    tried: frozenset[str]
    """Signatures of every assignment already proposed, open experiments included."""
    noise: float
    """Standard deviation of one run, from commits that were run more than once; 0 while unknown."""


def remember(
    values: Mapping[str, Value], *, changed: Mapping[str, tuple[Value, Value]], shape: str
) -> dict[str, object]:
    """The `detail` of a candidate: everything `past` will want to know about it."""
    pairs = {key: list(pair) for key, pair in changed.items()}
    return {"constants": dict(values), "changed": pairs, "shape": shape, "signature": signature(shape, values)}


def past(history: History, *, parent: str) -> Past:
    """What this epoch's experiments say, with gains over `parent`, the commit to be improved.

    Linear in the number of experiments with a small constant; at most `MOST_TRIALS` trials come back.
    """
    first = history.baseline.number if history.baseline else 0
    candidates = [c for number, c in history.candidates.items() if number >= first and _is_ours(c)]
    tried = {str(c.detail["signature"]) for c in candidates}
    values = _means(history)
    ended = {experiment.number: experiment for experiment in history.experiments}
    picked = _picked([_Finished(c, ended[c.number]) for c in candidates if c.number in ended], history)
    over = values.get(parent)
    if over is None:
        return Past((), frozenset(tried), noise.of_one_run(history) or 0.0)
    parents = _parents(picked, history, values, over[0])
    tried.update(signature(trial.shape, trial.values) for trial in parents)
    trials = [_trial(done, history, values, over[0]) for done in picked]
    return Past((*parents, *trials), frozenset(tried), noise.of_one_run(history) or 0.0)


@dataclass(frozen=True, slots=True)
class _Finished:
    candidate: Candidate
    experiment: Experiment


def _is_ours(candidate: Candidate) -> bool:
    detail = candidate.detail
    return all(isinstance(detail.get(key), dict) for key in ("constants", "changed")) and "signature" in detail


def _means(history: History) -> dict[str, tuple[float, int]]:
    """Mean and number of runs by commit, public split."""
    means: dict[str, tuple[float, int]] = {}
    for commit, split in history.runs:
        if split == "public" and (runs := history.values(commit)):
            means[commit] = math.fsum(runs) / len(runs), len(runs)
    return means


def _picked(finished: list[_Finished], history: History) -> list[_Finished]:
    if len(finished) <= MOST_TRIALS:
        return finished
    recent, older = finished[-MOST_TRIALS // 2 :], finished[: -MOST_TRIALS // 2]
    numbered = [done for done in older if done.experiment.value is not None]
    best = sorted(numbered, key=lambda done: -history.metric.gain(done.experiment.value or 0.0, over=0.0))
    return sorted(best[: MOST_TRIALS // 2], key=lambda done: done.candidate.number) + recent


def _trial(done: _Finished, history: History, values: Mapping[str, tuple[float, int]], over: float) -> Trial:
    candidate, experiment = done.candidate, done.experiment
    mean, runs = values.get(candidate.commit, (experiment.value, 1))
    is_foul = experiment.verdict.outcome not in (Outcome.KEEP, Outcome.DISCARD)
    gain = None if mean is None or is_foul else history.metric.gain(mean, over=over)
    before = values.get(candidate.parent)
    step = history.metric.gain(mean, over=before[0]) if gain is not None and mean is not None and before else None
    constants, changed = _read(candidate)
    shape = str(candidate.detail.get("shape", ""))
    return Trial(candidate.number, constants, changed, shape, gain, step, runs, experiment.verdict.outcome)


def _parents(
    picked: list[_Finished],
    history: History,
    values: Mapping[str, tuple[float, int]],
    over: float,
) -> list[Trial]:
    """Parents that are no candidates of ours, the baseline first of all: their children know their assignment."""
    ours = {done.candidate.commit for done in picked}
    found: dict[str, Trial] = {}
    for done in picked:
        candidate = done.candidate
        if candidate.parent in ours or candidate.parent in found or candidate.parent not in values:
            continue
        constants, changed = _read(candidate)
        before = {**constants, **{key: old for key, (old, _) in changed.items()}}
        mean, runs = values[candidate.parent]
        gain = history.metric.gain(mean, over=over)
        shape = str(candidate.detail.get("shape", ""))
        found[candidate.parent] = Trial(candidate.number, before, {}, shape, gain, None, runs, None)
    return list(found.values())


def _read(candidate: Candidate) -> tuple[dict[str, Value], dict[str, tuple[Value, Value]]]:
    """Constants and changes of a candidate of ours; anything that is no literal is left out."""
    constants, changed = candidate.detail["constants"], candidate.detail["changed"]
    if not isinstance(constants, dict) or not isinstance(changed, dict):
        return {}, {}
    pairs = {key: pair for key, pair in changed.items() if isinstance(pair, list | tuple) and len(pair) == 2}
    return (
        {key: value for key, value in constants.items() if isinstance(value, bool | int | float | str)},
        {key: (pair[0], pair[1]) for key, pair in pairs.items()},
    )
