"""Always work on the current best."""

from __future__ import annotations

from dataclasses import dataclass

from autoresearch.brief import brief
from autoresearch.history import History
from autoresearch.records import Brief
from autoresearch.task import Task


@dataclass(frozen=True, slots=True)
class Greedy:
    """The next experiment is one change of the tip."""

    task: Task
    step: str = "improve"

    def ask(self, history: History) -> Brief:
        """The next brief."""
        return brief(self.task, history, step=self.step)
