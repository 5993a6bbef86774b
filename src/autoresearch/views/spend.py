"""Where the time and the money went. Unknown is never zero."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from autoresearch.history import Archive, is_baseline
from autoresearch.records import Certificate, Experiment


@dataclass(frozen=True, slots=True)
class Total:
    """A sum of what attempts reported, of which some may have reported nothing."""

    known: float
    unknown: int
    """Attempts that did not report it."""
    of: int
    """Attempts in all."""

    @classmethod
    def over(cls, amounts: Sequence[float | None]) -> Total:
        """The total of these amounts; None is unknown."""
        known = [amount for amount in amounts if amount is not None]
        return cls(math.fsum(known), len(amounts) - len(known), len(amounts))

    @property
    def exact(self) -> float | None:
        """The sum; None where any part of it is unknown."""
        return None if self.unknown else self.known

    def words(self, written: Callable[[float], str]) -> str:
        """The sum as `written`, or how much it is at least."""
        if not self.unknown:
            return written(self.known)
        if self.unknown == self.of:
            return "unknown"
        return f"at least {written(self.known)} ({self.unknown} of {self.of} unknown)"


@dataclass(frozen=True, slots=True)
class Spend:
    """Seconds by purpose, tokens and money, over a range of experiments and the certificates given in it."""

    agent: float
    """Seconds the agents thought and edited."""
    candidate: float
    """Seconds candidates ran, the incumbent's re-measurements included."""
    evaluation: float
    certificates: float
    """Seconds of certificate runs, evaluation included."""
    overhead: float
    """The rest of the experiments' seconds: checks, git, sandboxes, ledger."""
    money: Total
    """Dollars of all attempts by agents."""
    counted: Total
    """Their tokens."""

    @property
    def cost_usd(self) -> float | None:
        """None when any attempt's cost is unknown."""
        return self.money.exact

    @property
    def tokens(self) -> int | None:
        """None when any attempt's are unknown."""
        return None if self.counted.exact is None else int(self.counted.exact)

    @property
    def total(self) -> float:
        """Seconds in all."""
        return self.agent + self.candidate + self.evaluation + self.certificates + self.overhead


def spend(history: Archive, *, first: int = 0) -> Spend:
    """What experiments from number `first` on, and the certificates given after it, used."""
    done = history.experiments[first:]
    runs = [run for each in done for run in history.settled.get(each.number, ())]
    candidate, evaluation = sum(run.seconds for run in runs), sum(run.evaluation_seconds for run in runs)
    agent = sum(each.candidate.agent_seconds for each in done if each.candidate)
    given = (at for at, record in history.trail if isinstance(record, Certificate))
    since = [batch for at, batch in zip(given, history.proofs, strict=True) if not first or at > first]
    proofs = sum(run.seconds + run.evaluation_seconds for batch in since for run in batch)
    overhead = max(0.0, sum(each.seconds for each in done) - candidate - evaluation - agent)
    return Spend(
        agent,
        candidate,
        evaluation,
        proofs,
        overhead,
        money=Total.over(_reported(done, "cost_usd")),
        counted=Total.over(_reported(done, "tokens")),
    )


def _reported(done: Sequence[Experiment], name: str) -> list[float | None]:
    """What each attempt by an agent reported."""
    return [getattr(each, name) for each in done if not is_baseline(each)]
