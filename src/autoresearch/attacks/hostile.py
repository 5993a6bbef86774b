"""A hostile agent: plays a family's attacks, one an experiment, with an honest improvement after each."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path

from autoresearch.agents.command import Command
from autoresearch.agents.options import Options
from autoresearch.attacks import code
from autoresearch.attacks.attack import (
    BEST_SKILL,
    Act,
    Attack,
    Draft,
    Family,
    Ground,
    InAgentBox,
    InCandidateBox,
    InContestant,
    Stage,
)
from autoresearch.attacks.echo import KEY_ENV, echo
from autoresearch.errors import RigFault
from autoresearch.history import History
from autoresearch.protocols import Sandbox
from autoresearch.records import Brief, Proposal
from autoresearch.surroundings.toolchain import Toolchain
from autoresearch.task import Task

AGENT_SECONDS = 10.0

Move = tuple[Attack | None, Act | None]
"""What one experiment is for; two times None: an honest improvement."""


def script(family: Family, rows: Sequence[int]) -> list[Move]:
    """The moves of a night, the first for experiment 1: these rows of `family`, an honest improvement after each."""
    moves: list[Move] = []
    for attack in (attack for attack in family.attacks if attack.row in rows):
        moves += [*((attack, act) for act in attack.acts), (None, None)]
    return moves


class Hostile:
    """The agent of a night of attacks."""

    name = "hostile"

    def __init__(
        self,
        moves: list[Move],
        stage: Stage,
        bait: Mapping[str, object],
        *,
        sandbox: Sandbox,
        toolchain: Toolchain,
        uplink: bool = False,
    ) -> None:
        self.stop = threading.Event()
        self._moves = moves
        self._stage = stage
        self._bait = bait
        self._sandbox = sandbox
        self._toolchain = toolchain
        self._uplink = uplink

    def edit(self, brief: Brief, tree: Path, history: History) -> Proposal:
        """Make the move of this experiment. Raises Foul when the agent box ended badly, RigFault for a blank shot."""
        attack, act = self._moves[brief.number - 1]
        what = f"row {attack.row}: {attack.title}" if attack else "an honest improvement"
        stage, transcript = self._stage, b""
        ground = Ground(tree, stage.editable, stage.sealed, stage.folder, self._bait)
        match act:
            case Draft(edit):
                edit(ground)
            case InAgentBox(text):
                said, transcript = self._in_agent_box(text, ground, brief, history)
                what += said
            case InCandidateBox(text):
                with (tree / stage.editable).open("a") as file:
                    file.write(code.for_candidate(text, self._bait))
            case InContestant(text):
                ground.plant("src/answer.py", text)
            case None:
                stage.improve(ground, brief.number)
        return Proposal(what, agent=self.name, cost_usd=0.0, tokens=0, transcript=transcript)

    def _in_agent_box(self, text: str, ground: Ground, brief: Brief, history: History) -> tuple[str, bytes]:
        """Whether it worked, in words, and its transcript; what worked is let claim the best score."""
        argv = ("python", "-I", "-S", "-c", code.for_agent(text, self._bait))
        with echo(key_env=KEY_ENV) if self._uplink else nullcontext() as access:
            agent = Command(
                argv, sandbox=self._sandbox, toolchain=self._toolchain, seconds=AGENT_SECONDS, access=access
            )
            agent.stop = self.stop
            proposal = agent.edit(brief, ground.tree, history)
        said = proposal.hypothesis
        if code.TRIED not in said and code.WORKED not in said:
            raise RigFault(f"an attack that tries nothing proves nothing: {said!r}")
        if code.WORKED not in said:
            return "", proposal.transcript
        ground.claim(int(str(self._bait.get("skill", BEST_SKILL))))
        return f" ({code.WORKED}: {said})", proposal.transcript


def make(options: Mapping[str, object], *, task: Task, sandbox: Sandbox, toolchain: Toolchain) -> Hostile:  # noqa: ARG001
    """The agent for `use = "autoresearch.attacks.hostile:make"`.

    Options: `family`, `rows` (numbers, spaces between) and `bait`, the path of a JSON file with the plan.
    """
    from autoresearch.attacks import catalogue
    from autoresearch.attacks.stage import PLAIN

    read = Options("hostile", options)
    family = catalogue.family(read.text("family"))
    rows = [int(row) for row in read.text("rows").split()]
    bait = json.loads(Path(read.text("bait")).read_text())
    read.done()
    moves, stage = script(family, rows), family.stage or PLAIN
    return Hostile(moves, stage, bait, sandbox=sandbox, toolchain=toolchain, uplink=family.uplink)
