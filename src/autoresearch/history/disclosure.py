"""What the loop may know: of a finite record every answer uses up a little, so strategy and agent are told little.

They get a `History` like any other, but made for telling: the score in whole steps and only once a step is climbed
(the Ladder of Blum and Hardt, 2015), or merely kept or not; and nothing at all of the sealed data, of seeds, of how
long anything took, and of how many questions are left.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from autoresearch.history import Epoch, History, Night, StudyStart
from autoresearch.records import Candidate, Direction, Experiment, Measurement, Metric, Outcome, Side, Verdict
from autoresearch.stats.levels import Noise

EXACT_BITS = 53.0
"""What one unrounded number may tell: the digits of a float."""
_FIGURES = re.compile(r"[-+]?\d[\d.,_]*(?:e[-+]?\d+)?", re.IGNORECASE)
_JUDGED = (Outcome.KEEP, Outcome.DISCARD)


def shown(history: History) -> History:
    """`history` as strategy and agent may see it. The very same where scores are told and nothing is used up.

    So it is in a night that prunes: it needs to know what is certified, and has no agent but ours.
    """
    metric = history.metric
    if history.prunes or (metric.feedback == "score" and metric.source != "depleting"):
        return history
    return _Telling(history).history()


def step(history: History) -> float:
    """Height of the ladder's steps, in the metric's unit.

    As the task says; else the larger of one run's noise and 2/sqrt(records) of the metric's range, four times the
    largest standard error that a mean of so many records can have. 0 where neither is known.
    """
    metric = history.metric
    if metric.step is not None:
        return metric.step
    width = metric.high - metric.low
    sampling = 2 * width / math.sqrt(metric.records) if metric.records and math.isfinite(width) else 0.0
    return max(_noise(history), sampling)


def climbs(history: History, value: float, *, parent: str) -> bool:
    """Whether `value` is more than a step better than where the commit `parent` stands on this epoch's ladder."""
    told = Ladder.of(history).by_commit.get(parent, _landing(history, parent))
    return told is not None and history.metric.gain(value, over=told) > step(history)


@dataclass(frozen=True, slots=True)
class Ladder:
    """What is told of every experiment of this epoch."""

    by_number: Mapping[int, float]
    """Of judged experiments. A discarded one is told as its parent: no better."""
    by_commit: Mapping[str, float]
    """Of the baseline, of everything kept, and of what was kept in an earlier epoch and begun from in this one."""
    climbed: tuple[int, ...]
    """Steps of each climb, in order."""
    landed: tuple[float, ...]
    """Where the baseline, and each commit of an earlier epoch, fell onto the ladder."""

    @classmethod
    def of(cls, history: History) -> Ladder:
        """Fold this epoch's experiments into steps."""
        height, base = step(history), history.baseline
        by_number: dict[int, float] = {}
        by_commit: dict[str, float] = {}
        climbed: list[int] = []
        if base is None or base.candidate is None or base.value is None:
            return cls({}, {}, (), ())
        by_number[base.number] = by_commit[base.candidate.commit] = _rounded(base.value, height)
        landed = [by_number[base.number]]
        for done in history.experiments[base.number + 1 :]:
            if done.verdict.outcome not in _JUDGED:
                continue
            if done.parent not in by_commit and (found := _landing(history, done.parent)) is not None:
                by_commit[done.parent] = found
                landed.append(found)
            told = before = by_commit.get(done.parent, by_number[base.number])
            if done.verdict.outcome is Outcome.KEEP and done.candidate and done.value is not None:
                gain = history.metric.gain(done.value, over=before)
                if gain > height:
                    told = _rounded(done.value, height)
                    climbed.append(round(gain / height) if height else 1)
                by_commit[done.candidate.commit] = told
            by_number[done.number] = told
        return cls(by_number, by_commit, tuple(climbed), tuple(landed))


def _landing(history: History, commit: str) -> float | None:
    """Step on which a commit of an earlier epoch falls: its first run in this one, for later ones change nothing told.

    None without any.
    """
    values = history.values(commit)
    return _rounded(values[0], step(history)) if values else None


