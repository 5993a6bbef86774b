"""Nights in which nothing is better, judged by the real referees: how often is something called better?

    python benchmarks/null_nights.py --nights 200 --experiments 100

Every night is a history of real records, measured with simulated noise and no input or output; what asks, keeps,
discards and certifies is the package's own code. Then nights with real gains planted: what is found of them.
Effects are improvements in sigma, the standard deviation of one run. Prints Markdown.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from statistics import fmean
from typing import TypeVar

from autoresearch import referees
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

METRIC = Metric("loss", Direction.MINIMIZE)
LEVEL, SIGMA = 3.0, 0.01
"""Of the simulated loss: where the baseline is, and the noise of one run."""


def normal(rng: random.Random) -> float:
    return rng.gauss(0, 1)


def t3(rng: random.Random) -> float:
    """Heavy tails: Student's t with 3 degrees of freedom, scaled to variance 1."""
    return rng.gauss(0, 1) / (rng.gammavariate(1.5, 2) / 3) ** 0.5 / 3**0.5


def lucky(rng: random.Random) -> float:
    """Normal, but 2 % of the runs look 5 sigma better."""
    return rng.gauss(0, 1) + 5 * (rng.random() < 0.02)


def failed(rng: random.Random) -> float:
    """Normal, but 2 % of the runs look 5 sigma worse."""
    return rng.gauss(0, 1) - 5 * (rng.random() < 0.02)


LAWS: dict[str, Callable[[random.Random], float]] = {
    "normal": normal,
    "t, 3 df": t3,
    "2 % lucky": lucky,
    "2 % failed": failed,
}


@dataclass(slots=True)
class Dream:
    """One simulated night: the engine's loop without git, processes and disk."""

    referee: Referee
    rng: random.Random
    noise: Callable[[random.Random], float]
    effect: Callable[[int], float]
    """What experiment n does to the truth, in sigma, if kept."""
    history: History = field(default_factory=History)
    truth: dict[str, float] = field(default_factory=lambda: {"c0": 0.0})
    """Commit to its true level, in sigma above the baseline."""

    def run(self, preset: str, experiments: int, *, metric: Metric = METRIC) -> History:
        """The whole night."""
        budget = Budget(experiments=experiments)
        self.history.add(StudyStart("dream", "c0", "00", "0"))
        self.history.add(Epoch(1, "", "", "sealed", "none", {}, {}, {}, metric, preset))
        self.history.add(Night(1, budget, referees.certificates(budget, preset), 1, ""))
        while True:
            if self.referee.certificate_due(self.history):
                self.history.add(self.contest(self.referee.certify, self.evidence(None)))
            elif len(self.history.experiments) <= experiments:
                self.history.add(self.attempt())
            else:
                return self.history

    def attempt(self) -> Experiment:
        """One experiment on the tip."""
        number, tip = self.history.next_number, self.history.tip_commit
        commit = f"c{number}"
        self.truth.setdefault(commit, self.truth[tip] + self.effect(number))
        candidate = Candidate(number, commit, tip, "a comment")
        self.history.add(candidate)
        verdict = self.contest(self.referee.next, self.evidence(number))
        runs = [
            run.value for run in self.history.pending[number] if run.side is Side.CANDIDATE and run.value is not None
        ]
        return Experiment(number, candidate, verdict, fmean(runs), tip)

    def evidence(self, number: int | None) -> Evidence:
        """What the engine would show the referee: of experiment `number`, else of the next certificate."""
        history = self.history
        if number is None:
            next_one, pending = len(history.certificates) + 1, tuple(history.pending_certificate)
            return Evidence(history, next_one, history.tip_commit, history.proven_commit, pending, certificate=True)
        return Evidence(history, number, f"c{number}", history.tip_commit)

    def contest(self, ask: Callable[[Evidence], Side | Decision], evidence: Evidence) -> Decision:
        """Measure what is asked for until there is a decision."""
        while isinstance(call := ask(evidence), Side):
            commit = evidence.candidate if call is Side.CANDIDATE else evidence.incumbent
            asker = {"certificate" if evidence.certificate else "experiment": evidence.number}
            run = Measurement(commit, call, self.measured(commit), seed=0, seconds=1.0, **asker)
            self.history.add(run)
            evidence = evidence.plus(run)
        return call

    def measured(self, commit: str) -> float:
        """One noisy run; a loss, so a gain lowers it."""
        return LEVEL - SIGMA * (self.truth[commit] + self.noise(self.rng))


