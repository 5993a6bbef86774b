"""Strategies: each decides where to work next."""

from __future__ import annotations

from autoresearch.brief import Author
from autoresearch.errors import TaskError
from autoresearch.protocols import Strategy


def make(name: str, author: Author) -> Strategy:
    """The strategy called `name`, whose briefs `author` writes. Raises TaskError for one that does not exist."""
    from autoresearch.strategies.greedy import Greedy

    if name != "greedy":
        raise TaskError(
            f'strategy.use = "{name}" is not a known strategy.', fix='write use = "greedy" below [strategy]'
        )
    return Greedy(author, author.task.steps)
