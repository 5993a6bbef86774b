"""Nights without git, processes and disk, in which candidates buy luck: the referees are the real ones."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from autoresearch import referees
from autoresearch.history import Epoch, Evidence, History, Night, StudyStart
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

METRIC = Metric("skill", Direction.MAXIMIZE)

Run = Callable[[int, random.Random, str], float]
"""The number of one run: of the commit of experiment n, 0 being the baseline, on a split."""


@dataclass
class Dream:
    """One night under a preset."""

    preset: str
    run: Run
    rng: random.Random
    experiments: int = 40
    split: str = "public"
    """What certificates are measured on."""
    history: History = field(default_factory=History)

    def slept(self) -> History:
        """The whole night."""
        referee, budget = referees.make(self.preset, {}, METRIC), Budget(experiments=self.experiments)
        self.history.add(StudyStart("dream", "c0", "00", "0"))
        self.history.add(Epoch(1, "", "", "sealed", "none", {}, {}, {}, METRIC, self.preset))
        self.history.add(Night(1, budget, referees.certificates(budget, self.preset), 1, ""))
        while True:
            if referee.certificate_due(self.history):
                self.history.add(self.contest(referee.certify, self.certificate()))
            elif len(self.history.experiments) <= self.experiments:
                self.history.add(self.attempt(referee.next))
            else:
                return self.history

    def certificate(self) -> Evidence:
        number, pending = len(self.history.certificates) + 1, tuple(self.history.pending_certificate)
        tip, proven = self.history.tip_commit, self.history.proven_commit
        return Evidence(self.history, number, tip, proven, pending, certificate=True)

    def attempt(self, ask: Callable[[Evidence], Side | Verdict]) -> Experiment:
        number, tip = self.history.next_number, self.history.tip_commit
        candidate = Candidate(number, f"c{number}", tip, "luck")
        self.history.add(candidate)
        verdict = self.contest(ask, Evidence(self.history, number, candidate.commit, tip))
        assert isinstance(verdict, Verdict)
        return Experiment(number, candidate, verdict, 0.0, tip)

    def contest(
        self, ask: Callable[[Evidence], Side | Verdict | Certificate], evidence: Evidence
    ) -> Verdict | Certificate:
        while isinstance(call := ask(evidence), Side):
            commit = evidence.candidate if call is Side.CANDIDATE else evidence.incumbent
            split = self.split if evidence.certificate else "public"
            asker = {"certificate" if evidence.certificate else "experiment": evidence.number}
            value = self.run(int(commit[1:]), self.rng, split)
            measured = Measurement(commit, call, value, seed=0, seconds=1.0, split=split, **asker)
            self.history.add(measured)
            evidence = evidence.plus(measured)
        return call


def nights(preset: str, run: Callable[[random.Random], Run], *, n: int, split: str = "public") -> Iterator[History]:
    """`n` nights; `run` makes the numbers of each from the night's own randomness."""
    for number in range(n):
        rng = random.Random(f"{preset} {split} {number}")
        yield Dream(preset, run(rng), rng, split=split).slept()


def keeps(history: History) -> int:
    """Experiments kept, the baseline left out."""
    return sum(done.verdict.outcome is Outcome.KEEP for done in history.experiments[1:])


def is_certified(history: History) -> bool:
    """Whether any certificate was given."""
    return any(done.ruling is Ruling.CERTIFIED for done in history.certificates)
