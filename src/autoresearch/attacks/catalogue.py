"""The catalogue: every family, in the order of its rows."""

from __future__ import annotations

from autoresearch.attacks import answers, gates, git, intake, limits, network, processes, reach, results, startup, words
from autoresearch.attacks.attack import Attack, Family
from autoresearch.errors import TaskError

FAMILIES: tuple[Family, ...] = (
    gates.FAMILY,
    results.FAMILY,
    answers.FAMILY,
    git.FAMILY,
    intake.FAMILY,
    startup.FAMILY,
    processes.FAMILY,
    limits.FAMILY,
    network.FAMILY,
    words.FAMILY,
    reach.FAMILY,
)


def family(name: str) -> Family:
    """The family called `name`. Raises TaskError."""
    known = {found.name: found for found in FAMILIES}
    if name not in known:
        raise TaskError(f"There is no family of attacks called {name!r}.", fix=f"use one of {', '.join(known)}")
    return known[name]


def attacks() -> list[Attack]:
    """All attacks, by row."""
    return sorted((attack for found in FAMILIES for attack in found.attacks), key=lambda attack: attack.row)
