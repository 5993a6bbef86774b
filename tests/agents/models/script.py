"""What the model is to say: steps that know nothing of any provider, in scenes that know their prompt."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from models.wires import Ask


@dataclass(frozen=True, slots=True)
class Read:
    """Read a file."""

    path: str


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace `old`, once, by `new`."""

    path: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Shell:
    """Run a line in a shell."""

    line: str


@dataclass(frozen=True, slots=True)
class Text:
    """Say something, which ends the turn."""

    text: str


@dataclass(frozen=True, slots=True)
class Fail:
    """The provider fails instead of answering: a status, or a line that breaks in the middle of the answer."""

    status: int = 529
    retry_after: float | None = None
    """Seconds, told in the header of that name."""
    hang_up: bool = False
    after: float = 0.0
    """Seconds of silence before it."""
    times: int | None = None
    """How often, until the step after it is played; None is every time."""


Step = Read | Edit | Shell | Text | Fail


class Scene:
    """Steps for the prompts in which the regular expression `when` is found."""

    def __init__(self, when: str, *steps: Step) -> None:
        self.when = when
        self.steps = steps


Script = Sequence[Scene] | Sequence[Step] | Callable[[Ask], Step]
"""Scenes, of which the first that fits is played; the steps of the only scene; or whatever decides by itself."""

NO_SCENE = Scene("", Text("I have no script for this."))


class Player:
    """Finds the step that is due. All it needs is in the request, so retries and resumed sessions are told apart."""

    def __init__(self, script: Script) -> None:
        self._script = script if callable(script) else _scenes(script)
        self._failures: dict[tuple[Scene, int], int] = {}

    def steps(self, ask: Ask) -> Sequence[Step]:
        """What is to be said now: one step, or all that is left where the client offers no tools."""
        if callable(self._script):
            return [self._script(ask)]
        scene, turns = _place(self._script, ask)
        left = self._left(scene, turns)
        if isinstance(left[0], Fail) or ask.tools:
            return left[:1]
        return [step for step in left if isinstance(step, Edit | Text)] or [Text("ok")]

    def _left(self, scene: Scene, turns: int) -> Sequence[Step]:
        """The steps of `scene` that were not played, its last one at the least; `turns` were answered."""
        for i, step in enumerate(scene.steps[:-1]):
            if isinstance(step, Fail) and step.times is not None:
                failed = self._failures.get((scene, i), 0)
                if turns <= 0 and failed < step.times:
                    self._failures[scene, i] = failed + 1
                    return [step]
            elif turns <= 0:
                return scene.steps[i:]
            else:
                turns -= 1
        return scene.steps[-1:]


def _scenes(script: Sequence[Scene] | Sequence[Step]) -> list[Scene]:
    scenes = [each for each in script if isinstance(each, Scene)]
    return scenes or [Scene("", *(each for each in script if not isinstance(each, Scene)))]


def _place(scenes: Sequence[Scene], ask: Ask) -> tuple[Scene, int]:
    """The scene of the latest prompt that has one, and how many turns were answered since."""
    turns = 0
    for message in reversed(ask.messages):
        if message.role == "assistant":
            turns += 1
        elif message.role == "user":
            for scene in scenes:
                if re.search(scene.when, message.text):
                    return scene, turns
    return NO_SCENE, 0
