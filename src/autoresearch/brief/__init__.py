"""The document an agent is told: goal, rules, metric and noise, what was tried by idea, notes, and one request.

Its length and the time to write it are bounded whatever the length of the history. Text that agents wrote is made
harmless before it comes back to one: one line, no control characters, cut, and framed by a mark they cannot guess.
What a person writes, `program.md` and `autoresearch tell`, stands outside of the frame.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from autoresearch.brief.page import KEEPS_SMALLER, MAX_TOKENS, STEPS, render, tokens
from autoresearch.history import History
from autoresearch.records import Brief
from autoresearch.task import Task

__all__ = ["KEEPS_SMALLER", "MAX_TOKENS", "STEPS", "Author", "brief", "render", "tokens"]


@dataclass(frozen=True, slots=True)
class Author:
    """Writes the briefs of one task."""

    task: Task
    program: Callable[[], str] | None = None
    """What `program.md` says now, which a person may change between experiments; None takes what the task says."""
    patch: Callable[[str, str], str] | None = None
    """The step from one commit to another as a patch; None where nobody can tell."""

    def brief(self, history: History, *, step: str = "improve", focus: tuple[int, ...] = ()) -> Brief:
        """What the agent is asked to do next, one change of the current best. `focus` are experiments it is about."""
        text = self.task.program if self.program is None else self.program()
        number = max(1, history.next_number)  # the baseline is nobody's change
        write = partial(
            render, self.task, history, number=number, step=step, focus=focus, program=text, patch=self.patch
        )
        sha256 = hashlib.sha256(text.encode()).hexdigest() if text else ""
        return Brief(number, history.tip_commit, step, program=sha256, render=write)


def brief(task: Task, history: History, *, step: str = "improve") -> Brief:
    """What the agent is asked to do next, where only the task and the history are at hand."""
    return Author(task).brief(history, step=step)
