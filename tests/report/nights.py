"""Nights made of real records by a seeded generator: noise, keeps, crashes, certificates, roll-backs."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, field
from statistics import fmean, stdev

from autoresearch.history import Archive, Ended, Epoch, Night, Note, StudyStart
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
from autoresearch.task import Budget, Limits, Phase, Task

IDEAS = (
    "halve the learning rate",
    "warm up over 100 steps",
    "cosine schedule to zero",
    "wider MLP, 3x",
    "tie embeddings",
    "RMSNorm instead of LayerNorm",
    "batch size 8 -> 16",
    "drop biases everywhere",
    "clip gradients at 1.0",
    "Adam beta2 0.95",
    "remove dead dropout branch",
    "rotary positions, base 1000",
)
FAILURES = (
    (Outcome.CRASH, "ValueError: operands could not be broadcast together with shapes (8,128) (8,{})"),
    (Outcome.CRASH, "MemoryError: the process tree went past its 8 GiB"),
    (Outcome.TIMEOUT, "still running after {}.0 s"),
    (Outcome.CHECKS_FAILED, "check `tests` failed with exit status 1"),
    (Outcome.OUT_OF_SCOPE, "changed evaluate.py, which is sealed"),
    (Outcome.VIOLATION, "value {} is outside the metric's bounds 0 .. 20"),
    (Outcome.NO_CHANGE, "the agent left the tree as it was"),
)


@dataclass
class Teller:
    """Writes one night, record by record, the way the engine does."""

    seed: int = 1
    metric: Metric = field(
        default_factory=lambda: Metric("val_bpb", Direction.MINIMIZE, "bit/byte", low=0.0, high=20.0)
    )
    level: float = 2.9132
    sigma: float = 0.004
    certify_every: int = 12
    failing: float = 0.18
    good: float = 0.12
    """Share of candidates that are truly better, by one to six sigma."""
    texts: tuple[str, ...] = IDEAS
    unsafe: bool = False
    split: str = "public"
    trust_class: str = "sealed"
    history: Archive = field(default_factory=Archive)
    truth: dict[str, float] = field(default_factory=dict)
    """True level by commit."""
    reference: float = 0.0
    """What the provisional lane compares with."""

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.sign = -1 if self.metric.direction is Direction.MINIMIZE else 1
        self.seconds = 0.0

    def begin(self, *, epoch: int = 1, baseline_runs: int = 12) -> Teller:
        """Study, epoch, night and a measured baseline."""
        if self.history.study is None:
            self.add(StudyStart("quick", commit("base"), "5ec2e7" * 8, "0.1.0"))
            self.truth[commit("base")] = self.level
        self.add(an_epoch(self.metric, number=epoch, unsafe=self.unsafe, trust_class=self.trust_class))
        self.add(Night(epoch, Budget(experiments=1000, hours=8), 4, len(self.history.experiments) + 1, self.now()))
        if baseline_runs:
            number, tip = self.history.next_number, self.history.tip_commit
            candidate = Candidate(number, tip, tip, "baseline", started=self.now())
            self.add(candidate)
            values = [self.run(tip, Side.CANDIDATE, experiment=number) for _ in range(baseline_runs)]
            self.reference = fmean(values)
            self.finish(candidate, Verdict(Outcome.KEEP, "baseline"), self.reference)
        return self

    def go(self, experiments: int) -> Teller:
        """That many experiments, with sentinels and certificates where they fall due."""
        for _ in range(experiments):
            self.experiment()
            if self.history.next_number % self.certify_every == 0 and self.history.keeps_since_certificate:
                self.certificate()
        return self

    def experiment(
        self, *, effect: float | None = None, luck: float | None = None, outcome: Outcome | None = None
    ) -> None:
        """One attempt; `effect` and `luck` (in sigma) and `outcome` are drawn where not given."""
        number, parent = self.history.next_number, self.history.tip_commit
        if outcome is None and effect is None and self.rng.random() < self.failing:
            return self.failure(number, parent)
        candidate = self.candidate(number, parent)
        self.truth[candidate.commit] = self.truth[parent] + self.sign * self.sigma * self.draw(effect)
        value = self.run(candidate.commit, Side.CANDIDATE, experiment=number, luck=luck)
        if number % 10 == 0:
            self.run(parent, Side.INCUMBENT, experiment=number)
        gain = self.metric.gain(value, over=self.reference)
        keep = outcome is Outcome.KEEP if outcome else gain > 0
        if keep:
            self.reference = value
            return self.finish(candidate, Verdict(Outcome.KEEP, "better than the best so far", {"gain": gain}), value)
        return self.finish(
            candidate, Verdict(Outcome.DISCARD, "not better than the best so far", {"gain": gain}), value
        )

    def failure(self, number: int, parent: str) -> None:
        outcome, reason = self.rng.choice(FAILURES)
        candidate = None if outcome in (Outcome.OUT_OF_SCOPE, Outcome.NO_CHANGE) else self.candidate(number, parent)
        verdict = Verdict(outcome, reason.format(self.rng.randrange(100, 900)))
        self.add(Experiment(number, candidate, verdict, None, parent, "tuner", self.now(), seconds=12.0))

    def certificate(self, *, runs: int = 12) -> None:
        """Interleaved fresh runs of the tip and of the last certified commit; the ruling by their interval."""
        history, number = self.history, len(self.history.certificates) + 1
        tip, proven = history.tip_commit, history.proven_commit
        sides: dict[str, list[float]] = {tip: [], proven: []}
        for _ in range(runs):
            for side, who in ((Side.CANDIDATE, tip), (Side.INCUMBENT, proven)):
                sides[who].append(self.run(who, side, certificate=number))
        gain = self.metric.gain(fmean(sides[tip]), over=fmean(sides[proven]))
        spread = stdev(sides[tip]) / runs**0.5
        half = 2.07 * (spread**2 + stdev(sides[proven]) ** 2 / runs) ** 0.5
        p = 0.0004 if gain > half else 0.4
        ruling = Ruling.CERTIFIED if gain > half else Ruling.ROLLED_BACK if gain < -half else Ruling.CONTINUE
        mean = fmean(sides[tip])
        made = history.tip.number if history.tip else 0
        self.add(
            Certificate(
                number, tip, proven, ruling, f"{ruling} after {runs} runs a side", p, 0.0125,
                runs, mean, mean - 2.2 * spread, mean + 2.2 * spread, gain, gain - half, gain + half, self.split, made,
            )
        )  # fmt: skip
        self.reference = fmean(sides[proven if ruling is Ruling.ROLLED_BACK else tip])

    def run(
        self,
        who: str,
        side: Side,
        *,
        experiment: int | None = None,
        certificate: int | None = None,
        luck: float | None = None,
    ) -> float:
        """One recorded measurement of commit `who`."""
        value = self.truth[who] + self.sigma * (self.rng.gauss() if luck is None else self.sign * luck)
        self.seconds += 22.0
        split = self.split if certificate else "public"
        self.add(
            Measurement(
                who, side, value, self.rng.randrange(2**31), 20.0, experiment, certificate, split=split,
                values={self.metric.name: value}, evaluation_seconds=2.0, foreign_load=0.01, started=self.now(),
                machine="box", peak_memory_bytes=3 * 2**29,
            )
        )  # fmt: skip
        return value

    def candidate(self, number: int, parent: str) -> Candidate:
        made = Candidate(
            number,
            commit(f"{self.seed}:{number}"),
            parent,
            self.rng.choice(self.texts),
            hypothesis="Early steps are too large for this batch; a gentler start should help.",
            agent="tuner",
            started=self.now(),
            agent_seconds=1.5,
            cost_usd=0.0,
            tokens=0,
        )
        self.add(made)
        return made

    def finish(self, candidate: Candidate, verdict: Verdict, value: float) -> None:
        runs = self.history.pending.get(candidate.number, ())
        took = sum(run.seconds + run.evaluation_seconds for run in runs) + candidate.agent_seconds + 0.04
        self.add(
            Experiment(
                number=candidate.number,
                candidate=candidate,
                verdict=verdict,
                value=value,
                parent=candidate.parent,
                agent=candidate.agent,
                started=candidate.started,
                seconds=took,
                cost_usd=candidate.cost_usd,
                tokens=candidate.tokens,
            )
        )

    def draw(self, effect: float | None) -> float:
        """A true effect in sigma, positive better."""
        if effect is not None:
            return effect
        if self.rng.random() < self.good:
            return self.rng.uniform(1, 6)
        return -abs(self.rng.gauss(0, 3)) if self.rng.random() < 0.75 else 0.0

    def end(self) -> Teller:
        """The night is over."""
        self.add(Ended("the budget is spent"))
        return self

    def note(self, kind: str, text: str) -> Teller:
        self.add(Note(kind, text))
        return self

    def now(self) -> str:
        whole = 79200 + int(self.seconds)
        return (
            f"2026-03-{1 + whole // 86400 % 28:02d}T{whole // 3600 % 24:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}Z"
        )

    def add(self, record: object) -> None:
        self.history.add(record)


def commit(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def an_epoch(metric: Metric, *, number: int = 1, unsafe: bool = False, trust_class: str = "sealed") -> Epoch:
    return Epoch(
        number=number,
        digest="d1" * 32,
        task="7a" * 32,
        trust_class=trust_class,
        sandbox="none" if unsafe else "bubblewrap",
        properties={"no_network": not unsafe, "kill_all": not unsafe, "hidden_files": not unsafe, "memory_cap": False},
        machine={"cpu": "AMD EPYC 7B13", "cores": 2, "memory": "8 GiB", "gpu": None},
        environment={"python": "3.11.7", "numpy": "2.1.3", "evaluate.py": "e4" * 32},
        metric=metric,
        unsafe=unsafe,
    )


def a_task(metric: Metric) -> Task:
    phase = Phase(("python", "train.py"), Limits(seconds=20.0, memory_bytes=8 * 2**30))
    return Task(
        name="quick",
        goal="Lowest bits per byte of a small GPT trained for 20 s",
        editable=("train.py",),
        metric=metric,
        experiment=phase,
        evaluation=Phase(("python", "evaluate.py"), Limits(seconds=60.0)),
        hidden=("holdout/**",),
        digest="7a" * 32,
    )


def a_night(experiments: int, **options: object) -> Archive:
    """A finished night of that many experiments after the baseline."""
    return Teller(**options).begin().go(experiments).end().history  # type: ignore[arg-type]


def a_diff(parent: str, child: str) -> str:
    """What `git diff` would print between two commits of such a night."""
    return (
        "diff --git a/train.py b/train.py\n"
        f"index {parent[:7]}..{child[:7]} 100644\n--- a/train.py\n+++ b/train.py\n"
        "@@ -12,7 +12,7 @@ DEPTH = 2\n WIDTH = 128\n CONTEXT = 128\n \n"
        f"-LEARNING_RATE = 0.003  # {parent[:4]}\n+LEARNING_RATE = 0.0021  # {child[:4]} <b>&amp;\n WARMUP = 50\n"
    )
