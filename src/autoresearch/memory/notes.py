"""Notes: what a study has learnt so far, each sentence with the experiments it rests on.

Written from the ledger alone, so that they are the same after a kill, and come back when they are deleted. They know
what the loop may know (`disclosure.shown`) and no more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from autoresearch import clean
from autoresearch.history import Ended, History
from autoresearch.history.disclosure import shown
from autoresearch.history.tried import Tried, combinable, tried
from autoresearch.memory import claims
from autoresearch.memory.ideas import Idea, ideas
from autoresearch.records import Experiment

EVERY = 20
"""Experiments from one consolidation to the next."""
MOST = 12
"""Sentences below each heading."""
MAX_TITLE = 100
MAX_REASON = 120
"""Characters kept of each text."""


@dataclass(frozen=True, slots=True)
class Notes:
    """What is known, a sentence each."""

    known: tuple[str, ...]
    dead_ends: tuple[str, ...]
    combine: tuple[str, ...]
    questions: tuple[str, ...]
    humans: tuple[str, ...]
    agents: tuple[str, ...]
    dropped: int
    """Claims of agents that cite no experiment."""


def notes(history: History) -> Notes:
    """The notes at this point of a history that agents may see."""
    made = list(tried(history))
    return of(history, made, ideas(made))


def of(history: History, made: list[Tried], found: Sequence[Idea]) -> Notes:
    """The notes, where what was tried and the ideas behind it are at hand."""
    said, dropped = claims.of_agents(history)
    return Notes(
        known=_first(_known(idea) for idea in found if idea.kept),
        dead_ends=_first(_dead_end(idea) for idea in found if idea.is_dead_end),
        combine=tuple(f"{_cite(one)} with {_cite(other)}" for one, other in combinable(made)),
        questions=_first(_questions(found)),
        humans=_first(clean.line(text, claims.MAX_CLAIM) for text in claims.of_humans(history)),
        agents=_first(claim.text for claim in said),
        dropped=dropped,
    )


def _first(sentences: Iterable[str]) -> tuple[str, ...]:
    return tuple(islice(sentences, MOST))


def title(idea: Idea) -> str:
    """What an idea is called: its place and its words."""
    place, common = idea.place.replace("`", "'"), " ".join(idea.words)
    named = f"`{place}`" if place else ""
    return clean.line(", ".join(part for part in (named, common) if part) or "without a name", MAX_TITLE)


def numbers(members: Sequence[Tried], most: int = 6) -> str:
    """`#3, #9 and 4 more`."""
    more = f" and {len(members) - most} more" if len(members) > most else ""
    return ", ".join(f"#{each.number}" for each in members[:most]) + more


def _known(idea: Idea) -> str:
    best, others = idea.kept[0], idea.near + idea.lost
    others_were = "1 other was" if len(others) == 1 else f"{len(others)} others were"
    rest = f"; {others_were} discarded ({numbers(others)})" if others else ""
    return f"{title(idea)}: helped in {numbers(idea.kept)}, at best {_by(best)}{rest}"


def _dead_end(idea: Idea) -> str:
    return f"{title(idea)}: {len(idea.lost)} tries ({numbers(idea.lost)}), the best of them {_by(idea.lost[0])}"


def _questions(found: Sequence[Idea]) -> Iterator[str]:
    for idea in found:
        if idea.near and len(idea.members) == 1:
            yield f"{title(idea)}: tried once, {_by(idea.near[0])} (#{idea.near[0].number}), too close to call"
        elif idea.failed and len(idea.failed) == len(idea.members):
            last = idea.failed[0]
            reason = clean.line(last.experiment.verdict.reason, MAX_REASON)
            yield f"{title(idea)}: never measured, {last.outcome} in {numbers(idea.failed)} ({reason})"


def _by(each: Tried) -> str:
    return each.distance or "better"


def _cite(each: Tried) -> str:
    return f"#{each.number} ({each.distance}: {clean.line(each.summary, MAX_TITLE)})"


def page(history: History) -> str:
    """The notes as the file `notes/notes.md`."""
    known = shown(history)
    found, name = notes(known), history.study.name if history.study else ""
    sections = (
        ("From people", found.humans),
        ("What helped", found.known),
        ("Dead ends", found.dead_ends),
        ("Near misses worth combining", found.combine),
        ("Open questions", found.questions),
        ("From agents", found.agents),
    )
    lines = [f"# Notes of {name} after experiment {history.next_number - 1}", "", _ABOUT]
    for heading, sentences in sections:
        if sentences:
            lines += ["", f"## {heading}", "", *(f"- {sentence}" for sentence in sentences)]
    if found.dropped:
        one = found.dropped == 1
        what = "1 claim of an agent's, which cites" if one else f"{found.dropped} claims of agents, which cite"
        lines += ["", f"Left out: {what} no experiment there was."]
    return "\n".join(lines) + "\n"


_ABOUT = """\
Written from the ledger, and written again: what you change here is lost. `autoresearch note "..."` adds to it."""


@dataclass(frozen=True, slots=True)
class Consolidation:
    """Hears every record, and writes the notes after every `EVERY` experiments and at the end of a night."""

    history: Callable[[], History]
    folder: Path

    def __call__(self, record: object) -> None:
        """React to a record that has just become durable."""
        if isinstance(record, Ended) or (
            isinstance(record, Experiment) and record.number and not record.number % EVERY
        ):
            write(self.folder, self.history())


def write(folder: Path, history: History) -> Path:
    """Write `notes.md` into `folder`: a reader sees the old one or the new one. Returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path, new = folder / "notes.md", folder / "notes.md.new"
    new.write_text(page(history), encoding="utf-8")
    new.replace(path)
    return path
