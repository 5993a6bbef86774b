"""The agent of a night that prunes: experiment by experiment it takes back one kept change, the youngest first.

Its changes come in by the ordinary door and are measured and judged like any other; which one is next follows from how
many were tried this night, so a killed night goes on where it was.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

from autoresearch.errors import Foul
from autoresearch.history import History
from autoresearch.history.lineage import PRUNER, UNDOES, removable
from autoresearch.records import Brief, Outcome, Proposal
from autoresearch.workspace.grafts import graft
from autoresearch.workspace.workspace import Workspace


@dataclass(slots=True)
class Pruner:
    """Takes kept changes back by three-way merge, in the draft it is given."""

    workspace: Workspace
    is_free = True
    name: str = PRUNER
    stop: threading.Event = field(default_factory=threading.Event)

    def edit(self, brief: Brief, tree: Path, history: History) -> Proposal:
        """Take the next kept change back. Raises Foul(NO_CHANGE) when later changes build on it, or none is left."""
        left = removable(history)[len(history.tonight()) :]
        if not left or left[0].candidate is None:
            raise Foul(Outcome.NO_CHANGE, "no kept change is left to take back", cost_usd=0.0, tokens=0)
        made = left[0].candidate
        path = graft(self.workspace, tree, onto=brief.parent, old=made.commit, new=made.parent)
        if path:
            reason = f"#{made.number} stays: later changes build on it in {path}"
            raise Foul(Outcome.NO_CHANGE, reason, cost_usd=0.0, tokens=0)
        summary = f"take back #{made.number}: {made.summary}"
        why = "the metric is no worse without it"
        return Proposal(summary, why, agent=self.name, cost_usd=0.0, tokens=0, detail={UNDOES: made.number})
