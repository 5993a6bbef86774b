"""One brief, put together from the history and written by the template of its step."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from autoresearch import clean
from autoresearch.brief.listing import Entry, entries, fruitless, row
from autoresearch.history import History, noise
from autoresearch.history.lineage import ancestry
from autoresearch.history.tried import Tried, tried
from autoresearch.memory import claims
from autoresearch.memory.ideas import Idea, ideas
from autoresearch.memory.notes import Notes, of
from autoresearch.records import Experiment
from autoresearch.task import Limits, Task

if TYPE_CHECKING:
    import jinja2

STEPS = ("improve", "simplify", "combine", "elsewhere")
"""The kinds of step there is a template for."""
CHARACTERS_PER_TOKEN = 4
"""Of English text and code, roughly: what limits are stated in is an estimate, and always the same one."""
MAX_TOKENS = 8000
"""Of a whole brief."""
MAX_PROGRAM = 10_000
MAX_GOAL = 1000
MAX_TOLD = 600
MAX_GLOB = 80
MAX_PATCH = 1500
"""Characters kept of each text of the owner's, and of each patch."""
LAST_TOLD = 5
LAST_NOTED = 10
MOST_GLOBS = 30
MOST_LINES = 60
MOST_ANCESTORS = 10
NOTES_SHARE = 0.25
"""Part of what is left of a brief that notes may take."""
KEEPS_SMALLER = ("certify", "exact")
"""Presets that keep what is smaller and no worse: the others prove every keep to be better."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The current best, in words."""

    number: int
    value: str
    runs: int


def tokens(text: str) -> int:
    """How many tokens a text has, estimated from its length."""
    return math.ceil(len(text) / CHARACTERS_PER_TOKEN)


def render(
    task: Task,
    history: History,
    reader: str = "once",
    *,
    number: int,
    step: str = "improve",
    focus: tuple[int, ...] = (),
    program: str | None = None,
    patch: Callable[[str, str], str] | None = None,
) -> str:
    """The document for experiment `number`: at most `MAX_TOKENS`, in time linear in the history.

    The `reader` makes one change and stops ("once"), stays and tries many through a door ("door"), or does so in the
    copy of a person ("person").
    """
    made = list(tried(history))
    found = ideas(made)
    given = {
        **_owners(task, history, task.program if program is None else program),
        **_measured(task, history),
        **_lineage(history, made),
        "focus": _focus(made, focus, patch),
        "crowded": _crowded(made),
        "number": number,
        "reader": reader,
        "frame": _frame(history, number),
        "finished": sum(history.counts.values()),
        "counts": ", ".join(f"{count} {outcome}" for outcome, count in sorted(history.counts.items())),
    }
    template = _templates().get_template(f"{step}.md.j2")
    empty = {"ideas": (), "left_out": 0, "fruitless": (), "notes": ()}
    room = MAX_TOKENS * CHARACTERS_PER_TOKEN - len(template.render(given | empty))
    return template.render(given | _tried(history, made, found, room))


def _owners(task: Task, history: History, program: str) -> dict[str, Any]:
    """What people say."""
    return {
        "task": task,
        "goal": clean.block(task.goal, MAX_GOAL).rstrip("."),
        "program": clean.block(program, MAX_PROGRAM),
        "told": [clean.line(text, MAX_TOLD) for text in history.told[-LAST_TOLD:]],
        "remembered": [clean.line(text, claims.MAX_CLAIM) for text in claims.of_humans(history)[:LAST_NOTED]],
        "editable": [clean.line(glob, MAX_GLOB) for glob in task.editable[:MOST_GLOBS]],
        "globs_left": max(0, len(task.editable) - MOST_GLOBS),
        "limits": _limits(task.untrusted.limits),
    }


def _measured(task: Task, history: History) -> dict[str, Any]:
    """The metric, its noise and the incumbent."""
    one_run = noise.of_one_run(history)
    return {
        "metric": history.metric if history.metric.feedback != "score" else task.metric,
        "smaller": task.referee in KEEPS_SMALLER and task.metric.source != "depleting",
        "incumbent": _incumbent(history),
        "baseline": _value(history.baseline),
        "noise": None if one_run is None else f"{one_run:.3g}",
        "indifference": f"{noise.of_a_difference(one_run or 0.0):.3g}",
    }


