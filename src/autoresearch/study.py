"""The loop. Everything it knows comes from the ledger, so `run` after a kill at any instant is `run`.

    propose one change -> run it under a fixed clock -> measure it where it cannot lie -> keep or discard -> record

A record is written first and acted on second; what a kill leaves undone, `reconcile` does on the next start.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TypeVar

from autoresearch import breaker, budget
from autoresearch.admission import charged
from autoresearch.errors import Foul, Interrupted, RigFault, UserError
from autoresearch.history import Ended, Evidence, History, Note
from autoresearch.history.disclosure import shown
from autoresearch.ledger import Ledger, now
from autoresearch.protocols import Agent, Referee, Runner, Strategy
from autoresearch.records import Brief, Candidate, Certificate, Experiment, Measurement, Outcome, Side, Verdict
from autoresearch.workspace.workspace import Workspace

Decision = TypeVar("Decision", Verdict, Certificate)


@dataclass(slots=True)
class Study:
    """One task, one branch, one ledger."""

    ledger: Ledger[History]
    workspace: Workspace
    runner: Runner
    referee: Referee
    strategy: Strategy
    agent: Agent
    give_up_after: int = breaker.GIVE_UP_AFTER
    """Like failures of the agent in a row that end the night; 0 for never."""
    proof_split: str = "public"
    """What certificates are measured on: "holdout" where the task has one."""
    admit: Callable[[Candidate, History], None] = lambda *_: None
    """Raises Foul for a candidate that is not worth measuring."""
    announce: Callable[[int], None] = lambda _: None
    """Writes down that the agent is asked for this experiment, where that may cost something."""
    keep_log: Callable[[bytes], str] = lambda _: ""
    """Stores a foul's log and returns its name."""
    on_record: Callable[[object], None] = lambda _: None
    """Hears every record, once it is durable."""
    mend: Callable[[Candidate, Foul, Callable[[Brief], Candidate]], Candidate] | None = None
    """Has a candidate that failed mended, or raises its foul; None mends nothing."""
    interrupted: Callable[[], bool] = lambda: False
    """Whether a human asked to stop after the measurement now running."""

    @property
    def history(self) -> History:
        """What the ledger says so far."""
        return self.ledger.history

    def run(self) -> str:
        """Go on until the budget, the target or a human ends the night. Returns why it ended.

        Raises Interrupted and RigFault; in both cases the next `run` goes on from there.
        """
        self.reconcile()
        try:
            while not (why := self.over()):
                if self.history.baseline and self.referee.certificate_due(self.history):
                    self.record(self.certify())
                else:
                    self.record(self.attempt())
            self.record(Ended(why))
        except BaseException:
            with suppress(UserError):  # what stopped the night is the news; what stays unpublished, the next run does
                self.reconcile()
            raise
        self.reconcile()
        return why

    def reconcile(self) -> None:
        """Make both repositories say what the ledger says."""
        commits = {number: candidate.commit for number, candidate in self.history.candidates.items()}
        held = self.workspace.reconcile(self.history.tip_commit, self.history.proven_commit, commits)
        if held:
            text = f"{', '.join(held)} could not be moved: somebody has it checked out, or added commits to it"
            self.record(Note("alarm", text))

    def over(self) -> str:
        """Why to stop now; empty to go on. Waits here while the study is paused."""
        self.ledger.refresh()
        while self.history.paused and not self.history.stopping and not self.interrupted():
            time.sleep(0.2)
            self.ledger.refresh()
        if self.interrupted():
            raise Interrupted("stopped by hand")
        if self.history.stopping:
            return "stopped by `autoresearch stop`"
        if budget.target_reached(self.history):
            return "the target is reached, and certified"
        if self.history.baseline is None or self.referee.certificate_due(self.history):
            return ""
        return budget.spent(self.history, now()) or breaker.tripped(self.history, self.give_up_after)

    def attempt(self) -> Experiment:
        """One numbered experiment, from brief to verdict. A foul is a verdict like any other."""
        began, number = time.monotonic(), self.history.next_number
        foul = None
        try:
            verdict = self.judged(number)
        except Foul as caught:
            foul, verdict = caught, Verdict(caught.outcome, caught.reason, cause=caught.cause)
        if foul and self.history.baseline is None:
            raise RigFault(f"the baseline itself does not run: {foul.reason}") from foul
        candidate = self.history.candidates.get(number)
        paid = None if number in self.history.lost else foul or candidate
        mine = [run.value for run in self.history.pending.get(number, ()) if run.side is Side.CANDIDATE]
        values = [value for value in mine if value is not None]
        return Experiment(
            number=number,
            candidate=candidate,
            verdict=verdict,
            value=sum(values) / len(values) if values and not foul else None,
            parent=candidate.parent if candidate else self.history.tip_commit,
            agent=candidate.agent if candidate else self.agent.name,
            started=candidate.started if candidate else now(),
            seconds=round(time.monotonic() - began, 3),
            log=self.keep_log(foul.log) if foul and foul.log else "",
            cost_usd=paid.cost_usd if paid else None,
            tokens=paid.tokens if paid else None,
        )

    def judged(self, number: int) -> Verdict:
        """The verdict on what was proposed, unless a kill left it proposed already. Raises Foul."""
        candidate = self.history.candidates.get(number) or self.propose(number)
        try:
            self.runner.check(candidate.commit)
            runs = tuple(self.history.pending.get(number, ()))
            evidence = Evidence(self.history, number, candidate.commit, self.history.incumbent_commit, runs)
            return self.contest(self.referee.next, evidence)
        except Foul as foul:
            foul.cost_usd, foul.tokens = candidate.cost_usd, candidate.tokens
            if self.mend is None:
                raise
            self.record(self.mend(candidate, foul, self.taken_in))
        return self.judged(number)

    def propose(self, number: int) -> Candidate:
        """Have the agent make one change and take it in. Raises Foul when none, or a forbidden one, came of it."""
        if self.history.baseline is None:
            tip = self.history.tip_commit
            candidate = Candidate(number, tip, tip, summary="baseline", started=now(), cost_usd=0.0, tokens=0)
        else:
            candidate = self.taken_in(replace(self.strategy.ask(shown(self.history)), number=number))
        self.record(candidate)
        return candidate

    def taken_in(self, brief: Brief) -> Candidate:
        """The agent's change as a commit of ours, made from bytes we read."""
        known, started, began, number = shown(self.history), now(), time.monotonic(), brief.number
        self.announce(number)
        with self.workspace.draft(brief.start or brief.parent) as tree:
            proposal = self.agent.edit(brief, tree, known)
            message = f"{proposal.summary}\n\n{proposal.hypothesis}\n\nExperiment: {number}\n"
            with charged(proposal):
                taken = self.workspace.take_in(tree, number=number, parent=brief.parent, message=message, when=started)
        candidate = Candidate(
            number,
            taken.commit,
            brief.parent,
            proposal.summary,
            hypothesis=proposal.hypothesis,
            agent=proposal.agent or self.agent.name,
            started=started,
            agent_seconds=round(time.monotonic() - began, 3),
            cost_usd=proposal.cost_usd,
            tokens=proposal.tokens,
            detail=proposal.detail,
            nodes=taken.nodes,
            touched=taken.touched,
            counted=taken.counted,
            agent_version=proposal.agent_version,
            transcript=self.keep_log(proposal.transcript) if proposal.transcript else "",
            program=brief.program,
            step=brief.step,
            footprint=taken.footprint,
        )
        with charged(proposal):
            self.admit(candidate, known)
        return candidate

    def certify(self) -> Certificate:
        """Prove the tip against its rival, the last certified commit, with fresh runs of both."""
        number, runs = len(self.history.certificates) + 1, tuple(self.history.pending_certificate)
        tip, rival = self.history.tip_commit, self.history.rival_commit
        return self.contest(self.referee.certify, Evidence(self.history, number, tip, rival, runs, certificate=True))

    def contest(self, ask: Callable[[Evidence], Side | Decision], evidence: Evidence) -> Decision:
        """Measure whichever side the referee asks for, until it decides."""
        while isinstance(call := ask(evidence), Side):
            if self.interrupted():
                raise Interrupted("stopped by hand")
            evidence = evidence.plus(self.measured(call, evidence))
        return call

    def measured(self, side: Side, evidence: Evidence) -> Measurement:
        """One recorded run. The incumbent's failure is the machine's: tried twice, then the study pauses."""
        try:
            run = self.once(side, evidence)
        except Foul as foul:
            if side is Side.INCUMBENT:
                run = self.again(evidence)
            elif evidence.certificate:
                run = Measurement(
                    evidence.candidate, side, None, 0, foul.seconds, foul=f"{foul.outcome}: {foul.reason}"
                )
            else:
                raise
        run = replace(run, split=self.split_of(evidence))
        if evidence.certificate:
            run = replace(run, certificate=evidence.number)
        else:
            run = replace(run, experiment=evidence.number)
        self.record(run)
        return run

    def once(self, side: Side, evidence: Evidence, *, attempt: int = 0) -> Measurement:
        """One run, at a seed nobody but the referee knows beforehand."""
        commit = evidence.candidate if side is Side.CANDIDATE else evidence.incumbent
        seed, split = self.history.next_seed(attempt=attempt), self.split_of(evidence)
        return self.runner.measure(commit, side=side, seed=seed, split=split, against=evidence.incumbent)

    def again(self, evidence: Evidence) -> Measurement:
        """The incumbent's second chance."""
        try:
            return self.once(Side.INCUMBENT, evidence, attempt=1)
        except Foul as foul:
            raise RigFault(f"{evidence.incumbent[:9]}, which ran before, fails now: {foul.reason}") from foul

    def split_of(self, evidence: Evidence) -> str:
        """Certificates are measured on the holdout where there is one."""
        return self.proof_split if evidence.certificate else "public"

    def record(self, record: object) -> None:
        """Make `record` durable first; move the branches second."""
        self.ledger.append(record)
        if isinstance(record, Certificate) or (
            isinstance(record, Experiment) and record.verdict.outcome is Outcome.KEEP
        ):
            self.workspace.advance(self.history.tip_commit, self.history.proven_commit)
        self.on_record(record)
