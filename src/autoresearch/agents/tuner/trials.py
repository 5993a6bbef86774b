"""The ledger as the tuner reads it: which assignments were measured, and what came of them.

What the tuner needs to remember stands in `Candidate.detail`, so that a killed run proposes the same again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from autoresearch.agents.tuner.hints import Value
from autoresearch.agents.tuner.space import signature
from autoresearch.history import History, noise
from autoresearch.records import Candidate, Experiment, Outcome

MOST_TRIALS = 240
"""Trials a proposal is conditioned on: the best half and the most recent half. Bounds its cost whatever the history."""


FAR = 3.0
"""Factor between where the epoch began and what is to be improved from which values are compared by their ratio."""


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
    """Over the incumbent, in the metric's unit, on the yardstick of `past`. None: it ran and earned no number."""
    step: float | None
    """Gain over its own parent, on the same yardstick."""
    runs: int
    outcome: Outcome | None
    """None for an assignment known only as a parent."""
    told: float | None = None
    """Gain over its own parent as it was measured, for people."""


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
    raw = _means(history)
    seen = _yardstick(history, raw, parent)
    values = {commit: (seen(mean), runs) for commit, (mean, runs) in raw.items()}
    ended = {experiment.number: experiment for experiment in history.experiments}
    picked = _picked([_Finished(c, ended[c.number]) for c in candidates if c.number in ended], history)
    over = values.get(parent)
    if over is None:
        return Past((), frozenset(tried), noise.of_one_run(history) or 0.0)
    parents = _parents(picked, history, values, over[0])
    tried.update(signature(trial.shape, trial.values) for trial in parents)
    trials = [_trial(done, history, raw, parent, seen) for done in picked]
    return Past((*parents, *trials), frozenset(tried), noise.of_one_run(history, seen=seen) or 0.0)


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


def _yardstick(history: History, means: Mapping[str, tuple[float, int]], parent: str) -> Callable[[float], float]:
    """How values are compared: as they are, or by ratio once what is to be improved is far from where it began.

    A time that fell from 100 s to 10 s has steps, and usually noise, a tenth as large. The yardstick agrees with the
    plain one where the values are close to the parent's.
    """
    base = history.baseline.candidate.commit if history.baseline and history.baseline.candidate else ""
    here, start = (means.get(commit, (0.0, 0))[0] for commit in (parent, base))
    positive = all(done.value is None or done.value > 0 for done in history.experiments)
    if not positive or min(here, start) <= 0 or max(here, start) < FAR * min(here, start):
        return lambda value: value
    return lambda value: here * (1 + math.log(value / here))


def _trial(
    done: _Finished,
    history: History,
    raw: Mapping[str, tuple[float, int]],
    over: str,
    seen: Callable[[float], float],
) -> Trial:
    candidate, experiment, metric = done.candidate, done.experiment, history.metric
    mean, runs = raw.get(candidate.commit, (experiment.value, 1))
    if experiment.verdict.outcome not in (Outcome.KEEP, Outcome.DISCARD):
        mean = None
    before = raw.get(candidate.parent)
    gain = None if mean is None else metric.gain(seen(mean), over=seen(raw[over][0]))
    step = None if mean is None or before is None else metric.gain(seen(mean), over=seen(before[0]))
    told = None if mean is None or before is None else metric.gain(mean, over=before[0])
    constants, changed = _read(candidate)
    shape = str(candidate.detail.get("shape", ""))
    return Trial(candidate.number, constants, changed, shape, gain, step, runs, experiment.verdict.outcome, told)


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
