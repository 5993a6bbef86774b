"""Claims: what agents noted about experiments, kept only where they cite one that there was."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from autoresearch import clean
from autoresearch.errors import UserError
from autoresearch.history import AGENTS_NOTE, NOTE, History, Note
from autoresearch.memory.ideas import words

MAX_CLAIM = 300
"""Characters kept of each."""
MOST = 50
"""Claims looked at, the latest: what is older was said again or forgotten."""
_CITED = re.compile(r"(?:#|\bexperiments? )(\d{1,7})")
_ALIKE = 0.7
"""Share of words two claims about the same experiments have in common when they are one."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing an agent said about experiments."""

    text: str
    cites: tuple[int, ...]


def cited(text: str) -> tuple[int, ...]:
    """Numbers of the experiments that `text` cites: `#12`, `experiment 12`."""
    return tuple(dict.fromkeys(int(number) for number in _CITED.findall(text)))


def note(history: History, text: str, *, agent: bool = False) -> Note:
    """`text` as a record to append: what a person wants remembered, or, with `agent`, what an agent claims.

    Raises UserError for an empty text, for an experiment there was not, and for a claim of an agent's that cites none.
    """
    said, last = clean.line(text, MAX_CLAIM), len(history.experiments) - 1
    if not said:
        raise UserError("A note needs a text.", fix='autoresearch note "#12 helped because ..."')
    if strange := [number for number in cited(said) if number > last]:
        raise UserError(f"There is no experiment {strange[0]}; they go from 0 to {last}.", fix="autoresearch log")
    if agent and not cited(said):
        raise UserError("A claim needs the experiment it rests on.", fix="cite it by its number, such as #12")
    return Note(AGENTS_NOTE if agent else NOTE, said)


def of_agents(history: History) -> tuple[list[Claim], int]:
    """What agents claim, the latest first and each once; and how many claims were dropped for want of a citation."""
    kept: list[Claim] = []
    known: list[tuple[frozenset[str], Claim]] = []
    dropped = 0
    for at, text in sorted(_said(history), key=lambda said: said[0])[: -MOST - 1 : -1]:
        cites = tuple(number for number in cited(text) if number < at)
        if not cites:
            dropped += 1
        elif not any(_same(_said_in(text), cites, *other) for other in known):
            kept.append(Claim(clean.line(text, MAX_CLAIM), cites))
            known.append((_said_in(text), kept[-1]))
    return kept, dropped


def of_humans(history: History) -> list[str]:
    """What people want remembered, the latest first and each once."""
    return list(dict.fromkeys(note.text for _, note in reversed(history.notes) if note.kind == NOTE))


def _said(history: History) -> Iterator[tuple[int, str]]:
    """Every note of an agent's, with the number of the experiment that was next when it was written."""
    yield from ((at, note.text) for at, note in history.notes if note.kind == AGENTS_NOTE)
    for number, candidate in history.candidates.items():
        notes = candidate.detail.get("notes") if candidate.detail else None
        if isinstance(notes, list):
            yield from ((number, str(note)) for note in notes)


def _said_in(text: str) -> frozenset[str]:
    return words(_CITED.sub("", text))


def _same(mine: frozenset[str], cites: tuple[int, ...], theirs: frozenset[str], claim: Claim) -> bool:
    """Whether a claim says again what a later one says."""
    return len(mine & theirs) >= _ALIKE * len(mine | theirs) and set(cites) <= set(claim.cites)
