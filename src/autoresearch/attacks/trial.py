"""The portable attacks on the user's own task and machine: their boxes and limits, their tree, their evaluation.

Nothing of the user's is changed and no ledger line is written. Hostile code gets a few seconds, whatever the task says.
"""

from __future__ import annotations

import re
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

from autoresearch.agents.command import Command
from autoresearch.assembly import Rig
from autoresearch.attacks import code
from autoresearch.attacks.attack import (
    Act,
    Attack,
    Draft,
    Family,
    Ground,
    InAgentBox,
    InCandidateBox,
    InContestant,
    Standing,
)
from autoresearch.attacks.bait import Outside
from autoresearch.attacks.echo import echo
from autoresearch.box import Box
from autoresearch.errors import Foul
from autoresearch.history import History
from autoresearch.records import Brief, Outcome
from autoresearch.sandboxes.probe import place
from autoresearch.task import Limits
from autoresearch.workspace import trees
from autoresearch.workspace.git import FILE
from autoresearch.workspace.intake import read_changes

FOLDER = "autoresearch-attack-"
BOX_SECONDS = 5.0
TRIAL_SECONDS = 80.0
"""For all attacks together; those that are not reached are named as not tried."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one attack here."""

    row: int
    title: str
    family: str
    standing: Standing
    why: str
    """What it failed at, or why nothing stops it."""


def played(rig: Rig, families: tuple[Family, ...]) -> Iterator[Finding]:
    """Every portable attack of `families` on `rig`; a finding each."""
    end = time.monotonic() + TRIAL_SECONDS
    with (
        trees.fleeting(place(), FOLDER) as folder,
        Outside.laid(folder, site=rig.site) as outside,
    ):
        trial = Trial(rig, outside)
        for family in families:
            for attack in (attack for attack in family.attacks if attack.portable):
                came = (
                    trial.judged(attack, uplink=family.uplink)
                    if time.monotonic() < end
                    else (Standing.NOT_HERE, "no time was left")
                )
                yield Finding(attack.row, attack.title, family.name, *came)
        with rig.workspace.draft(rig.workspace.base):
            pass  # mends what the last one left


