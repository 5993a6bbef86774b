"""Always work on the current best; what kind of step is wanted follows from how the last ones went."""

from __future__ import annotations

from dataclasses import dataclass

from autoresearch.brief import KEEPS_SMALLER, STEPS, Author
from autoresearch.history import History
from autoresearch.history.tried import combinable, tried
from autoresearch.records import Brief
from autoresearch.task import Task

ROUND = 4
"""Every so many attempts after the last keep, two near misses are combined, where there are two."""
PLATEAU = 12
"""After so many attempts without a keep, every `ROUND`th is to look elsewhere."""
TIDY = 10
"""Every so many experiments something is to be removed, where the preset keeps what is smaller and no worse."""


@dataclass(frozen=True, slots=True)
class Greedy:
    """The next experiment is one change of the tip."""

    author: Author
    steps: tuple[str, ...] = ()
    """Kinds of step it may ask for; empty for all, and for a tuner, which weighs them itself, `improve`."""

    def ask(self, history: History) -> Brief:
        """The next brief."""
        step, focus = chosen(history, self._allowed, smaller=_keeps_smaller(self.author.task))
        return self.author.brief(history, step=step, focus=focus)

    @property
    def _allowed(self) -> tuple[str, ...]:
        return self.steps or (STEPS[:1] if self.author.task.agent == "tuner" else STEPS)


def chosen(history: History, allowed: tuple[str, ...], *, smaller: bool) -> tuple[str, tuple[int, ...]]:
    """The kind of step that is due, and the experiments it is about. The same history gets the same answer.

    `smaller` says whether what is smaller and no worse would be kept.
    """
    since = history.next_number - max(done.number if done else 0 for done in (history.tip, history.baseline))
    nth, turn = divmod(since, ROUND)
    if "combine" in allowed and nth and not turn and (pair := _pair(history, nth)):
        return "combine", pair
    if "elsewhere" in allowed and since > PLATEAU and turn == ROUND // 2:
        return "elsewhere", ()
    if "simplify" in allowed and smaller and not max(1, history.next_number) % TIDY:
        return "simplify", ()
    step = "improve" if "improve" in allowed else allowed[0]
    return step, _pair(history, nth) if step == "combine" else ()


def _pair(history: History, nth: int) -> tuple[int, ...]:
    """The two near misses whose turn it is; empty without any."""
    found = combinable(list(tried(history)))
    return tuple(each.number for each in found[(nth - 1) % len(found)]) if found else ()


def _keeps_smaller(task: Task) -> bool:
    return task.referee in KEEPS_SMALLER and task.metric.source != "depleting"
