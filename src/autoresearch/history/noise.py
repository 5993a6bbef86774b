"""How much one run differs from the next of the same commit."""

from __future__ import annotations

import math
from collections.abc import Callable

from autoresearch.history import History


def of_one_run(history: History, *, seen: Callable[[float], float] = lambda value: value) -> float | None:
    """Standard deviation of a single public run in this epoch, pooled over commits that ran more than once.

    `seen` maps each value first. None until some commit has: the noise is then unknown, not zero.
    """
    squares, freedom = 0.0, 0
    for (_, split), runs in history.runs.items():
        values = (
            [seen(run.value) for run in runs if run.value is not None] if split == "public" and len(runs) > 1 else []
        )
        if len(values) > 1:
            mean = math.fsum(values) / len(values)
            squares += math.fsum((value - mean) ** 2 for value in values)
            freedom += len(values) - 1
    return math.sqrt(squares / freedom) if freedom else None


def of_a_difference(one_run: float) -> float:
    """What the difference of two single runs exceeds by chance once in twenty times: 1.96 sqrt(2) sigma."""
    return 1.96 * math.sqrt(2) * one_run
