"""One start of a program that stays: in its box, in a thread of ours, until it ends or is ended."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from autoresearch.agents.long.door import Door
from autoresearch.errors import Foul
from autoresearch.workspace import trees

SECONDS = 7 * 24 * 3600.0
"""A session's own limit. What really ends it is the night, or a try that does not come."""


@dataclass(frozen=True, slots=True)
class Used:
    """What a session has used so far; None is unknown."""

    tokens: int | None = None
    cost_usd: float | None = None


NOTHING = Used(0, 0.0)


@dataclass(slots=True)
class Account:
    """What sessions used and no experiment was charged with yet."""

    _seen: Used = NOTHING
    """What the session that runs now was charged with."""
    _owed: Used = NOTHING
    """Of sessions that have ended."""

    def charge(self, used: Used) -> Used:
        """All that is owed, now that the session has `used` so much."""
        owed = _sum(self._owed, _sum(used, self._seen, sign=-1))
        self._seen, self._owed = used, NOTHING
        return owed

    def turn(self, used: Used) -> None:
        """The session has ended, and used so much in all."""
        self._owed = _sum(self._owed, _sum(used, self._seen, sign=-1))
        self._seen = NOTHING


def _sum(one: Used, other: Used, *, sign: int = 1) -> Used:
    """Both together; unknown where either is."""
    tokens = None if one.tokens is None or other.tokens is None else one.tokens + sign * other.tokens
    cost = None if one.cost_usd is None or other.cost_usd is None else one.cost_usd + sign * other.cost_usd
    return Used(tokens, cost)


@dataclass(frozen=True, slots=True)
class Over:
    """How a session ended."""

    summary: str = ""
    """What the program said last."""
    foul: Foul | None = None
    """What went wrong, where something did."""
    transcript: bytes = b""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a program that stays is given."""

    seconds: float
    read: Sequence[Path]
    """Folders it may read, beside its tree."""
    write: Sequence[Path]
    env: Mapping[str, str]
    commands: Path
    """What lies in this folder is found by name."""
    stop: threading.Event
    """Ends it."""


@runtime_checkable
class Stays(Protocol):
    """A program that can be started for a long session."""

    name: str
    version: str
    waits: bool
    """Whether it waits for its provider now: no fault of its."""

    def stay(self, prompt: str, tree: Path, terms: Terms) -> Over:
        """Run in the agent box to the end."""
        ...

    def used(self) -> Used:
        """What the last session has used so far; may be asked while it runs."""
        ...


class Session:
    """One running program with its tree and its door, in `home`, which must not exist yet."""

    def __init__(self, program: Stays, home: Path) -> None:
        home.mkdir(parents=True)
        self.home = home
        self.tree = home / "tree"
        self.door = Door(home / "door", self.tree)
        self.tries = self.notes = 0
        self.asked = 0
        """Questions since the last try."""
        self.base = ""
        """Commit the tree was made from, or was last brought to."""
        self.stop = threading.Event()
        self.over: Over | None = None
        self._fault: BaseException | None = None
        self._program = program
        self._thread: threading.Thread | None = None

    def start(self, prompt: str) -> None:
        """Start the program; its tree has been laid out."""
        self._thread = threading.Thread(target=self._run, args=(prompt,), name="session", daemon=True)
        self._thread.start()

    @property
    def runs(self) -> bool:
        """Whether the program is alive. Raises what went wrong on our side of it."""
        if self._thread is not None and not self._thread.is_alive():
            self._thread.join()
            if self._fault is not None:
                raise self._fault
            return False
        return True

    def tried(self) -> None:
        """Count one more try."""
        self.tries += 1
        self.asked = 0

    def end(self) -> None:
        """Kill the program and all it started, and wait until they are dead."""
        self.stop.set()
        if self._thread is not None:
            self._thread.join()

    def clear(self) -> None:
        """Remove everything; the program is dead."""
        self.door.close()
        trees.remove(self.home)

    def _run(self, prompt: str) -> None:
        door = self.door
        try:
            terms = Terms(
                SECONDS,
                read=door.readable,
                write=(door.questions,),
                env={"AUTORESEARCH_ASK": str(door.script)},
                commands=door.script.parent,
                stop=self.stop,
            )
            self.over = self._program.stay(prompt, self.tree, terms)
        except Foul as foul:
            self.over = Over(foul=foul, transcript=foul.log)
        except BaseException as fault:
            self._fault = fault
