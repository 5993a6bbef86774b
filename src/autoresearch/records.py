"""The nouns. Frozen, no I/O; every other module speaks in these.

Sign convention, everywhere: a *gain* is positive when the metric got better, whichever way the metric points.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from autoresearch.changes.footprint import UNTOLD, Footprint
from autoresearch.objectives import Objective


class Direction(StrEnum):
    """Which way the metric improves."""

    MINIMIZE = "minimize"
    MAXIMIZE = "maximize"


class Outcome(StrEnum):
    """How one experiment ended. The first two were judged; the others never earned a score."""

    KEEP = "keep"
    DISCARD = "discard"
    CRASH = "crash"
    TIMEOUT = "timeout"
    CHECKS_FAILED = "checks_failed"
    OUT_OF_SCOPE = "out_of_scope"
    VIOLATION = "violation"
    NO_CHANGE = "no_change"
    UNKNOWN = "unknown"
    """Of imported rows only: nobody can tell from their word for it."""


class Ruling(StrEnum):
    """How one certificate ended."""

    CERTIFIED = "certified"
    CONTINUE = "continue"
    ROLLED_BACK = "rolled_back"


class Side(StrEnum):
    """Whom to measure next. In a certificate the candidate is the tip, the incumbent the last certified commit."""

    CANDIDATE = "candidate"
    INCUMBENT = "incumbent"


class TrustClass(StrEnum):
    """How far the candidate is from the number. Shown wherever the number is."""

    SEALED = "sealed"
    SUPERVISED = "supervised"
    SELF_REPORTED = "self-reported"


@dataclass(frozen=True, slots=True)
class Metric:
    """What is measured and which way is better."""

    name: str
    direction: Direction
    unit: str = ""
    low: float = -math.inf
    """Physical bounds, inclusive. A value outside them is a violation, not a record."""
    high: float = math.inf
    target: float | None = None
    source: str = "regenerating"
    """"regenerating", or "depleting": measured on a finite record, which every look uses up a little."""
    feedback: str = "score"
    """What the loop is told: "score", "ladder" (whole steps, only once beaten) or "bit" (kept or not)."""
    records: int | None = None
    """How many records the public score averages, where it is such an average."""
    step: float | None = None
    """Height of the ladder's steps, in the metric's unit; None derives it from the noise and the records."""
    objective: Objective | None = None
    """How the number is made of several values; None when the evaluation gives it under its name."""

    def gain(self, value: float, over: float) -> float:
        """Improvement of `value` over `over`, in the metric's unit; positive is better."""
        return over - value if self.direction is Direction.MINIMIZE else value - over


@dataclass(frozen=True, slots=True)
class Candidate:
    """A commit under test. Experiment 0's candidate is the baseline and its own parent."""

    number: int
    commit: str
    parent: str
    summary: str
    hypothesis: str = ""
    agent: str = ""
    started: str = ""
    """When the attempt began, ISO 8601, UTC."""
    agent_seconds: float = 0.0
    cost_usd: float | None = None
    """None is unknown, never zero."""
    tokens: int | None = None
    detail: Mapping[str, object] = field(default_factory=dict)
    """The agent's own notes, JSON-able: the tuner stores the constants it set here."""
    nodes: int | None = None
    """Net growth over the parent, in what `counted` says; None where it cannot be told."""
    touched: int | None = None
    """What was added plus what was removed."""
    counted: str = ""
    """"nodes" of Python's syntax, "tokens" of anything else, or "nodes and tokens"."""
    agent_version: str = ""
    transcript: str = ""
    """sha256 of what passed between the agent and its model, kept beside the ledger; empty where nothing did."""
    program: str = ""
    """sha256 of the program.md the agent was told, which a person may edit between experiments."""
    mends: str = ""
    """Commit of the same experiment's first candidate, which failed by itself; empty where this is the first."""
    step: str = ""
    """The kind of step that was asked for."""
    footprint: Footprint = UNTOLD


