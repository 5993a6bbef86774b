"""Agents that outlive one experiment: how they get to know their study, and how they are found inside of others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from autoresearch.history import History
from autoresearch.records import Experiment
from autoresearch.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Desk:
    """What an agent that outlives an experiment needs of its study."""

    workspace: Workspace
    folder: Path
    """Its own, below the study's; whatever lies there is removed."""
    history: Callable[[], History]
    """All of it; `shown` before anything is told."""
    record: Callable[[object], None]
    log_of: Callable[[Experiment], str] = lambda _: ""
    """The end of what a failed candidate printed, as far as it may be told."""
    keep: Callable[[bytes], str] = lambda _: ""
    """Stores a transcript beside the ledger and gives its name."""


@runtime_checkable
class Resident(Protocol):
    """An agent that outlives one experiment."""

    name: str

    def join(self, desk: Desk) -> None:
        """Get to know the study. Once, before the first `edit`."""
        ...

    def heard(self, record: object) -> None:
        """Hear a record that has just become durable."""
        ...

    def close(self) -> None:
        """End whatever runs."""
        ...


def residents(agent: object) -> Iterator[Resident]:
    """`agent`, or those it is made of, as far as they outlive one experiment."""
    if isinstance(agent, Resident):
        yield agent
        return
    inner = getattr(agent, "agent", None)
    for part in (inner, *getattr(agent, "members", {}).values()):
        if part is not None:
            yield from residents(part)
