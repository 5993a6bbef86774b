"""How one coding program is talked to: its command line, its settings, and what its output means.

A `Dialect` is all that differs from program to program. It runs nothing and decides nothing: `program.Program` starts
it in the agent box, `coder.Coder` decides what came of it.
"""

from __future__ import annotations

import json
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autoresearch import amounts, clean
from autoresearch.box import Box, Exit
from autoresearch.causes import Cause
from autoresearch.protocols import Sandbox

MAX_TEXT = 20_000
"""Characters kept of a program's last words."""


@dataclass(frozen=True, slots=True)
class Start:
    """One start of a program: what it is to do, for whom, and how much it may use."""

    prompt: str
    tree: Path
    """What it may change, and where it stands."""
    home: Path
    """The program's HOME; writable, and its own."""
    url: str
    """Base URL of the provider as the program is to see it, without a slash at its end."""
    key: str
    """What the program is told as API key; never the real one."""
    wire: str
    """What the provider speaks: anthropic | openai | responses | gemini."""
    model: str = ""
    """Empty leaves the choice to the program."""
    cost_usd: float | None = None
    session: str = ""
    """Of the conversation to go on with; empty begins one."""
    lasting: bool = False
    """Whether somebody may want to go on with it."""
    shell: bool = False
    """Whether it may run commands, where the program can do without."""
    args: tuple[str, ...] = ()
    """The user's own, after ours."""
    editable: tuple[str, ...] = ()
    """Globs of what it should change, for a program that asks before it writes."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a program's output says, believed no further than it can be checked."""

    text: str = ""
    """Its last words."""
    finished: bool = False
    """Whether it came to its own end, which its exit status does not tell."""
    trouble: str = ""
    """What went wrong, in its words."""
    cause: Cause | None = None
    """What that means, where it can be told."""
    tokens: int | None = None
    cost_usd: float | None = None
    session: str = ""
    """By which the conversation can be gone on with."""
    refused: tuple[str, ...] = field(default=())
    """What it wanted to do and was not allowed to."""


class Dialect(ABC):
    """One coding program, as data and four short functions."""

    name: str
    """As in `agent.use`."""
    executable: str
    install: str
    """The command that installs it."""
    wires: tuple[str, ...]
    """What it can speak to a provider."""
    provider: str
    """Whom it asks unless told otherwise."""
    needs_model: bool = False
    """Whether it has no model of its own choice."""
    tells_cost: bool = False
    """Whether it knows what its models cost, and says so."""
    resumes: bool = True
    """Whether it can go on with an earlier conversation."""
    asks_version: tuple[str, ...] = ("--version",)

    @abstractmethod
    def argv(self, start: Start) -> tuple[str, ...]:
        """The arguments after the program's name."""

    @abstractmethod
    def env(self, start: Start) -> Mapping[str, str]:
        """What it finds in its environment besides HOME, PATH, TMPDIR and the locale."""

    def files(self, start: Start) -> Mapping[str, str]:  # noqa: ARG002 - most need none
        """Settings to lay into its HOME: contents by path."""
        return {}

    @abstractmethod
    def said(self, output: str, start: Start) -> Said:
        """The meaning of what it printed, standard error included, and of what it left in its HOME."""

    def run(self, sandbox: Sandbox, box: Box, start: Start, *, stop: threading.Event) -> tuple[Exit, Said]:
        """Run `box` to its end and read what it printed."""
        printed: list[bytes] = []
        ended = sandbox.run(box, on_output=printed.append, stop=stop)
        return ended, self.said(b"".join(printed).decode("utf-8", "replace"), start)


def events(output: str) -> Iterator[dict[str, Any]]:
    """The JSON objects of an output that has one on each line, whatever stands between them."""
    for line in output.splitlines():
        if line.startswith("{"):
            try:
                event = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(event, dict):
                yield event


def inside(event: object, *path: str | int) -> Any:
    """What stands at `path` in nested objects and lists; None where it does not lead anywhere."""
    for step in path:
        if isinstance(event, dict) and isinstance(step, str):
            event = event.get(step)
        elif isinstance(event, list) and isinstance(step, int) and -len(event) <= step < len(event):
            event = event[step]
        else:
            return None
    return event


def words(value: object) -> str:
    """`value` where it is text, cut, and fit to be written down; else nothing."""
    return clean.writable(value[:MAX_TEXT]) if isinstance(value, str) else ""


def count(*values: object) -> int | None:
    """Their sum, in tokens; None when one of them, or the sum, is no such count."""
    known = [count for count in map(amounts.tokens, values) if count is not None]
    return amounts.tokens(sum(known)) if len(known) == len(values) else None


def money(*values: object) -> float | None:
    """Their sum, in dollars; None when one of them, or the sum, is no such amount."""
    known = [amount for amount in map(amounts.usd, values) if amount is not None]
    return amounts.usd(sum(known)) if len(known) == len(values) else None
