"""An agent whose bundles are taken apart: the first part is its change, the others are the next experiments' changes.

Parts that were tried before are left out. What is left to try stands in the candidate's `detail`, so that a killed
night goes on where it was; which part is next follows from the experiments since, without those that others made.
Nobody is asked, and nothing is paid, for the later parts.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from autoresearch.admission import ONE_IDEA, ONE_REQUEST, charged, duplicate
from autoresearch.agents import workingcopy
from autoresearch.agents.announcing import Announcing
from autoresearch.causes import Cause
from autoresearch.changes import hunks, threeway
from autoresearch.changes.hunks import Hunk
from autoresearch.errors import Foul
from autoresearch.history import History
from autoresearch.history.lineage import PRUNER
from autoresearch.protocols import Agent
from autoresearch.records import Brief, Candidate, Outcome, Proposal
from autoresearch.workspace.workspace import Workspace

QUEUE = "queue"
"""Key of a candidate's detail: the parts that are left, each a list of [path, start, old lines, new lines]."""
MOST_BYTES = 64 * 1024
"""Of all the parts that are left, as JSON; a larger bundle is measured as it is."""

ASIDE = (workingcopy.NAME, PRUNER)
"""Agents whose experiments may come between two parts."""

Sides = Sequence[tuple[str, bytes, bytes]]
Part = list[list[object]]
Held = Mapping[str, bytes | None]
"""What files hold, by path; None for no file."""


@dataclass(slots=True)
class Splitting:
    """Any agent, one change at a time."""

    agent: Agent
    workspace: Workspace

    @property
    def name(self) -> str:
        """The agent's own, which one of several changes with whom it asks."""
        return self.agent.name

    @property
    def stop(self) -> threading.Event:
        """The agent's own."""
        return self.agent.stop

    @stop.setter
    def stop(self, event: threading.Event) -> None:
        self.agent.stop = event

    @property
    def on_phase(self) -> Callable[[str, float], None]:
        """The agent's own, where it announces anything."""
        return self.agent.on_phase if isinstance(self.agent, Announcing) else lambda _name, _seconds: None

    @on_phase.setter
    def on_phase(self, hear: Callable[[str, float], None]) -> None:
        if isinstance(self.agent, Announcing):
            self.agent.on_phase = hear

    def edit(self, brief: Brief, tree: Path, history: History) -> Proposal:
        """Make the next part of a bundle, else let the agent make a change and leave the first part of it.

        Raises Foul(NO_CHANGE) for a part that does not go together with what was kept since, and for a bundle of which
        every part was tried before.
        """
        if brief.step == "mend":
            return _with(self.agent.edit(brief, tree, history), _queue(history.candidates[brief.number]))
        if (found := _next(brief, history)) is not None:
            return self._next_part(*found, tree)
        proposal = self.agent.edit(brief, tree, history)
        if brief.step in ONE_REQUEST or proposal.agent in ONE_IDEA:
            return proposal
        try:
            sides = self.workspace.changed(tree, onto=brief.parent)
        except Foul:
            return proposal  # refused by intake, in a moment and with what it cost
        with charged(proposal):
            return self._first_part(proposal, sides, tree, lambda held: self._is_known(held, brief, history))

    def problems(self, tree: Path) -> list[str]:
        """Why the agent could not begin in `tree`."""
        own = getattr(self.agent, "problems", None)
        return list(own(tree)) if own else []

    def _is_known(self, held: Held, brief: Brief, history: History) -> bool:
        return bool(duplicate(self.workspace.form(brief.parent, held), history))

    def _first_part(self, proposal: Proposal, sides: Sides, tree: Path, is_known: Callable[[Held], bool]) -> Proposal:
        found = [hunk for side in sides for hunk in hunks.read(*side)]
        if any(not hunk.old and not hunk.new for hunk in found):
            return proposal  # no text, or too much of it
        parts = hunks.parts(found)
        if len(parts) == 1 or len(json.dumps(list(map(_told, parts[1:])))) > MOST_BYTES:
            return proposal
        gone = {path for path, _, _ in sides if not (tree / path).exists()}
        new = [(part, held) for part in parts if not is_known(held := _held(part, sides, gone))]
        if not new:
            reason = f"each of its {len(parts)} independent changes was tried before"
            raise Foul(Outcome.NO_CHANGE, reason, cause=Cause.DUPLICATE)
        for path, content in new[0][1].items():
            _write(tree / path, content)
        left_out = f"; {len(parts) - len(new)} more tried before" if len(new) < len(parts) else ""
        summary = f"{proposal.summary} (part 1 of {len(new)}: {_named(new[0][0])}{left_out})"
        return _with(replace(proposal, summary=summary), [_told(part) for part, _ in new[1:]])

    def _next_part(self, source: Candidate, nth: int, tree: Path) -> Proposal:
        queue = _queue(source)
        part, of = queue[nth - 1], len(queue) + 1
        for path in dict.fromkeys(str(hunk[0]) for hunk in part):
            if not self._apply(path, part, source.parent, tree):
                reason = f"part {nth + 1} of #{source.number}'s change no longer applies in {path}"
                raise Foul(Outcome.NO_CHANGE, reason, cost_usd=0.0, tokens=0, cause=Cause.BUNDLE)
        summary = f"part {nth + 1} of {of} of #{source.number}: {source.summary.rpartition(' (part ')[0]}"
        return Proposal(summary, source.hypothesis, agent=source.agent, cost_usd=0.0, tokens=0)

    def _apply(self, path: str, part: Part, parent: str, tree: Path) -> bool:
        """Make the hunks of `path`, read from `parent`, in `tree`. False where they do not go together with it."""
        target, mine = tree / path, [_hunk(*hunk) for hunk in part if hunk[0] == path]
        try:
            before = self.workspace.read(parent, path)
        except KeyError:
            before = b""
        now = target.read_bytes() if target.is_file() else b""
        merged = threeway.merged(now, before, hunks.applied(before, mine))
        if merged is not None:
            _write(target, merged or None)
        return merged is not None


