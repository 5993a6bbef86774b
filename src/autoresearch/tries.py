"""One experiment made of a working copy: measured and judged by the study's own engine, then kept or put back.

Tries need no budget. Those that no night is open for begin one of their own, and it is one night for forty of them, so
that its certificates share one error rate however long somebody goes on.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autoresearch import telling
from autoresearch.agents.workingcopy import PutBack, WorkingCopy
from autoresearch.assembly import READ_FROM_DISK, Assembly, assemble_tries, begin_try
from autoresearch.errors import UserError
from autoresearch.history.disclosure import shown
from autoresearch.ledger import now
from autoresearch.records import Certificate, Experiment, Outcome, Ruling
from autoresearch.site import Site
from autoresearch.study import Study
from autoresearch.task import Task
from autoresearch.workspace import git
from autoresearch.workspace.intake import quote

REFUSED = (Outcome.OUT_OF_SCOPE, Outcome.VIOLATION)

During = Callable[[Assembly], AbstractContextManager[object]]


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one try."""

    told: dict[str, Any]
    """The experiment as `telling.account` has it."""
    kept: bool
    """Whether the change is in the current best now."""
    refused: bool
    """Whether it did what no candidate may do; it was not measured."""
    files: PutBack
    branch: str
    """Where the current best is, in the user's repository."""
    left: dict[str, float | None]
    """What the night still allows."""
    news: tuple[str, ...] = ()
    """What else the person should know, a sentence each."""
    log: str = ""
    """The end of what a failed candidate printed."""

    def as_dict(self) -> dict[str, Any]:
        """For programs. Keys are a contract: they may grow, never change."""
        files = {"restored": list(self.files.paths), "not_restored": list(self.files.left), "saved": self.files.saved}
        said = {"kept": self.kept, "refused": self.refused, "branch": self.branch, "budget_left": self.left}
        return {"schema": 1} | self.told | said | files | {"news": list(self.news), "log": self.log}


def attempt(
    root: Path,
    task: Task,
    *,
    hypothesis: str,
    summary: str = "",
    leave: bool = False,
    during: During = lambda _: nullcontext(),
) -> Tried:
    """Measure what the working copy at `root` changed, judge it, and make its files the best's.

    `summary` defaults to the hypothesis; `leave` leaves the files as they are; the study is at work within `during`.
    Raises UserError without a hypothesis, when there is nothing to try or it does not go together with the current
    best, when another process is at work on the study, and whatever `Study.run` raises; no file was touched then.
    """
    if not hypothesis.strip():
        raise UserError(
            "A try needs a hypothesis: what should get better, and why.",
            fix='autoresearch try -m "a wider layer learns faster"',
        )
    site = Site(root, task.name)
    site.create()
    with site.occupied():
        assembly = assemble_tries(root, task)
        study, exempt = assembly.study, READ_FROM_DISK
        copy = WorkingCopy(
            assembly.rig.workspace,
            git.UserRepository(root),
            _first_line(summary.strip() or hypothesis),
            hypothesis,
            exempt,
        )
        study.agent = copy
        try:
            with during(assembly):
                done, rulings = _experiment(assembly, copy)
                assembly.runner.demand_unchanged(thorough=True)
            files = PutBack() if leave else copy.put_back(done, study.history.tip_commit)
            study.reconcile()
            return _tried(assembly, copy, done, files, rulings)
        finally:
            assembly.rig.workspace.close()


@contextmanager
def quietly(assembly: Assembly) -> Iterator[None]:
    """Within, `status` elsewhere says what is being done, and nothing is printed."""
    step = assembly.rig.site.set_step
    assembly.rig.runner.on_phase = lambda name, seconds: step(f"try: {name}", seconds=seconds, began=now())
    yield


def _experiment(assembly: Assembly, copy: WorkingCopy) -> tuple[Experiment, list[Certificate]]:
    """The try itself, after what other nights left undone: the baseline, an open experiment, the certificates due."""
    study = assembly.study
    study.reconcile()
    if study.history.baseline is None:
        study.record(study.attempt())
    opened = study.history.candidates.get(study.history.next_number)
    if opened is not None and not copy.holds(opened):
        study.record(study.attempt())
    rulings = _certificates(study)
    begin_try(assembly)
    done = study.attempt()
    study.record(done)
    return done, rulings + _certificates(study)


def _certificates(study: Study) -> list[Certificate]:
    given = []
    while study.referee.certificate_due(study.history):
        given.append(study.certify())
        study.record(given[-1])
    return given


def _tried(
    assembly: Assembly, copy: WorkingCopy, done: Experiment, files: PutBack, rulings: list[Certificate]
) -> Tried:
    history = assembly.study.history
    known = shown(history)
    news = list(assembly.news) if known is history else []
    if copy.strays:
        some = ", ".join(quote(path) for path in copy.strays[:3]) + (", ..." if len(copy.strays) > 3 else "")
        news.append(f"Not part of it, because the task lets nobody change them: {some}.")
    if copy.sealed:
        news.append(f"To undo what nobody may change: git checkout HEAD -- {shlex.join(copy.sealed)}")
    if known is history:  # of sealed answers on finite data nothing is told
        news += [f"Certificate {given.number}: {given.ruling}. {given.reason}" for given in rulings]
    elif any(given.ruling is Ruling.ROLLED_BACK for given in rulings):
        news.append("The study's best went back to an earlier commit.")
    kept = done.verdict.outcome is Outcome.KEEP and history.tip is not None and history.tip.number == done.number
    log = assembly.rig.site.log_path(done.log)
    return Tried(
        told=telling.account(known, done.number),
        kept=kept,
        refused=done.verdict.outcome in REFUSED,
        files=files,
        branch=assembly.rig.workspace.refs.tip.removeprefix("refs/heads/"),
        left=telling.left(history, now()),
        news=tuple(news),
        log=telling.end_of_log(known.experiments[done.number], assembly.rig.task, log),
    )


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0][:200]