@dataclass(frozen=True, slots=True)
class Measurement:
    """One execution of the measured command at one commit."""

    commit: str
    side: Side
    value: float | None
    """The metric. None when the run was a foul: it ranks below every number."""
    seed: int
    seconds: float
    """Wall time of the candidate's process, exec to exit, on the referee's clock."""
    experiment: int | None = None
    certificate: int | None = None
    """Exactly one of `experiment`, `certificate` and `purpose` is set: what asked for this run."""
    split: str = "public"
    """"public" or "holdout"."""
    values: Mapping[str, float] = field(default_factory=dict)
    """Every metric of the run by name, the main one included."""
    evaluation_seconds: float = 0.0
    foreign_load: float | None = None
    """Mean number of cores other processes kept busy during the run; None where the machine does not tell."""
    started: str = ""
    machine: str = ""
    slot: int = 0
    artifacts: Mapping[str, str] = field(default_factory=dict)
    """Relative path to sha256 of what was left to be judged."""
    peak_memory_bytes: int | None = None
    """Of the candidate's process tree; None where it cannot be told."""
    log: str = ""
    """sha256 of what the candidate printed, kept beside the ledger."""
    foul: str = ""
    """Outcome and cause when `value` is None."""
    purpose: str = ""
    """What a run was for that no rule reads, such as "revalidation 1"."""
    records: tuple[float, ...] = ()
    """Scores of the single records, of a sealed run on finite data; `value` is their mean."""
    series: str = ""
    """sha256 of a public run's scores of single records, kept beside the ledger; empty where there are none."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Outcome, the reason in one sentence, and the numbers it rests on."""

    outcome: Outcome
    reason: str
    statistic: Mapping[str, float] = field(default_factory=dict)
    cause: str = ""
    """Of a foul: one of `causes.Cause`, which surfaces count; empty where the outcome says it all."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """One numbered attempt, finished."""

    number: int
    candidate: Candidate | None
    """None when no candidate came to be: the agent failed, or its change was refused."""
    verdict: Verdict
    value: float | None
    """Mean of the candidate's runs; None without any."""
    parent: str
    agent: str = ""
    started: str = ""
    seconds: float = 0.0
    """Attempt to verdict, wall time, everything included."""
    log: str = ""
    """sha256 of the log kept beside the ledger, or empty."""
    cost_usd: float | None = None
    """What the agent used, whatever came of it; None is unknown, never zero."""
    tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Certificate:
    """The proof for a block of keeps: fresh runs of `commit` against fresh runs of `against`."""

    number: int
    commit: str
    against: str
    ruling: Ruling
    reason: str
    p: float
    """Exact one-sided p-value of "no better" at the look that decided."""
    level: float
    """The false-certificate probability this certificate was allowed to spend."""
    n: int
    """Runs a side."""
    mean: float
    low: float
    high: float
    """Mean of the certificate's own runs of `commit`, and its 95 % interval. Never the best run seen."""
    gain: float
    gain_low: float
    gain_high: float
    """Gain over `against`, and its 95 % interval, from the same interleaved runs."""
    split: str = "public"
    experiment: int = 0
    """Number of the experiment that made `commit`."""


@dataclass(frozen=True, slots=True)
class Brief:
    """What the agent is asked to do next."""

    number: int
    parent: str
    step: str = "improve"
    """The kind of step wanted: improve | simplify | combine | elsewhere | mend."""
    program: str = ""
    """sha256 of the program.md it quotes."""
    start: str = ""
    """Commit the tree holds at first; empty where that is `parent`."""
    render: Callable[[str], str] = lambda _: ""
    """Makes the document for a reader; agents that do not read it do not pay for it."""

    @property
    def text(self) -> str:
        """The document, for an agent that makes one change and stops."""
        return self.render("once")

    @property
    def text_for_door(self) -> str:
        """The document, for an agent that stays and has its changes tried through a door."""
        return self.render("door")

    @property
    def text_for_person(self) -> str:
        """The document, for the agent of a person who tries changes of their own copy."""
        return self.render("person")


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the agent says it did. What it did is read from the tree, never from here."""

    summary: str
    hypothesis: str = ""
    agent: str = ""
    cost_usd: float | None = None
    tokens: int | None = None
    detail: Mapping[str, object] = field(default_factory=dict)
    agent_version: str = ""
    transcript: bytes = b""
    """What passed between the agent and its model."""