def _next(brief: Brief, history: History) -> tuple[Candidate, int] | None:
    """The candidate whose parts are still being tried, and which in its queue, from 1, is next; None without one.

    It is one of this epoch.
    """
    first, nth = history.baseline.number if history.baseline else 0, 1
    for done in reversed(history.experiments[max(first + 1, brief.number - 100) : brief.number]):
        if done.candidate is not None and (queue := _queue(done.candidate)):
            return (done.candidate, nth) if nth <= len(queue) else None
        nth += done.agent not in ASIDE
    return None


def _with(proposal: Proposal, queue: Sequence[Part]) -> Proposal:
    """`proposal`, which leaves these parts for later."""
    return replace(proposal, detail={**proposal.detail, QUEUE: queue}) if queue else proposal


def _held(part: Sequence[Hunk], sides: Sides, gone: Container[str]) -> Held:
    """What the files of a bundle hold when only `part` of it is made; those in `gone` are deleted by it."""
    held: dict[str, bytes | None] = {}
    for path, before, _ in sides:
        mine = [hunk for hunk in part if hunk.path == path]
        is_gone = path in gone if mine else not before
        held[path] = None if is_gone else hunks.applied(before, mine)
    return held


def _told(part: Sequence[Hunk]) -> Part:
    return [[hunk.path, hunk.start, list(hunk.old), list(hunk.new)] for hunk in part]


def _queue(candidate: Candidate) -> list[Part]:
    queue = candidate.detail.get(QUEUE)
    return queue if isinstance(queue, list) else []


def _hunk(path: object, start: object, old: object, new: object) -> Hunk:
    lines = [tuple(side) if isinstance(side, list) else () for side in (old, new)]
    return Hunk(str(path), int(str(start)), lines[0], lines[1], (), frozenset())


def _named(part: Sequence[Hunk]) -> str:
    return ", ".join(hunks.places(part, most=3))


def _write(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
