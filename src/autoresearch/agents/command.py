"""Any program as an agent: it gets the brief as a file, edits the tree it stands in, and may say what it did."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from autoresearch import trees
from autoresearch.agents import report
from autoresearch.box import Box, Exit
from autoresearch.errors import Foul, Interrupted, RigFault, UserError
from autoresearch.history import History
from autoresearch.protocols import Sandbox
from autoresearch.records import Brief, Outcome, Proposal
from autoresearch.task import Limits
from autoresearch.toolchain import Toolchain, bounded

BRIEF = "AUTORESEARCH_BRIEF"
"""Path of the brief, a Markdown file outside of the tree."""
PROPOSAL = "AUTORESEARCH_PROPOSAL"
"""Path where the program may leave a JSON object with summary, hypothesis, cost_usd and tokens."""


class Command:
    """Runs a program in the agent box: it can write its copy of the tree and a scratch directory, and nothing else."""

    name = "command"
    mends = True

    def __init__(
        self,
        argv: Sequence[str],
        *,
        sandbox: Sandbox,
        toolchain: Toolchain,
        seconds: float = 600.0,
        network: bool = False,
        pass_env: Sequence[str] = (),
    ) -> None:
        """`pass_env` names variables of our own environment the program may see; everything else stays out.

        Raises UserError when one of them is not set.
        """
        self.stop = threading.Event()
        self._argv = tuple(argv)
        self._sandbox = sandbox
        self._toolchain = toolchain
        self._limits = Limits(seconds=seconds, network=network)
        self._passed = {name: _value(name) for name in pass_env}

    def edit(self, brief: Brief, tree: Path, history: History) -> Proposal:  # noqa: ARG002 - the brief tells it
        """Run the program in `tree`, with no standard input.

        Raises Foul when it fails, runs out of time or leaves an unreadable proposal, RigFault when something of it
        survived, Interrupted when it was cancelled.
        """
        with _scratch(tree.resolve().parent) as scratch:
            told, proposal = scratch / "brief.md", scratch / "proposal.json"
            told.write_text(brief.text, encoding="utf-8")
            env = self._toolchain.env(cores=None, home=scratch) | self._passed
            box = Box(
                self._argv,
                cwd=tree,
                limits=bounded(self._limits, scratch),
                read=self._toolchain.readable,
                write=(tree, scratch),
                env=env | {BRIEF: str(told), PROPOSAL: str(proposal)},
            )
            self._demand_success(self._sandbox.run(box, stop=self.stop))
            return report.read(proposal, agent=self.name, default=f"change {brief.number}")

    def problems(self, tree: Path) -> list[str]:
        """Why it could not begin in `tree`: the program is missing."""
        program = self._argv[0]
        if shutil.which(program, path=self._toolchain.path) or (tree / program).is_file():
            return []
        return [f"The agent's program {program!r} is neither on PATH nor in the repository."]

    def _demand_success(self, ended: Exit) -> None:
        if ended.survivors:
            raise RigFault(f"{ended.survivors} processes of the agent outlived their box")
        if ended.limit == "cancelled":
            raise Interrupted("stopped while the agent was at work; nothing recorded is lost")
        if ended.limit == "time":
            self._fail(Outcome.TIMEOUT, f"ran into its limit of {self._limits.seconds:g} s", ended)
        if ended.limit:
            self._fail(Outcome.CRASH, f"was stopped at its {ended.limit} limit", ended)
        if ended.code != 0:
            how = f"status {ended.code}" if ended.code is not None else f"signal {ended.signal}"
            self._fail(Outcome.CRASH, f"ended with {how}", ended)

    def _fail(self, outcome: Outcome, how: str, ended: Exit) -> NoReturn:
        raise Foul(outcome, f"the agent {how}", log=ended.output, seconds=ended.seconds)


@contextmanager
def _scratch(home: Path) -> Iterator[Path]:
    """A fresh directory below `home`, gone afterwards whatever the program made of it."""
    path = Path(tempfile.mkdtemp(prefix="scratch-", dir=home))
    try:
        yield path
    finally:
        trees.remove(path)


def _value(name: str) -> str:
    value = os.environ.get(name)
    if value is None:
        raise UserError(f"agent.pass_env names {name}, which is not set here.", fix=f"export {name}=...")
    return value
