"""A coding program as an agent: one start for one experiment, and what came of it.

The exit status says nothing. What counts is the program's own last event, whether the tree changed, what the provider
answered, and our clock.
"""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NoReturn

from autoresearch import budget
from autoresearch.agents import report
from autoresearch.agents.command import BRIEF, PROPOSAL
from autoresearch.agents.long.session import Over, Terms, Used
from autoresearch.agents.patience import Busy, Patience
from autoresearch.agents.programs import words
from autoresearch.agents.programs.program import Ended, Program
from autoresearch.agents.scratch import scratch
from autoresearch.agents.trouble import cause_of, passes, sign
from autoresearch.budget import Left
from autoresearch.causes import Cause
from autoresearch.errors import Foul, Interrupted, RigFault
from autoresearch.history import History
from autoresearch.ledger import now
from autoresearch.records import Brief, Outcome, Proposal
from autoresearch.uplink import Uplink

MAX_QUOTE = 160
"""Characters of a program's words in a reason."""
REPORTING = """
If you cannot write to that path, end your last message with the same JSON object in its stead, and nothing after it.
"""
"""Most programs may write in their tree only."""


@dataclass(slots=True)
class Bill:
    """What the starts for one experiment used, all together; None is unknown, and stays so."""

    tokens: int | None = 0
    cost_usd: float | None = 0.0

    def add(self, ended: Ended) -> None:
        """One more start. Where no token was used, no money was."""
        cost = 0.0 if ended.tokens == 0 else ended.cost_usd
        self.tokens = None if self.tokens is None or ended.tokens is None else self.tokens + ended.tokens
        self.cost_usd = None if self.cost_usd is None or cost is None else self.cost_usd + cost


@dataclass(slots=True)
class Tally:
    """What the starts for one long session have used, the running one included."""

    _ups: list[Uplink] = field(default_factory=list)

    def follow(self, up: Uplink) -> None:
        """One more start."""
        self._ups.append(up)

    def used(self) -> Used:
        """All together; unknown where one of them is."""
        tokens, costs = [up.tokens for up in self._ups], [up.cost_usd for up in self._ups]
        return Used(
            None if None in tokens else sum(each or 0 for each in tokens),
            None if None in costs else math.fsum(each or 0.0 for each in costs),
        )


