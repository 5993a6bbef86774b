"""Where the time and the money went. Unknown is never zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autoresearch.history import Archive, is_baseline
from autoresearch.records import Experiment


@dataclass(frozen=True, slots=True)
class Spend:
    """Seconds by purpose, tokens and money, over a range of experiments and all certificates."""

    agent: float
    """Seconds the agents thought and edited."""
    candidate: float
    """Seconds candidates ran, the incumbent's re-measurements included."""
    evaluation: float
    certificates: float
    """Seconds of all certificate runs, evaluation included."""
    overhead: float
    """The rest of the experiments' seconds: checks, git, sandboxes, ledger."""
    cost_usd: float | None
    """None when any attempt's cost is unknown."""
    tokens: int | None
    unknown_cost: int
    """Attempts that did not report their cost."""
    least_usd: float
    """What the others cost."""

    @property
    def total(self) -> float:
        """Seconds in all."""
        return self.agent + self.candidate + self.evaluation + self.certificates + self.overhead


def spend(history: Archive, *, first: int = 0) -> Spend:
    """What experiments from number `first` on, and every certificate, used."""
    done = history.experiments[first:]
    runs = [run for each in done for run in history.settled.get(each.number, ())]
    candidate, evaluation = sum(run.seconds for run in runs), sum(run.evaluation_seconds for run in runs)
    agent = sum(each.candidate.agent_seconds for each in done if each.candidate)
    proofs = sum(run.seconds + run.evaluation_seconds for batch in history.proofs for run in batch)
    overhead = max(0.0, sum(each.seconds for each in done) - candidate - evaluation - agent)
    costs, tokens = _reported(done, "cost_usd"), _reported(done, "tokens")
    return Spend(
        agent,
        candidate,
        evaluation,
        proofs,
        overhead,
        cost_usd=total(costs),
        tokens=None if (count := total(tokens)) is None else int(count),
        unknown_cost=costs.count(None),
        least_usd=sum(cost for cost in costs if cost is not None),
    )


def _reported(done: Sequence[Experiment], name: str) -> list[float | None]:
    """What each attempt by an agent reported."""
    return [getattr(each, name) for each in done if not is_baseline(each)]


def total(values: Sequence[float | None]) -> float | None:
    """The sum; None where one of them is unknown."""
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None
