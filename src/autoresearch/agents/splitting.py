"""An agent whose bundles are taken apart: the first part is its change, the others are the next experiments' changes.

What is left to try stands in the candidate's `detail`, so that a killed night goes on where it was; which part is next
follows from the number of the experiment. Nobody is asked, and nothing is paid, for the later parts.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from autoresearch import hunks, threeway
from autoresearch.admission import ONE_IDEA, ONE_REQUEST
from autoresearch.agents.announcing import Announcing
from autoresearch.causes import Cause
from autoresearch.errors import Foul
from autoresearch.history import History
from autoresearch.hunks import Hunk
from autoresearch.protocols import Agent
from autoresearch.records import Brief, Candidate, Outcome, Proposal
from autoresearch.workspace import Workspace

QUEUE = "queue"
"""Key of a candidate's detail: the parts that are left, each a list of [path, start, old lines, new lines]."""
MOST_BYTES = 64 * 1024
"""Of all the parts that are left, as JSON; a larger bundle is measured as it is."""

Sides = Sequence[tuple[str, bytes, bytes]]
Part = list[list[object]]


@dataclass(slots=True)
class Splitting:
    """Any agent, one change at a time."""

    agent: Agent
    workspace: Workspace
    name: str = field(init=False)
    """The agent's own."""

    def __post_init__(self) -> None:
        self.name = self.agent.name

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

        Raises Foul(NO_CHANGE) for a part that does not go together with what was kept since.
        """
        if brief.step == "mend":
            return self.agent.edit(brief, tree, history)
        if (source := _source(brief, history)) is not None:
            return self._next_part(source, brief, tree)
        proposal = self.agent.edit(brief, tree, history)
        if brief.step in ONE_REQUEST or proposal.agent in ONE_IDEA:
            return proposal
        try:
            sides = self.workspace.changed(tree, onto=brief.parent)
        except Foul:
            return proposal  # refused by intake, in a moment and with what it cost
        return self._first_part(proposal, sides, tree)

    def problems(self, tree: Path) -> list[str]:
        """Why the agent could not begin in `tree`."""
        own = getattr(self.agent, "problems", None)
        return list(own(tree)) if own else []

    def _first_part(self, proposal: Proposal, sides: Sides, tree: Path) -> Proposal:
        found = [hunk for side in sides for hunk in hunks.read(*side)]
        if any(not hunk.old and not hunk.new for hunk in found):
            return proposal  # no text, or too much of it
        parts = hunks.parts(found)
        queue = [[[hunk.path, hunk.start, list(hunk.old), list(hunk.new)] for hunk in part] for part in parts[1:]]
        if not queue or len(json.dumps(queue)) > MOST_BYTES:
            return proposal
        for path, before, _ in sides:
            mine = [hunk for hunk in parts[0] if hunk.path == path]
            is_gone = bool(mine) and not (tree / path).exists()
            _write(tree / path, None if is_gone or not (before or mine) else hunks.applied(before, mine))
        summary = f"{proposal.summary} (part 1 of {len(parts)}: {_named(parts[0])})"
        return replace(proposal, summary=summary, detail={**proposal.detail, QUEUE: queue})

    def _next_part(self, source: Candidate, brief: Brief, tree: Path) -> Proposal:
        queue, nth = _queue(source), brief.number - source.number
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


def _source(brief: Brief, history: History) -> Candidate | None:
    """The candidate whose parts are still being tried; None when there is none in this epoch."""
    first = history.baseline.number if history.baseline else 0
    for number in range(brief.number - 1, max(first, brief.number - 100), -1):
        candidate = history.candidates.get(number)
        if candidate is not None and (queue := _queue(candidate)):
            return candidate if brief.number - number <= len(queue) else None
    return None


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