@dataclass(frozen=True, slots=True)
class Morning:
    """What a night looks like the morning after."""

    false_keep: bool
    false_certificate: bool
    certificates: int
    certified: float
    """True level of the commit delivered, in sigma above the baseline."""
    tip: float
    runs: int

    @classmethod
    def after(cls, dream: Dream, history: History) -> Morning:
        """Hold what was claimed against the truth."""
        truth = dream.truth
        keeps = [done for done in history.experiments[1:] if done.verdict.outcome is Outcome.KEEP]
        passed = [done for done in history.certificates if done.ruling is Ruling.CERTIFIED]
        return cls(
            false_keep=any(truth[f"c{done.number}"] <= truth[done.parent] for done in keeps),
            false_certificate=any(truth[done.commit] <= truth[done.against] for done in passed),
            certificates=len(passed),
            certified=truth[history.proven_commit],
            tip=truth[history.tip_commit],
            runs=history.measured,
        )


class Naive:
    """Keep whatever beats the best number seen, in one run: what a loop without a referee does."""

    def next(self, evidence: Evidence) -> Side | Verdict:
        """One run against the stored best."""
        runs = evidence.of(Side.CANDIDATE)
        if not runs:
            return Side.CANDIDATE
        tip, value = evidence.history.tip, runs[0].value
        best = tip.value if tip else None
        better = best is None or (value is not None and evidence.history.metric.gain(value, over=best) > 0)
        return Verdict(Outcome.KEEP if better else Outcome.DISCARD, "")

    def certificate_due(self, history: History) -> bool:  # noqa: ARG002
        """Never."""
        return False

    def certify(self, evidence: Evidence) -> Side | Certificate:
        """Not asked."""
        raise NotImplementedError


def mornings(
    preset: str, *, nights: int, experiments: int, law: str, effect: Callable[[int], float], seed: int
) -> Iterator[Morning]:
    """Independent nights under one preset, one noise law and one stream of effects."""
    for night in range(nights):
        referee = Naive() if preset == "naive" else referees.make(preset, {}, METRIC)
        dream = Dream(referee, random.Random(f"{seed} {preset} {law} {night}"), LAWS[law], effect)
        yield Morning.after(dream, dream.run("certify" if preset == "naive" else preset, experiments))


def null_table(presets: list[str], options: argparse.Namespace) -> None:
    print("| preset | noise | nights with a false certificate | with a false keep | runs a night | seconds |")
    print("| --- | --- | --- | --- | --- | --- |")
    for preset in presets:
        for law in LAWS:
            began = time.monotonic()
            found = list(
                mornings(preset, nights=options.nights, experiments=options.experiments, law=law,
                         effect=lambda _: 0.0, seed=options.seed)
            )  # fmt: skip
            false = fmean(each.false_certificate for each in found)
            keeps, runs = fmean(each.false_keep for each in found), fmean(each.runs for each in found)
            proof = "-" if preset == "naive" else f"{false:.1%}"
            print(
                f"| {preset} | {law} | {proof} | {keeps:.1%} | {runs:.0f} | {time.monotonic() - began:.0f} |",
                flush=True,
            )


def planted_table(presets: list[str], options: argparse.Namespace) -> None:
    print("\n| preset | one candidate in ten is better by | delivered gain | of a planted | nights with a certificate |"
          " with a false one | runs a night |")  # fmt: skip
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for preset in presets:
        for size in (0.5, 1.0, 2.0, 3.0):
            found = list(
                mornings(preset, nights=max(1, options.nights // 4), experiments=options.experiments, law="normal",
                         effect=lambda n, size=size: size * (n % 10 == 5), seed=options.seed)
            )  # fmt: skip
            gain = fmean(each.tip if preset == "naive" else each.certified for each in found)
            some, false = (
                fmean(each.certificates > 0 for each in found),
                fmean(each.false_certificate for each in found),
            )
            planted, runs = size * ((options.experiments + 5) // 10), fmean(each.runs for each in found)
            proof = "- | -" if preset == "naive" else f"{some:.0%} | {false:.1%}"
            print(f"| {preset} | {size:g} sigma | {gain:.1f} | {planted:g} | {proof} | {runs:.0f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nights", type=int, default=200)
    parser.add_argument("--experiments", type=int, default=100)
    parser.add_argument("--presets", default="naive,certify,strict,few")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    presets = options.presets.split(",")
    print(f"{options.nights} nights of {options.experiments} experiments, nothing is better:\n")
    null_table(presets, options)
    planted_table(presets, options)


if __name__ == "__main__":
    main()