def _rounded(value: float, height: float) -> float:
    return round(value / height) * height if height else value


def _noise(history: History) -> float:
    """Standard deviation of one run of this epoch's baseline; 0 while unknown."""
    base = history.baseline
    if base is None or base.candidate is None:
        return 0.0
    runs = history.runs.get((base.candidate.commit, "public"), ())
    noise = Noise.of([run.value for run in runs if run.experiment == base.number and run.value is not None])
    return noise.sigma if noise else 0.0


@dataclass(frozen=True, slots=True)
class _Telling:
    """One history being told."""

    real: History

    def history(self) -> History:
        real, told = self.real, self._told()
        candidates = {number: replace(each, started="") for number, each in real.candidates.items()}
        experiments = [_experiment(done, candidates.get(done.number), told) for done in real.experiments]
        tip, base = (done and experiments[done.number] for done in (real.tip, real.baseline))
        runs = {
            (done.candidate.commit, "public"): [_run(done.candidate.commit, done.value, done.number)]
            for done in experiments
            if done.candidate and done.value is not None and (done.candidate.commit, "public") in real.runs
        }
        return History(
            metric=self._metric(),
            study=real.study and _study(real.study),
            epoch=real.epoch and _epoch(real.epoch, self._metric()),
            night=real.night and _night(real.night),
            tries=set(real.tries),
            experiments=experiments,
            candidates=candidates,
            runs=runs,
            tip=tip,
            baseline=base,
            counts=dict(real.counts),
            told=list(real.told),
            notes=list(real.notes),
        )

    def _told(self) -> Mapping[int, float]:
        """The number told of each judged experiment of this epoch."""
        match self.real.metric.feedback:
            case "ladder":
                return Ladder.of(self.real).by_number
            case "bit":
                return self._keeps()
        first = self.real.baseline.number if self.real.baseline else 0
        return {done.number: done.value for done in self.real.experiments[first:] if done.value is not None}

    def _keeps(self) -> dict[int, float]:
        """How many changes were kept on the way to each judged experiment, itself included."""
        base, kept, told = self.real.baseline, dict[str, float](), dict[int, float]()
        for done in self.real.experiments[base.number if base else 0 :]:
            if done.verdict.outcome in _JUDGED:
                up = done is not base and done.verdict.outcome is Outcome.KEEP
                told[done.number] = kept.get(done.parent, 0.0) + up
                if done.candidate and done.verdict.outcome is Outcome.KEEP:
                    kept[done.candidate.commit] = told[done.number]
        return told

    def _metric(self) -> Metric:
        metric = self.real.metric
        if metric.feedback != "bit":
            return replace(metric, step=step(self.real) or None)
        return Metric(f"changes kept for {metric.name}", Direction.MAXIMIZE, source=metric.source, feedback="bit")


def _experiment(done: Experiment, candidate: Candidate | None, told: Mapping[int, float]) -> Experiment:
    verdict = Verdict(done.verdict.outcome, _reason(done.verdict))
    value = told.get(done.number)
    return replace(done, candidate=candidate, verdict=verdict, value=value, started="", seconds=0.0, log="")


def _reason(verdict: Verdict) -> str:
    """Why, without a figure: an evaluation that accuses may name records and scores."""
    if verdict.outcome in _JUDGED:
        return "kept" if verdict.outcome is Outcome.KEEP else "no step better than what it began from"
    return _FIGURES.sub("#", verdict.reason)


def _run(commit: str, value: float, number: int) -> Measurement:
    return Measurement(commit, Side.CANDIDATE, value, seed=0, seconds=0.0, experiment=number)


def _study(study: StudyStart) -> StudyStart:
    """The same study with a secret of its own, from which no seed can be told."""
    return replace(study, secret=hashlib.sha256(f"{study.secret}:shown".encode()).hexdigest())


def _epoch(epoch: Epoch, metric: Metric) -> Epoch:
    return replace(epoch, metric=metric, questions=0)


def _night(night: Night) -> Night:
    return replace(night, certificates=0, started="")