def _lineage(history: History, made: Sequence[Tried]) -> dict[str, Any]:
    """The kept changes the incumbent is made of, the latest first."""
    known = {each.number: each for each in made}
    makers = list(ancestry(history, history.tip_commit))
    proven = next(
        (done.number for done in makers if done.candidate and done.candidate.commit == history.proven_commit), 0
    )
    rows = [
        row(known.get(done.number) or Tried.of(done), also=", certified" if done.number <= proven else "")
        for done in makers[:MOST_ANCESTORS]
    ]
    return {"lineage": rows, "ancestors": len(makers)}


def _focus(
    made: Sequence[Tried], numbers: tuple[int, ...], patch: Callable[[str, str], str] | None
) -> list[tuple[int, str, str]]:
    """The experiments that the step is about: number, what came of it, patch."""
    by_number = {each.number: each for each in made}
    chosen = [by_number[number] for number in numbers if number in by_number]
    return [(each.number, row(each), _patch(each.experiment, patch)) for each in chosen]


def _crowded(made: Sequence[Tried]) -> list[str]:
    """Where most attempts went."""
    places = Counter(each.places[0] for each in made if each.places)
    return [f"{clean.line(place, 80)} ({count} times)" for place, count in places.most_common(5) if count > 2]


def _patch(done: Experiment, patch: Callable[[str, str], str] | None) -> str:
    if patch is None or done.candidate is None:
        return ""
    lines = patch(done.candidate.parent, done.candidate.commit).splitlines()
    more = [f"[{len(lines) - MOST_LINES} more lines]"] if len(lines) > MOST_LINES else []
    return clean.block("\n".join(lines[:MOST_LINES] + more), MAX_PATCH)


def _tried(history: History, made: list[Tried], found: Sequence[Idea], room: int) -> dict[str, Any]:
    """What goes into the `room` characters that are left: notes, attempts that came to nothing, ideas."""
    nothing = _within(fruitless(made), int(room * NOTES_SHARE))
    noted = _within(_sentences(of(history, made, found)), int(room * NOTES_SHARE))
    left = room - sum(len(text) + 3 for text in (*nothing, *noted)) - _HEADINGS
    listed: list[Entry] = entries(found, left)
    return {"ideas": listed, "left_out": len(found) - len(listed), "fruitless": nothing, "notes": noted}


_HEADINGS = 2000
"""Characters that headings and counts may take beside what they stand above."""


def _sentences(notes: Notes) -> list[str]:
    """The notes that say more than the list of ideas does."""
    return [
        *notes.agents,
        *(f"worth combining: {sentence}" for sentence in notes.combine),
        *(f"open: {sentence}" for sentence in notes.questions),
    ]


def _within(sentences: Iterable[str], room: int) -> list[str]:
    """The first of `sentences` that go into `room` characters, as list items."""
    kept = []
    for sentence in sentences:
        if (room := room - len(sentence) - 3) < 0:
            break
        kept.append(sentence)
    return kept


@cache
def _templates() -> jinja2.Environment:
    import jinja2

    return jinja2.Environment(
        loader=jinja2.PackageLoader("autoresearch", "brief/templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )


def _limits(limits: Limits) -> str:
    parts = [f"{limits.seconds:g} s of wall time for a run"]
    if limits.memory_bytes is not None:
        parts.append(f"{limits.memory_bytes / 2**30:.3g} GiB of memory")
    if limits.processes is not None:
        parts.append(f"{limits.processes} processes")
    parts.append("network" if limits.network else "no network")
    return ", ".join(parts)


def _incumbent(history: History) -> Standing | None:
    tip = history.tip
    own = history.tip_value
    values = history.values(history.tip_commit) or ([] if own is None else [own])
    if tip is None or not values:
        return None
    return Standing(tip.number, f"{math.fsum(values) / len(values):.6g}", len(values))


def _value(experiment: Experiment | None) -> str:
    return "" if experiment is None or experiment.value is None else f"{experiment.value:.6g}"


def _frame(history: History, number: int) -> str:
    """A mark that is the same when a killed run asks again, and that no agent could have written before."""
    secret = history.study.secret if history.study else ""
    return "=" * 8 + " " + hashlib.sha256(f"{secret}:brief:{number}".encode()).hexdigest()[:16]