@dataclass(slots=True)
class Trial:
    """Attacks on one rig, each judged by itself."""

    rig: Rig
    outside: Outside
    _harm: set[str] = field(default_factory=set)

    def judged(self, attack: Attack, *, uplink: bool) -> tuple[Standing, str]:
        """Play it, its agents with or without a model, unless it is clear beforehand."""
        if why := attack.not_here():
            return Standing.NOT_HERE, why
        if why := _not_given(attack.needs, self.rig):
            return Standing.NOT_GIVEN, why
        faults = [fault for act in attack.acts if (fault := self.fault(act, attack, uplink=uplink))]
        harm = set(self.outside.harm()) - self._harm
        self._harm |= harm
        if faults or harm:
            return Standing.WORKED, "; ".join([*faults, *sorted(harm)])
        return Standing.STOPPED, attack.stopped_by

    def fault(self, act: Act, attack: Attack, *, uplink: bool) -> str:
        """How one act got through; empty when it did not."""
        with self.rig.workspace.draft(self.rig.workspace.base) as tree:
            match act:
                case Draft(edit):
                    edit(self.ground(tree))
                    return "" if Outcome.DISCARD in attack.outcomes else self.taken_in(tree)
                case InAgentBox(text):
                    return _told(self.agent_says(text, tree, attack, uplink=uplink), self.outside.token)
                case InCandidateBox(text):
                    return _told(self.candidate_says(text), self.outside.token)
                case InContestant():
                    raise ValueError(f"row {attack.row}: answers are judged by an evaluation made for them")

    def taken_in(self, tree: Path) -> str:
        """What the intake makes of a draft that it should refuse."""
        workspace = self.rig.workspace
        try:
            changes = read_changes(tree, workspace.tree(workspace.base), workspace.scope)
        except Foul:
            return ""
        return f"taken in: {', '.join(map(repr, list(changes)[:3]))}"

    def agent_says(self, text: str, tree: Path, attack: Attack, *, uplink: bool) -> str:
        """What hostile code says in the agent box, where it may be refused on the spot."""
        argv = (python_of(self.rig), "-I", "-S", "-c", code.for_agent(text, self.outside.plan))
        rig = self.rig
        try:
            with echo() if uplink else nullcontext() as access:
                agent = Command(argv, sandbox=rig.sandbox, toolchain=rig.toolchain, seconds=BOX_SECONDS, access=access)
                return agent.edit(Brief(0, rig.workspace.base), tree, History()).hypothesis
        except Foul as foul:
            refused = re.search(attack.reason, foul.reason)
            return code.TRIED if refused else foul.log.decode("utf-8", "replace")

    def candidate_says(self, text: str) -> str:
        """What hostile code says in the candidate box, under the task's own limits."""
        rig, task = self.rig, self.rig.task
        tree = rig.workspace.export(rig.workspace.base, 0)
        with trees.fleeting(Path(tempfile.gettempdir()), FOLDER) as folder:
            scratch = folder.resolve()
            (scratch / "artifacts").mkdir()
            env = rig.toolchain.env(cores=task.untrusted.limits.cores, home=scratch)
            box = Box(
                (python_of(rig), "-I", "-S", "-c", code.for_candidate(text, self.outside.plan)),
                cwd=tree,
                limits=_shortened(task.untrusted.limits),
                read=(*rig.toolchain.readable, *map(Path, task.read), Path(sys.base_prefix)),
                write=(scratch,),
                env=env | {"AUTORESEARCH_ARTIFACTS": str(scratch / "artifacts"), **task.untrusted.env},
            )
            ended = rig.sandbox.run(box)
        alive = f"{code.WORKED}: {ended.survivors} processes live on" if ended.survivors else ""
        return ended.output.decode("utf-8", "replace") + alive

    def ground(self, tree: Path) -> Ground:
        """The draft, with a file of each kind to go for."""
        workspace = self.rig.workspace
        files = [path for path, entry in workspace.tree(workspace.base).items() if entry.mode == FILE]
        shown = [path for path in files if workspace.scope.visible(path)]
        editable = next(path for path in shown if workspace.scope.may_change(path))
        sealed = next((path for path in shown if not workspace.scope.may_change(path)), editable)
        folders = [Path(path).parent.as_posix() for path in shown if workspace.scope.may_change(path)]
        makes = (folder for folder in folders if workspace.scope.may_change(str(Path(folder, "two.py"))))
        return Ground(tree, editable, sealed, next(makes, "src"), self.outside.plan)


def python_of(rig: Rig) -> str:
    """The interpreter of the user's commands, else ours."""
    return str(rig.toolchain.python["executable"]) if rig.toolchain.python else sys.executable


def _told(said: str, token: str) -> str:
    """What worked, by the hostile code's own word or by what it knows."""
    if token in said:
        return "the secret outside was read"
    if code.TRIED not in said:
        return f"it could not even be tried: {said.strip().splitlines()[-1:]}"
    worked = [part for line in said.splitlines() for part in line.split("; ") if part.startswith(code.WORKED)]
    return "; ".join(part.removeprefix(f"{code.WORKED}: ") for part in worked)


def _not_given(needs: str, rig: Rig) -> str:
    """Why a property is not to be had here; empty when it is."""
    if needs and not rig.properties[needs]:
        return f"{needs} is not proven by {rig.sandbox.name} here"
    limits = rig.task.untrusted.limits
    unset: Mapping[str, tuple[bool, str]] = {
        "memory_cap": (limits.memory_bytes is None, "the task sets no experiment.memory"),
        "process_cap": (limits.processes is None, "the task sets no experiment.processes"),
        "disk_cap": (limits.disk_bytes is None, "the task sets no experiment.disk"),
        "no_network": (limits.network, "the task sets experiment.network = true"),
        "read_only_tree": (rig.task.untrusted.writable_tree, "the task sets experiment.writable_tree = true"),
    }
    is_unset, why = unset.get(needs, (False, ""))
    return why if is_unset else ""


def _shortened(limits: Limits) -> Limits:
    return replace(limits, seconds=min(limits.seconds, BOX_SECONDS))
