"""An agent's options as the task file gives them, read one by one and none ignored."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping

from autoresearch.commandline import arguments
from autoresearch.errors import TaskError


class Options:
    """The keys of `[agent]` other than `use`. Read what is known, then call `done`."""

    def __init__(self, agent: str, given: Mapping[str, object]) -> None:
        self._agent = agent
        self._given = dict(given)
        self._known: list[str] = []

    def seconds(self, name: str, default: float) -> float:
        """A positive, finite number of seconds."""
        value = self._take(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
            raise self._wrong(name, "a positive number of seconds", f"{name} = {default:g}")
        return float(value)

    def switch(self, name: str, *, default: bool = False) -> bool:
        """true or false."""
        value = self._take(name, default)
        if not isinstance(value, bool):
            raise self._wrong(name, "true or false", f"{name} = true")
        return value

    def names(self, name: str) -> tuple[str, ...]:
        """A list of strings, empty by default."""
        value = self._take(name, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self._wrong(name, "a list of names", f'{name} = ["ONE", "ANOTHER"]')
        return tuple(value)

    def text(self, name: str) -> str:
        """A string that must be there."""
        value = self._take(name, "")
        if not isinstance(value, str) or not value:
            raise self._wrong(name, "a text, and the agent needs it", f'{name} = "..."')
        return value

    def word(self, name: str, default: str = "") -> str:
        """A string that may be left out."""
        value = self._take(name, default)
        if not isinstance(value, str):
            raise self._wrong(name, "a text", f'{name} = "{default or "..."}"')
        return value

    def whole(self, name: str, default: int) -> int:
        """A positive whole number."""
        value = self._take(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
            raise self._wrong(name, "a positive whole number", f"{name} = {default}")
        return value

    def limit(self, name: str, *, example: int) -> int | None:
        """A positive whole number; None, which is no limit, when it is left out."""
        if name in self._given:
            return self.whole(name, example)
        self._known.append(name)
        return None

    def amount(self, name: str) -> float | None:
        """A finite number from 0 on; None when it is left out."""
        value = self._take(name, None)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
            raise self._wrong(name, "a number from 0 on", f"{name} = 0.7")
        return float(value)

    def command(self, name: str) -> tuple[str, ...]:
        """A command that must be there, written like the task's own commands."""
        try:
            return arguments(self._take(name, ""))
        except ValueError:
            raise self._wrong(name, "a command, and the agent needs it", f'{name} = "./improve.sh"') from None

    def table(self, name: str) -> dict[str, object]:
        """A table of options, empty by default."""
        value = self._take(name, {})
        if not isinstance(value, dict):
            raise self._wrong(name, f"a table, [agent.{name}]", f"[agent.{name}]")
        return dict(value)

    def raw(self, name: str) -> object:
        """Whatever stands there, for a reader of its own; None when it is left out."""
        return self._take(name, None)

    def done(self) -> None:
        """Refuse whatever was not read, naming the nearest known option. Raises TaskError."""
        for name in self._given:
            near = difflib.get_close_matches(name, self._known, n=1, cutoff=0.4)
            known = ", ".join(self._known) or "none"
            hint = f"did you mean {near[0]!r}?" if near else f"its options: {known}"
            raise TaskError(
                f"agent.{name} is not an option of the {self._agent} agent; {hint}",
                fix=f"mend or remove agent.{name} in autoresearch.toml",
            )

    def _take(self, name: str, default: object) -> object:
        self._known.append(name)
        return self._given.pop(name, default)

    def _wrong(self, name: str, wanted: str, example: str) -> TaskError:
        return TaskError(f"agent.{name} must be {wanted}.", fix=f"write {example} below [agent] in autoresearch.toml")
