"""How much error one experiment may spend, so that a night, or a whole study, stays within its rate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from autoresearch.history import Evidence, History
from autoresearch.referees.schedule import is_tested, run_seconds
from autoresearch.stats.looks import NIGHT

MOST_PLANNED = 1000
"""Experiments a night is taken to have when its budget does not tell. Later ones cannot be kept."""


class Allowance(Protocol):
    """A rule that shares an error rate out among experiments."""

    def level(self, evidence: Evidence) -> float:
        """What this experiment may spend; 0 once more were tried than were planned."""
        ...


@dataclass(frozen=True, slots=True)
class Familywise:
    """The night's 5 %, split evenly: the probability that anything false is kept in a night (Bonferroni)."""

    fewest: int = 1
    """Experiments the level is split over at least."""

    def level(self, evidence: Evidence) -> float:
        """An equal share for every experiment planned."""
        planned = self.planned(evidence.history)
        return NIGHT / planned if _number_tonight(evidence) < planned else 0.0

    def planned(self, history: History) -> int:
        """Experiments the level is split over."""
        return max(self.fewest, experiments_planned(history))


@dataclass(frozen=True, slots=True)
class Lond:
    """The share of what is kept that may be false, over the whole study: "levels based on number of discoveries".

    Experiment j may spend rate * gamma_j * (discoveries before it + 1), the gammas adding up to at most 1 (Javanmard
    and Montanari 2018). Night k has 6 / (pi k)^2 of them, in equal parts, so that no later night can undo the bound.
    """

    rate: float = 0.10

    def level(self, evidence: Evidence) -> float:
        """A share of the night's, once more for each discovery the ledger knows."""
        history = evidence.history
        planned = experiments_planned(history)
        if _number_tonight(evidence) >= planned:
            return 0.0
        night = history.night.number if history.night else 1
        found = sum(is_tested(done) for done in history.experiments)
        return self.rate * 6 / (math.pi * night) ** 2 / planned * (found + 1)


def experiments_planned(history: History) -> int:
    """Most experiments this night can hold: its limit, or its hours in baseline runs, whichever is less."""
    if history.night is None:
        return MOST_PLANNED
    budget, seconds, bounds = history.night.budget, run_seconds(history), [MOST_PLANNED]
    if budget.experiments is not None:
        bounds = [budget.experiments]
    if budget.hours is not None and seconds:
        bounds.append(math.ceil(budget.hours * 3600 / seconds))
    return min(bounds)


def _number_tonight(evidence: Evidence) -> int:
    """Experiments of the night before this one, less those its budget does not count either."""
    history = evidence.history
    first = history.night.first if history.night else 0
    return evidence.number - first - len(history.experiments[first:]) + len(history.tonight())
