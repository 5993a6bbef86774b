"""The long rhythm: a program is started once, tries many changes through its door, and is started again when it stops.

To the loop it is an agent like any other: `edit` waits for the next try that comes through the door and makes that
change in the draft; the verdict goes back through the door once it is recorded.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from autoresearch import telling
from autoresearch.agents import report
from autoresearch.agents.long import words
from autoresearch.agents.long.changes import Changes, Moved
from autoresearch.agents.long.door import KEPT, NOT_KEPT, OVER, REFUSED, WRONG, Question
from autoresearch.agents.long.resident import Desk
from autoresearch.agents.long.session import NOTHING, Account, Over, Session, Stays, Used
from autoresearch.causes import Cause
from autoresearch.errors import Foul, Interrupted, UserError
from autoresearch.history import Ended, History, Note
from autoresearch.history.disclosure import shown
from autoresearch.ledger import now
from autoresearch.memory import claims
from autoresearch.records import Brief, Experiment, Outcome, Proposal
from autoresearch.workspace import trees

POLL_SECONDS = 0.02
GRACE_SECONDS = 5.0
"""What a program gets to say goodbye once the night is over."""
MOST_ALIKE = 3
"""The same try so often in a row is a loop: the session ends, and another begins with a fresh brief."""
MOST_ASKED = 200
"""Questions without a try between them; one more is a loop, too."""
MOST_NOTES = 20
"""Of one session, and one more for each of its tries: every note is a record."""
LONGEST_WAIT = 60.0
"""Between two sessions that tried nothing, seconds; it doubles from one to the next."""


@dataclass(slots=True)
class Long:
    """A program that stays, as an agent."""

    program: Stays
    seconds: float = 600.0
    """How long a session may go without a try."""
    name: str = field(init=False)
    stop: threading.Event = field(default_factory=threading.Event)
    on_phase: Callable[[str, float], None] = lambda *_: None
    _desk: Desk | None = None
    _session: Session | None = None
    _begun: int = 0
    _barren: int = 0
    """Sessions in a row that tried nothing."""
    _asked: Question | None = None
    """The try that is being measured."""
    _alike: int = 0
    _last: str = ""
    """Commit of the last try."""
    _account: Account = field(default_factory=Account)
    _deadline: float = 0.0
    _why: str = ""
    """Why the night is over."""

    def __post_init__(self) -> None:
        self.name = self.program.name

    def join(self, desk: Desk) -> None:
        """Get to know the study. Once, before the first `edit`."""
        self._desk = desk
        trees.remove(desk.folder)

    def problems(self, tree: Path) -> list[str]:
        """Why the program could not begin in `tree`."""
        own = getattr(self.program, "problems", None)
        return list(own(tree)) if own else []

    def edit(self, brief: Brief, tree: Path, history: History) -> Proposal:
        """Wait for the next try, and make its change in `tree`, a draft of the current best.

        Raises Foul for what a try may not do, for a session that does not try anything within its time or ends
        without, and Interrupted.
        """
        self._deadline = time.monotonic() + self.seconds
        self.on_phase(f"{self.name}, until its next try", self.seconds)
        while True:
            session = self._session or self._begin(brief)
            alive = session.runs  # before looking for questions: the last one may come with the end
            question = session.door.next()
            if question is not None:
                if proposal := self._served(session, question, brief, tree, history):
                    return proposal
            elif not alive:
                if proposal := self._left_behind(session, brief, tree):
                    return proposal
            else:
                self.stop.wait(POLL_SECONDS)
            self._watch_the_clock()

    def _watch_the_clock(self) -> None:
        """Raise Foul when there was no try for too long, whatever else was asked; Interrupted when all is to stop."""
        if self.stop.is_set():
            raise Interrupted("stopped while the agent was at work; nothing recorded is lost")
        if self.program.waits:
            self._deadline = time.monotonic() + self.seconds
        elif self._session is not None and time.monotonic() > self._deadline:
            self._drop()
            idle = f"the agent tried nothing for {self.seconds:g} s"
            raise self._charged(Foul(Outcome.TIMEOUT, idle, cause=Cause.UNTRIED))

    def heard(self, record: object) -> None:
        """Pass a verdict on to the session, or the news that the night is over."""
        match record:
            case Experiment() if self._asked and self._session:
                self._tell(self._session, self._asked, record)
                self._asked = None
            case Ended(why=why):
                self._why = why

    def close(self) -> None:
        """Answer whoever still asks that the night is over, wait a little, end the program, settle its account."""
        session = self._session
        if session is not None:
            deadline = time.monotonic() + (GRACE_SECONDS if self._why else 0.0)
            self._part(session, self._asked)
            while session.runs and time.monotonic() < deadline and not self.stop.wait(POLL_SECONDS):
                self._part(session, session.door.next())
            self._drop()
        left = self._account.charge(self._used())
        if left not in (NOTHING, Used()):
            self._at.record(Note("uncharged", words.uncharged(left)))

    # Sessions

    def _begin(self, brief: Brief) -> Session:
        """Start the program on a fresh copy of the current best, after a wait when the last ones were barren."""
        if self._barren > 1 and self.stop.wait(min(LONGEST_WAIT, 2.0 ** (self._barren - 1))):
            raise Interrupted("stopped while the agent was waiting; nothing recorded is lost")
        self._begun += 1
        session = self._session = Session(self.program, self._at.folder / str(self._begun))
        self._at.workspace.lay_out(session.tree, brief.parent)
        session.base, self._last, self._alike = brief.parent, "", 0
        session.start(words.prompt(session.door.script, brief.text_for_door))
        self._deadline = time.monotonic() + self.seconds
        return session

    def _drop(self) -> Over:
        """End the session that is, and forget it; another begins when it is needed."""
        session, self._session, self._asked = self._session, None, None
        assert session is not None
        session.end()
        self._account.turn(self.program.used())
        self._barren = 0 if session.tries else self._barren + 1
        session.clear()
        over = session.over or Over()
        self._at.record(Note("session", words.farewell(self._begun, session.tries, self._at.keep(over.transcript))))
        return over

    def _demand_a_try(self, over: Over, why: str) -> None:
        """Raise Foul when the session that has just ended so had not tried anything: then that is the experiment."""
        if self._barren:
            nothing = Foul(Outcome.NO_CHANGE, why, log=over.transcript, cause=Cause.UNTRIED)
            raise self._charged(over.foul or nothing)

    def _left_behind(self, session: Session, brief: Brief, tree: Path) -> Proposal | None:
        """What a program that ended left without trying it, as a proposal.

        None when it had tried something before: another session goes on. Raises Foul when it had not.
        """
        over = session.over or Over()
        try:
            change = Changes(self._at.workspace, session).make(tree, brief)
            if change != self._last:
                session.tried()
                return self._proposal(over.summary or f"change {brief.number}", "", over)
        except Foul as foul:
            if foul.outcome is not Outcome.NO_CHANGE:
                session.tried()
                raise self._charged(foul) from None
        except Moved:
            pass
        finally:
            self._drop()
        self._demand_a_try(over, "the agent ended without trying anything")
        return None

    # Questions

    def _served(
        self, session: Session, question: Question, brief: Brief, tree: Path, history: History
    ) -> Proposal | None:
        """Answer, or give the proposal of a try, whose answer is its verdict."""
        if question.verb == "try":
            return self._tried(session, question, brief, tree)
        session.asked += 1
        if session.asked > MOST_ASKED:
            self._break_off(session, question, f"You asked {MOST_ASKED} questions without a try.")
            return None
        match question.verb:
            case "log":
                session.door.answer(question, "\n".join(telling.rows(history, max(1, question.number or 30))))
            case "show":
                code, text = words.experiment(question, history, self._at.workspace.diff)
                session.door.answer(question, text, code=code)
            case "brief":
                session.door.answer(question, brief.text_for_door)
            case "note":
                self._note(session, question)
            case _:
                session.door.answer(question, f"{session.door.script} says what may be asked.", code=WRONG)
        return None

    def _note(self, session: Session, question: Question) -> None:
        """Remember a claim, if it cites an experiment that was, and there were not too many."""
        if session.notes >= MOST_NOTES + session.tries:
            session.door.answer(question, f"You noted {session.notes} things already. Try something now.", code=WRONG)
            return
        try:
            self._at.record(claims.note(self._at.history(), " ".join(question.words[1:]), agent=True))
        except UserError as error:
            session.door.answer(question, f"{error.message} {error.fix}", code=WRONG)
        else:
            session.notes += 1
            session.door.answer(question, "Noted.")

    def _tried(self, session: Session, question: Question, brief: Brief, tree: Path) -> Proposal | None:
        """The proposal of a try. None when there is nothing to measure, which is answered at once."""
        try:
            change = Changes(self._at.workspace, session).make(tree, brief)
        except Moved as moved:
            self._send_back(session, question, words.moved(str(moved)), brief.parent)
            return None
        except Foul as foul:
            if foul.outcome is Outcome.NO_CHANGE:
                self._again(session, question, "Nothing was changed, so nothing was measured.", brief.parent)
                return None
            session.tried()
            self._asked = question
            raise self._charged(foul) from None
        if change == self._last:
            self._again(session, question, words.ALIKE, brief.parent)
            return None
        session.tried()
        self._asked, self._last, self._alike = question, change, 0
        hypothesis = question.option("-m", "--message")
        return self._proposal(question.option("-s", "--summary") or hypothesis, hypothesis, Over())

    def _again(self, session: Session, question: Question, text: str, best: str) -> None:
        """Answer a try of nothing new."""
        self._alike += 1
        if self._alike < MOST_ALIKE:
            self._send_back(session, question, text, best, code=WRONG)
        else:
            self._break_off(session, question, text)

    def _break_off(self, session: Session, question: Question, text: str) -> None:
        """End a session that goes in circles. Raises Foul when it had not tried anything."""
        session.door.answer(question, f"{text} This session ends here.", code=OVER)
        self._demand_a_try(self._drop(), "the agent went in circles without trying anything")

    def _proposal(self, summary: str, hypothesis: str, over: Over) -> Proposal:
        """What the session says it did, charged with what was used since the last one."""
        used = self._account.charge(self._used())
        return Proposal(
            report.one_line(summary, report.MAX_SUMMARY) or "a change",
            report.one_line(hypothesis, report.MAX_HYPOTHESIS),
            agent=self.name,
            tokens=used.tokens,
            cost_usd=used.cost_usd,
            agent_version=self.program.version,
            transcript=over.transcript,
        )

    def _charged(self, foul: Foul) -> Foul:
        used = self._account.charge(self._used())
        foul.tokens, foul.cost_usd = used.tokens, used.cost_usd
        return foul

    def _used(self) -> Used:
        """By the session that is. A dropped one is in the account already, though its program still tells."""
        return self.program.used() if self._session else NOTHING

    def _tell(self, session: Session, question: Question, done: Experiment) -> None:
        """Answer a try with its verdict, and bring the session's files to the current best."""
        real = self._at.history()
        outcome, best = done.verdict.outcome, real.tip_commit
        code = {Outcome.KEEP: KEPT, Outcome.OUT_OF_SCOPE: REFUSED, Outcome.VIOLATION: REFUSED}.get(outcome, NOT_KEPT)
        text = words.verdict(shown(real), done.number, now(), log=self._at.log_of(done))
        self._send_back(session, question, text, best, code=code)

    def _send_back(self, session: Session, question: Question, text: str, best: str, *, code: int = NOT_KEPT) -> None:
        """Answer, and bring the session's files to the current best. A session whose files cannot be mended ends."""
        try:
            restoring = Changes(self._at.workspace, session).restoring(best)
        except Foul:  # the tree holds what no candidate can: only a fresh one helps
            session.door.answer(question, text + words.FRESH, code=code)
            self._demand_a_try(self._drop(), "the agent left a tree that cannot be mended, and tried nothing")
        else:
            session.door.answer(question, text + words.restored(restoring), code=code, restoring=restoring)
            session.base = best

    def _part(self, session: Session, question: Question | None) -> None:
        if question is not None:
            session.door.answer(question, words.over(self._why), code=OVER)

    @property
    def _at(self) -> Desk:
        assert self._desk is not None, "an agent with the long rhythm joins its study first"
        return self._desk
