"""Simulated nights: histories of real records, measured with simulated noise and no input or output.

What asks, keeps, discards and certifies is the package's own code. Effects are improvements in sigma, the standard
deviation of what a preset compares: of one run, or for `timing` of the log ratio of the two sides of one run.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from statistics import fmean
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from autoresearch import referees
from autoresearch.errors import UserError
from autoresearch.history import Epoch, Evidence, History, Night, StudyStart
from autoresearch.protocols import Referee
from autoresearch.records import (
    Candidate,
    Certificate,
    Direction,
    Experiment,
    Measurement,
    Metric,
    Outcome,
    Ruling,
    Side,
    Verdict,
)
from autoresearch.task import Budget

Decision = TypeVar("Decision", Verdict, Certificate)
Law = Callable[[np.random.Generator, tuple[int, ...]], NDArray[np.float64]]

METRIC = Metric("loss", Direction.MINIMIZE)
LEVEL, SIGMA = 3.0, 0.01
"""Of the simulated loss: where the baseline is, and the noise of one run."""


def normal(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
    return rng.standard_normal(shape)


def t3(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Heavy tails: Student's t with 3 degrees of freedom, scaled to variance 1."""
    return rng.standard_t(3, shape) / math.sqrt(3)


def lucky(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Normal, but 2 % of the runs look 5 sigma better."""
    return rng.standard_normal(shape) + 5 * (rng.random(shape) < 0.02)


def failed(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Normal, but 2 % of the runs look 5 sigma worse."""
    return rng.standard_normal(shape) - 5 * (rng.random(shape) < 0.02)


def none(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
    return np.zeros(shape)


LAWS: dict[str, Law] = {"normal": normal, "t, 3 df": t3, "2 % lucky": lucky, "2 % failed": failed, "no noise": none}


def generator(*names: object) -> np.random.Generator:
    """The random numbers that belong to these names: the same on every machine."""
    return np.random.default_rng(zlib.crc32(repr(names).encode()))


def drawn(law: Law, rng: np.random.Generator, *, block: int = 256) -> Iterator[float]:
    """Independent runs' noise, without end."""
    while True:
        yield from law(rng, (block,)).tolist()


@dataclass(slots=True)
class Dream:
    """One simulated night: the engine's loop without git, processes and disk."""

    referee: Referee
    noise: Iterator[float]
    effect: Callable[[int], float]
    """What experiment n does to the truth, in sigma, if kept."""
    history: History = field(default_factory=History)
    truth: dict[str, float] = field(default_factory=lambda: {"c0": 0.0})
    """Commit to its true level, in sigma above the baseline."""
    refused: bool = False
    """Whether the referee would not judge this metric."""

    def run(self, preset: str, experiments: int, *, metric: Metric = METRIC) -> History:
        """The whole night."""
        self.begin(preset, experiments, metric=metric)
        try:
            while len(self.history.experiments) <= experiments or self.referee.certificate_due(self.history):
                self.step()
        except UserError:
            self.refused = True
        return self.history

    def begin(self, preset: str, experiments: int, *, metric: Metric = METRIC) -> None:
        """Study, epoch and night: what stands in a ledger before the first experiment."""
        budget = Budget(experiments=experiments)
        self.history.add(StudyStart("dream", "c0", "00", "0"))
        self.history.add(Epoch(1, "", "", "sealed", "none", {}, {}, {}, metric, preset))
        self.history.add(Night(1, budget, referees.certificates(budget, preset), 1, ""))

    def step(self) -> None:
        """A certificate when one is due, else an experiment."""
        if self.referee.certificate_due(self.history):
            self.history.add(self.certificate())
        else:
            self.history.add(self.attempt())

    def attempt(self) -> Experiment:
        """One experiment on the tip."""
        number, tip = self.history.next_number, self.history.tip_commit
        commit = f"c{number}"
        self.truth.setdefault(commit, self.truth[tip] + self.effect(number))
        candidate = Candidate(number, commit, tip, "a comment")
        self.history.add(candidate)
        verdict = self.contest(self.referee.next, Evidence(self.history, number, commit, tip))
        runs = self.history.pending[number]
        mine = [run.value for run in runs if run.side is Side.CANDIDATE and run.value is not None]
        return Experiment(number, candidate, verdict, fmean(mine), tip)

    def certificate(self) -> Certificate:
        """One certificate of the tip."""
        history = self.history
        tip, proven, runs = history.tip_commit, history.proven_commit, tuple(history.pending_certificate)
        evidence = Evidence(history, len(history.certificates) + 1, tip, proven, runs, certificate=True)
        return self.contest(self.referee.certify, evidence)

    def contest(self, ask: Callable[[Evidence], Side | Decision], evidence: Evidence) -> Decision:
        """Measure what is asked for until there is a decision."""
        while isinstance(call := ask(evidence), Side):
            run = self.measured(call, evidence)
            self.history.add(run)
            evidence = evidence.plus(run)
        return call

    def measured(self, side: Side, evidence: Evidence) -> Measurement:
        """One noisy run; a loss, so a gain lowers it. `timing` gets the two sides of a pair."""
        commit, other = evidence.candidate, evidence.incumbent
        if side is Side.INCUMBENT:
            commit, other = other, commit
        asker = {"certificate" if evidence.certificate else "experiment": evidence.number}
        if self.history.epoch and self.history.epoch.referee == "timing":
            own, rival = (LEVEL * math.exp(-SIGMA * self.half_noisy(each)) for each in (commit, other))
            return Measurement(commit, side, own, 0, 1.0, values={"loss": own, "loss@incumbent": rival}, **asker)
        return Measurement(commit, side, LEVEL - SIGMA * (self.truth[commit] + next(self.noise)), 0, 1.0, **asker)

    def half_noisy(self, commit: str) -> float:
        """A level with so much noise that the difference of two has the noise of one."""
        return self.truth[commit] + next(self.noise) / math.sqrt(2)


@dataclass(frozen=True, slots=True)
class Morning:
    """What a night looks like the morning after."""

    keeps: int
    """Baseline left out."""
    false_keeps: int
    """Keeps that are no better than what they were made from."""
    false_certificate: bool
    certificates: int
    certified: float
    """True level of the commit delivered, in sigma above the baseline."""
    tip: float
    runs: int
    refused: bool = False

    @classmethod
    def after(cls, dream: Dream, history: History) -> Morning:
        """Hold what was claimed against the truth."""
        truth = dream.truth
        keeps = [done for done in history.experiments[1:] if done.verdict.outcome is Outcome.KEEP]
        passed = [done for done in history.certificates if done.ruling is Ruling.CERTIFIED]
        return cls(
            keeps=len(keeps),
            false_keeps=sum(truth[f"c{done.number}"] <= truth[done.parent] for done in keeps),
            false_certificate=any(truth[done.commit] <= truth[done.against] for done in passed),
            certificates=len(passed),
            certified=truth[history.proven_commit],
            tip=truth[history.tip_commit],
            runs=history.measured,
            refused=dream.refused,
        )


def mornings(preset: str, *, law: str, effects: NDArray[np.float64], seed: int = 1) -> Iterator[Morning]:
    """Independent nights under one preset and one noise law; a row of `effects` a night, a column a candidate."""
    referee = referees.make(preset, {}, METRIC)
    for night, changes in enumerate(effects.tolist()):
        dream = Dream(referee, drawn(LAWS[law], generator(seed, preset, law, night)), lambda n, c=changes: c[n - 1])
        yield Morning.after(dream, dream.run(preset, len(changes)))


def judged(preset: str, effect: float, *, law: str, experiments: int, seed: int) -> tuple[bool, int]:
    """Whether one change of this size is found, and its runs, at the start of a night of so many experiments.

    For `certify` and `exact`, whether a certificate finds a tip that is better by so much; for the others, whether the
    first candidate is kept.
    """
    noise = drawn(LAWS[law], generator(seed, preset, law, effect), block=64)
    dream = Dream(referees.make(preset, {}, METRIC), noise, lambda n: effect * (n == 1))
    dream.begin(preset, experiments)
    try:
        dream.step()
    except UserError:  # a baseline that is unlike itself by chance: nothing is found in this night
        return False, dream.history.measured
    before = dream.history.measured
    if preset in ("certify", "exact"):
        dream.history.add(Candidate(1, "c1", "c0", "a change"))
        dream.history.add(Experiment(1, dream.history.candidates[1], Verdict(Outcome.KEEP, ""), LEVEL, "c0"))
        dream.truth["c1"] = effect
        return dream.certificate().ruling is Ruling.CERTIFIED, dream.history.measured - before
    kept = dream.attempt().verdict.outcome is Outcome.KEEP
    return kept, dream.history.measured - before
