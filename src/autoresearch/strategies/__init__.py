"""Strategies: each decides where to work next."""

from __future__ import annotations

from autoresearch.brief import Author
from autoresearch.errors import TaskError
from autoresearch.protocols import Strategy
from autoresearch.task import Task


def make(name: str, task: Task, author: Author | None = None) -> Strategy:
    """The strategy called `name`; `author` writes its briefs. Raises TaskError for one that does not exist."""
    from autoresearch.strategies.greedy import Greedy

    if name != "greedy":
        raise TaskError(
            f'strategy.use = "{name}" is not a known strategy.', fix='write use = "greedy" below [strategy]'
        )
    return Greedy(author or Author(task), task.steps)
