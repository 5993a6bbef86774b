"""What a ledger holds beside experiments: study, epochs, nights, what humans said, plans to measure again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from autoresearch.records import Metric
from autoresearch.task import Budget, Constraint


@dataclass(frozen=True, slots=True)
class StudyStart:
    """First record of a ledger."""

    name: str
    base: str
    """Commit of the user's repository the study grew from."""
    secret: str
    """Hex. Seeds are derived from it; candidates never see it."""
    version: str
    """Of autoresearch."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """A span in which numbers are comparable. A new one needs a new baseline."""

    number: int
    digest: str
    """Over everything below and the task's measured part."""
    task: str
    """Task digest."""
    trust_class: str
    sandbox: str
    properties: Mapping[str, bool]
    machine: Mapping[str, object]
    environment: Mapping[str, object]
    """Interpreter, versions and the digests of what the measured command stands on."""
    metric: Metric
    referee: str = "certify"
    referee_options: Mapping[str, float] = field(default_factory=dict)
    unsafe: bool = False
    """Run with --unsafe-no-sandbox: certificates are disabled."""
    questions: int = 0
    """Of finite data: how many one-bit questions the sealed records may answer, over the whole study."""
    why: str = ""
    """What changed since the epoch before; empty for the first."""
    started: str = ""
    """ISO 8601, UTC; empty in ledgers that did not say."""
    constraints: tuple[Constraint, ...] = ()
    """Limits every keep and certificate demands."""


@dataclass(frozen=True, slots=True)
class Night:
    """A budget granted to the study. Certificates share one false-keep rate per night."""

    number: int
    budget: Budget
    certificates: int
    """How many certificates this night may ask for: the level is split over them."""
    first: int
    """Number of the first experiment that counts against `budget.experiments`."""
    started: str
    """ISO 8601, UTC; hours count from here, pauses included."""
    purpose: str = ""
    """"prune" when it takes kept changes back one by one instead of trying new ones; "try" when nobody granted it.

    A night recorded once more, under its old number, is gone on with: another one had come between.
    """


@dataclass(frozen=True, slots=True)
class Vault:
    """What the vault said, the one time it was opened: the certified commit against what the study grew from."""

    commit: str
    against: str
    value: float
    over: float
    """Value of `against`."""
    gain: float
    gain_low: float
    gain_high: float
    """Gain over `against`, and its 95 % interval; unbounded where the vault gives no scores of single records."""
    records: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """An agent that may cost something is about to be asked. Without what comes of it, what it used is unknown."""

    number: int
    """Of the experiment."""


@dataclass(frozen=True, slots=True)
class Control:
    """A human's word to a running study: pause | resume | stop."""

    action: str


@dataclass(frozen=True, slots=True)
class Note:
    """Anything worth keeping that no rule reads: alarms, faults of the machine, where a file went."""

    kind: str
    text: str


TELL, UNTELL, NOTE, AGENTS_NOTE = "tell", "untell", "note", "agent's note"
"""Kinds of note that briefs quote: a human's word to the next ones, its end, and what is to be remembered."""


@dataclass(frozen=True, slots=True)
class SelfTested:
    """What the evaluator said, in this epoch, of a change whose worth is known."""

    name: str
    expect: str
    """better | worse | same | cheating"""
    passed: bool
    reason: str
    n: int
    """Runs a side."""
    gain: float | None = None
    gain_low: float | None = None
    gain_high: float | None = None
    """Over the baseline, in the metric's unit, and its interval; None when it was refused."""


@dataclass(frozen=True, slots=True)
class Retried:
    """One kept change, to be measured alone on the base."""

    experiment: int
    commit: str
    """The base with this change; empty where it does not apply there without those before it."""


@dataclass(frozen=True, slots=True)
class Revalidation:
    """A plan to measure again what was kept. Its runs are the measurements with its purpose."""

    number: int
    epoch: int
    base: str
    tip: str
    """All the changes together."""
    runs: int
    """Of each commit."""
    changes: tuple[Retried, ...]

    @property
    def purpose(self) -> str:
        """What its measurements name as theirs."""
        return f"revalidation {self.number}"

    @property
    def commits(self) -> list[str]:
        """What is measured: the base, each change alone, the tip; none twice."""
        return list(dict.fromkeys([self.base, *(c.commit for c in self.changes if c.commit), self.tip]))


@dataclass(frozen=True, slots=True)
class Delivered:
    """One branch of a hand-over: some of the changes, without the others, in one commit."""

    branch: str
    """Its full name."""
    commit: str
    experiments: tuple[int, ...]
    """Numbers of the experiments it stands for."""


@dataclass(frozen=True, slots=True)
class Finish:
    """What survived, made into branches for people to review. Its runs are the measurements with its purpose."""

    number: int
    epoch: int
    base: str
    tip: str
    """What the branches are together."""
    certified: bool
    runs: int
    """Of each commit; 0 when nothing was measured again."""
    branches: tuple[Delivered, ...]

    @property
    def purpose(self) -> str:
        """What its measurements name as theirs."""
        return f"finish {self.number}"

    @property
    def commits(self) -> list[str]:
        """What is measured: the base, each branch alone, and all of them together where that is another commit."""
        alone = [each.commit for each in self.branches]
        return [self.base, *alone, self.tip] if len(alone) > 1 else [self.base, *alone]


@dataclass(frozen=True, slots=True)
class Ended:
    """`run` returned in an orderly way."""

    why: str
