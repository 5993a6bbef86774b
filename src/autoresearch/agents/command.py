"""Any program as an agent: it gets the brief as a file, edits the tree it stands in, and may say what it did."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from autoresearch import budget
from autoresearch.agents import report
from autoresearch.agents.access import Access
from autoresearch.agents.long import Over, Terms, Used
from autoresearch.agents.scratch import scratch
from autoresearch.agents.trouble import cause_of, sign
from autoresearch.box import Box, Exit
from autoresearch.budget import Left
from autoresearch.causes import Cause
from autoresearch.errors import Foul, Interrupted, RigFault, UserError
from autoresearch.history import History
from autoresearch.ledger import now
from autoresearch.protocols import Sandbox
from autoresearch.records import Brief, Outcome, Proposal
from autoresearch.surroundings.toolchain import Toolchain, bounded, finding
from autoresearch.task import Limits
from autoresearch.uplink import Uplink

BRIEF = "AUTORESEARCH_BRIEF"
"""Path of the brief, a Markdown file outside of the tree."""
PROPOSAL = "AUTORESEARCH_PROPOSAL"
"""Path where the program may leave a JSON object with any of `report.KEYS`."""

_SAID = "proposal.json"


class Command:
    """Runs a program in the agent box: it can write its copy of the tree and a scratch directory, and nothing else."""

    name = "command"
    version = ""
    waits = False
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
        access: Access | None = None,
    ) -> None:
        """`pass_env` names variables of our own environment the program may see; everything else stays out.

        With `access` it can reach that provider, and nothing else. Raises UserError when a variable is not set.
        """
        self.stop = threading.Event()
        self._argv = tuple(argv)
        self._sandbox = sandbox
        self._toolchain = toolchain
        self._limits = Limits(seconds=seconds, network=network)
        self._passed = {name: _value(name) for name in pass_env}
        self._access = access
        self._up: Uplink | None = None

    def edit(self, brief: Brief, tree: Path, history: History) -> Proposal:
        """Run the program in `tree`, with no standard input.

        Raises Foul when it fails, runs out of time or leaves an unreadable proposal, RigFault when something of it
        survived, Interrupted when it was cancelled.
        """
        with scratch(tree) as folder, self._uplink(budget.left(history, now())) as up:
            box = self._box(brief.text, tree, folder, up)
            try:
                self._demand_success(self._sandbox.run(box, stop=self.stop))
                said = report.read(folder / _SAID, agent=self.name, default=f"change {brief.number}")
            except Foul as foul:
                raise _billed(foul, up) if up else foul from None
        return _charged(said, up) if up else said

    def stay(self, prompt: str, tree: Path, terms: Terms) -> Over:
        """Run the program for a long session: it finds the prompt where it finds a brief otherwise.

        Raises Foul when it fails, RigFault when something of it survived. Stopped by us is no failure.
        """
        with scratch(tree) as folder, self._uplink(Left()) as up:
            self._up = up
            box = self._box(prompt, tree, folder, up)
            env = {**box.env, **terms.env, **finding(terms.commands, box.env)}
            box = replace(box, limits=replace(box.limits, seconds=terms.seconds), env=env)
            box = replace(box, read=(*box.read, *terms.read), write=(*box.write, *terms.write))
            ended = self._sandbox.run(box, stop=terms.stop)
            if ended.limit != "cancelled" or ended.survivors:
                self._demand_success(ended)
            return Over(report.read(folder / _SAID, agent=self.name, default="").summary, transcript=ended.output)

    def used(self) -> Used:
        """What the uplink of the last session has counted; unknown without one."""
        return Used(self._up.tokens, self._up.cost_usd) if self._up else Used()

    def _box(self, brief: str, tree: Path, folder: Path, up: Uplink | None) -> Box:
        told = folder / "brief.md"
        told.write_text(brief, encoding="utf-8")
        env = self._toolchain.env(cores=None, home=folder) | self._passed | (up.env if up else {})
        return Box(
            self._argv,
            cwd=tree,
            limits=bounded(self._limits, folder),
            read=self._toolchain.readable,
            write=(tree, folder),
            env=env | {BRIEF: str(told), PROPOSAL: str(folder / _SAID)},
            uplink=up.address if up else None,
            aloud=True,
        )

    def _uplink(self, left: Left) -> AbstractContextManager[Uplink | None]:
        return self._access.within(left).uplink() if self._access else nullcontext()

    def problems(self, tree: Path) -> list[str]:
        """Why it could not begin in `tree`: the program or its key is missing."""
        program, missing = self._argv[0], self._access.problems() if self._access else []
        if shutil.which(program, path=self._toolchain.path) or (tree / program).is_file():
            return missing
        return [f"The agent's program {program!r} is neither on PATH nor in the repository.", *missing]

    def _demand_success(self, ended: Exit) -> None:
        if ended.survivors:
            raise RigFault(f"{ended.survivors} processes of the agent outlived their box")
        if ended.limit == "cancelled":
            raise Interrupted("stopped while the agent was at work; nothing recorded is lost")
        if ended.limit == "time":
            self._fail(Outcome.TIMEOUT, f"ran into its limit of {self._limits.seconds:g} s", ended)
        if ended.limit:
            cause = Cause.FLOOD if ended.limit == "output" else None
            self._fail(Outcome.CRASH, f"was stopped at its {ended.limit} limit", ended, cause)
        if ended.code != 0:
            how = f"status {ended.code}" if ended.code is not None else f"signal {ended.signal}"
            self._fail(Outcome.CRASH, f"ended with {how}", ended, _cause(ended))

    def _fail(self, outcome: Outcome, how: str, ended: Exit, cause: Cause | None = None) -> NoReturn:
        raise Foul(outcome, f"the agent {how}", log=ended.output, seconds=ended.seconds, cause=cause or "")


def _cause(ended: Exit) -> Cause | None:
    """What a program that failed gives away about why."""
    if ended.code in (126, 127):  # what shells and ours say of a command that cannot be started
        return Cause.PROGRAM
    return sign(ended.output.decode(errors="replace"))


def _charged(said: Proposal, up: Uplink) -> Proposal:
    tokens, cost = up.bill(tokens=said.tokens, cost_usd=said.cost_usd)
    return replace(said, tokens=tokens, cost_usd=cost, transcript=up.transcript())


def _billed(foul: Foul, up: Uplink) -> Foul:
    """With what was used, what was said, and the reason that lies behind the program's own."""
    foul.tokens, foul.cost_usd = up.bill(tokens=foul.tokens, cost_usd=foul.cost_usd)
    foul.log += b"\n" + up.transcript()
    if up.exhausted and not foul.cause:
        foul.cause = Cause.TOKENS
    elif up.trouble and not foul.cause:
        foul.cause = cause_of(up.trouble.status, up.trouble.text)
    return foul


def _value(name: str) -> str:
    value = os.environ.get(name)
    if value is None:
        raise UserError(f"agent.pass_env names {name}, which is not set here.", fix=f"export {name}=...")
    return value
