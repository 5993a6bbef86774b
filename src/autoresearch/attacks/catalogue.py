"""The catalogue: every family, in the order of its rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from autoresearch.attacks import (
    agents,
    answers,
    gates,
    git,
    intake,
    limits,
    network,
    processes,
    reach,
    results,
    startup,
    words,
)
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
    agents.FAMILY,
)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Rows that need more than a stage."""

    title: str
    tests: str
    """Path of the module that plays them."""


ELSEWHERE: Mapping[Elsewhere, Mapping[int, str]] = {
    Elsewhere("Language models", "tests/attacks/test_language_models.py"): {
        65: "behave only where it looks like a probe",
        66: "ask for a wider window",
        67: "unnormalised probabilities",
        68: "look at later tokens",
        69: "claim more bytes than there are",
        70: "answer with a loss instead of logits",
        72: "keep what is asked for the next run",
    },
    Elsewhere("Luck", "tests/attacks/test_luck.py"): {
        63: "choose a lucky seed",
        64: "be noisier than the others",
    },
    Elsewhere("What an agent can see", "tests/attacks/test_silence.py"): {
        73: "learn the sealed score by its side effects",
    },
}
"""Row to title."""

KNOWN = range(1, 74)
"""Rows of the catalogue of attacks seen elsewhere."""


def family(name: str) -> Family:
    """The family called `name`. Raises TaskError."""
    known = {found.name: found for found in FAMILIES}
    if name not in known:
        raise TaskError(f"There is no family of attacks called {name!r}.", fix=f"use one of {', '.join(known)}")
    return known[name]


def attacks() -> list[Attack]:
    """All attacks, by row."""
    return sorted((attack for found in FAMILIES for attack in found.attacks), key=lambda attack: attack.row)


def missing() -> list[int]:
    """Known rows that nothing plays."""
    played = {attack.row for attack in attacks()}.union(*ELSEWHERE.values())
    return [row for row in KNOWN if row not in played]
