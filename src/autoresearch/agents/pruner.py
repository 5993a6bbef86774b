"""The agent of a night that prunes: experiment by experiment it takes back one kept change, the youngest first.

Its changes come in by the ordinary door and are measured and judged like any other; which one is next follows from the
number of the experiment, so a killed night goes on where it was.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

from autoresearch import git, threeway
from autoresearch.errors import Foul
from autoresearch.history import History
from autoresearch.lineage import PRUNER, UNDOES, removable
from autoresearch.records import Brief, Outcome, Proposal
from autoresearch.workspace import Workspace


@dataclass(slots=True)
class Pruner:
    """Takes kept changes back by three-way merge, in the draft it is given."""

    workspace: Workspace
    name: str = PRUNER
    stop: threading.Event = field(default_factory=threading.Event)

    def edit(self, brief: Brief, tree: Path, history: History) -> Proposal:
        """Take the next kept change back. Raises Foul(NO_CHANGE) when later changes build on it, or none is left."""
        assert history.night is not None
        left = removable(history)[brief.number - history.night.first :]
        if not left or left[0].candidate is None:
            raise Foul(Outcome.NO_CHANGE, "no kept change is left to take back", cost_usd=0.0, tokens=0)
        made = left[0].candidate
        for path in self._paths(made.parent, made.commit):
            if not self._take_back(tree, path, brief.parent, made.parent, made.commit):
                reason = f"#{made.number} stays: later changes build on it in {path}"
                raise Foul(Outcome.NO_CHANGE, reason, cost_usd=0.0, tokens=0)
        summary = f"take back #{made.number}: {made.summary}"
        why = "the metric is no worse without it"
        return Proposal(summary, why, agent=self.name, cost_usd=0.0, tokens=0, detail={UNDOES: made.number})

    def _paths(self, before: str, after: str) -> list[str]:
        """Files that differ between two commits."""
        old, new = self.workspace.tree(before), self.workspace.tree(after)
        return sorted(path for path in old.keys() | new.keys() if old.get(path) != new.get(path))

    def _take_back(self, tree: Path, path: str, tip: str, before: str, after: str) -> bool:
        """Make `path` what it were without the step from `before` to `after`; False when that cannot be told."""
        now, old, new = (self.workspace.tree(commit).get(path) for commit in (tip, before, after))
        if now == old:
            return True
        target = tree / path
        if now == new:
            if old is None:
                target.unlink()
            else:
                _write(target, self.workspace.read(before, path), old.mode)
            return True
        if now is None or old is None or new is None:
            return False
        merged = threeway.merged(*(self.workspace.read(commit, path) for commit in (tip, after, before)))
        if merged is not None:
            _write(target, merged, now.mode)
        return merged is not None


def _write(target: Path, content: bytes, mode: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    target.write_bytes(content)
    target.chmod(0o755 if mode == git.PROGRAM else 0o644)