class Coder:
    """Edits by a coding program. Its conversation is fresh for each experiment, or one that goes on."""

    mends = True

    def __init__(self, program: Program, *, seconds: float, patience: Patience, lasting: Path | None = None) -> None:
        """`seconds` for one start. `lasting` is a folder to keep the conversation in; None begins one each time."""
        self.name = program.dialect.name
        self.stop = threading.Event()
        self.on_phase: Callable[[str, float], None] = lambda *_: None
        self._program = program
        self._seconds = seconds
        self._patience = patience
        self._lasting = lasting
        self.waits = False
        self._tally = Tally()

    def edit(self, brief: Brief, tree: Path, history: History) -> Proposal:
        """Have the program make its change in `tree`, waiting for its provider where that may help.

        Raises Foul when nothing usable came of it, RigFault when something of it survived, Interrupted.
        """
        bill, left = Bill(), budget.left(history, now())
        before = _signature(tree)
        try:
            proposal = self._patience.within(left.seconds).through(
                lambda: self._once(brief, tree, before, bill, left),
                stop=self.stop,
                seed=brief.number,
                say=self.on_phase,
            )
        except Foul as foul:
            foul.tokens, foul.cost_usd = bill.tokens, bill.cost_usd
            raise
        return replace(proposal, tokens=bill.tokens, cost_usd=bill.cost_usd)

    @property
    def version(self) -> str:
        """The program's."""
        return self._program.version

    def stay(self, prompt: str, tree: Path, terms: Terms) -> Over:
        """Run the program for a long session, with a shell, and again where its provider needed time.

        Raises Foul when it breaks off, RigFault when something of it survived. Stopped by us is no failure.
        """
        self._tally = Tally()

        def once() -> Over:
            self.waits = False
            with scratch(tree) as folder:
                ended = self._program.start(
                    prompt,
                    tree,
                    folder,
                    seconds=terms.seconds,
                    stop=terms.stop,
                    shell=True,
                    env=terms.env,
                    commands=terms.commands,
                    read=terms.read,
                    write=terms.write,
                    seen=self._tally.follow,
                )
            if ended.exit.survivors or not terms.stop.is_set():
                self._demand_success(ended, changed=True)
            return Over(words.meant(ended.said.text)[0], transcript=ended.transcript)

        try:
            return self._patience.through(once, stop=terms.stop, seed=prompt, say=self._wait)
        except Interrupted:
            return Over()

    def used(self) -> Used:
        """What the provider has counted since the last session began, while it still runs."""
        return self._tally.used()

    def _wait(self, name: str, seconds: float) -> None:
        self.waits = True
        self.on_phase(name, seconds)

    def problems(self, tree: Path) -> list[str]:  # noqa: ARG002 - the same for every tree
        """Why it could not begin: no program, no key."""
        return self._program.problems()

    def _once(self, brief: Brief, tree: Path, before: object, bill: Bill, left: Left) -> Proposal:
        self.on_phase(self.name, self._seconds)
        with scratch(tree) as folder:
            proposal = folder / "proposal.json"
            (folder / "brief.md").write_text(brief.text, encoding="utf-8")
            ended = self._program.start(
                brief.text + REPORTING,
                tree,
                folder,
                seconds=self._seconds,
                stop=self.stop,
                home=self._lasting and self._lasting / "home",
                session=self._session(),
                lasting=self._lasting is not None,
                env={BRIEF: str(folder / "brief.md"), PROPOSAL: str(proposal)},
                left=left.after(bill.tokens, bill.cost_usd),
            )
            bill.add(ended)
            changed = _signature(tree) != before
            self._keep_session(ended)
            self._demand_success(ended, changed=changed)
            said = report.read(proposal, agent=self.name, default="")
        return self._proposal(said, ended, brief.number)

    def _proposal(self, said: Proposal, ended: Ended, number: int) -> Proposal:
        """What it left in a file, else what its last words mean; neither is believed for more than a title."""
        summary, hypothesis, detail = said.summary, said.hypothesis, dict(said.detail)
        if not summary:
            summary, hypothesis, detail = words.meant(ended.said.text)
        if ended.said.refused:
            detail["refused"] = [report.one_line(each, MAX_QUOTE) for each in ended.said.refused]
        return Proposal(
            summary or f"change {number}",
            hypothesis,
            agent=self.name,
            detail=detail,
            agent_version=self._program.version,
            transcript=ended.transcript,
        )

    def _session(self) -> str:
        """The conversation to go on with; empty when there is none."""
        try:
            return (self._lasting / "session").read_text().strip() if self._lasting else ""
        except FileNotFoundError:
            return ""

    def _keep_session(self, ended: Ended) -> None:
        """One that broke is not gone on with."""
        if self._lasting is not None:
            session = ended.said.session if ended.said.finished else ""
            (self._lasting / "session").write_text(session if session.isprintable() and session[:1] != "-" else "")

    def _demand_success(self, ended: Ended, *, changed: bool) -> None:
        exit, said = ended.exit, ended.said
        if exit.survivors:
            raise RigFault(f"{exit.survivors} processes of the agent outlived their box")
        if exit.limit == "cancelled" and not ended.gave_up:
            raise Interrupted("stopped while the agent was at work; nothing recorded is lost")
        if ended.exhausted:
            self._fail(ended, Outcome.CRASH, "used up its limit of tokens or money", Cause.TOKENS)
        if ended.trouble and not said.finished:
            self._fail_provider(ended, changed=changed)
        if exit.limit == "time":
            self._fail(ended, Outcome.TIMEOUT, f"ran into its limit of {self._seconds:g} s")
        if exit.limit:
            cause = Cause.FLOOD if exit.limit == "output" else None
            self._fail(ended, Outcome.CRASH, f"was stopped at its {exit.limit} limit", cause)
        if not said.finished:
            self._fail(ended, Outcome.CRASH, _broken(ended), said.cause or sign(said.trouble))
        if not changed:
            self._fail(ended, Outcome.NO_CHANGE, *_idle(ended))

    def _fail_provider(self, ended: Ended, *, changed: bool) -> NoReturn:
        """A change that was begun and not finished is not tried again on top of itself."""
        assert ended.trouble is not None
        cause = cause_of(ended.trouble.status, ended.trouble.text)
        status = f"status {ended.trouble.status}" if ended.trouble.status else "no answer"
        how = f"was given no answer by its model: {status}, {report.one_line(ended.trouble.text, MAX_QUOTE)}"
        if changed or not passes(ended.trouble.status, cause):
            self._fail(ended, Outcome.CRASH, how, cause)
        raise Busy(
            cause,
            f"the agent {how}",
            after=ended.trouble.wait,
            log=ended.transcript,
            cost_usd=ended.cost_usd,
            tokens=ended.tokens,
        )

    def _fail(self, ended: Ended, outcome: Outcome, how: str, cause: Cause | None = None) -> NoReturn:
        raise Foul(
            outcome,
            f"the agent {how}",
            log=ended.transcript,
            seconds=ended.exit.seconds,
            cause=str(cause) if cause else "",
        )


def _broken(ended: Ended) -> str:
    said = report.one_line(ended.said.trouble, MAX_QUOTE)
    code = f"status {ended.exit.code}" if ended.exit.code is not None else f"signal {ended.exit.signal}"
    return f"broke off: {said}" if said else f"ended with {code}, and not with its last word"


def _idle(ended: Ended) -> tuple[str, Cause | None]:
    """Why it left everything as it was."""
    said = report.one_line(ended.said.text, MAX_QUOTE)
    if ended.said.refused:
        return f"changed nothing; refused: {report.one_line(ended.said.refused[0], MAX_QUOTE)}", Cause.SCOPE
    if words.is_question(ended.said.text):
        return f"changed nothing and asked: {said}", Cause.ASKED
    return (f"changed nothing; it said: {said}", None) if said else ("changed nothing and said nothing", Cause.EMPTY)


def _signature(tree: Path) -> object:
    """What tells an untouched tree from one somebody wrote to, without reading it."""
    found = []
    for folder, _, names in os.walk(tree):
        for name in names:
            path = os.path.join(folder, name)
            status = os.lstat(path)
            found.append((path, status.st_mtime_ns, status.st_size, status.st_ino, status.st_mode))
    return sorted(found)
