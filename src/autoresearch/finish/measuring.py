"""Each branch measured alone beside the base, and all of them together, in the epoch of now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from autoresearch.assembly import Assembly, reopen
from autoresearch.errors import UserError
from autoresearch.finish.plan import Plan
from autoresearch.history import Archive, Delivered, Finish, History
from autoresearch.ledger import Ledger
from autoresearch.revalidation import next_commit
from autoresearch.task import Task
from autoresearch.views.finished import finished


def recorded(ledger: Ledger[Archive], plan: Plan, done: Sequence[Delivered]) -> Finish:
    """A hand-over of which nothing is measured again, on the ledger."""
    record = _record(ledger.history, plan, done, runs=0)
    ledger.append(record)
    return record


def begin(root: Path, task: Task, plan: Plan, done: Sequence[Delivered], *, runs: int) -> tuple[Assembly, Finish]:
    """The study in the epoch of now, with the hand-over on its ledger: the unfinished one, else a new one."""
    assembly = reopen(root, task)
    history = assembly.study.history
    record, before = _record(history, plan, done, runs=runs), history.finish
    if before and replace(before, number=record.number) == record and next_commit(history, before):
        return assembly, before
    assembly.study.record(record)
    return assembly, record


def _record(history: History, plan: Plan, done: Sequence[Delivered], *, runs: int) -> Finish:
    number = history.finish.number + 1 if history.finish else 1
    epoch = history.epoch.number if history.epoch else 0
    return Finish(number, epoch, plan.base, plan.commit, plan.evidence.certified, runs, tuple(done))


def refuse_broken(history: Archive) -> None:
    """Raise UserError where a branch of the last hand-over does not run without the others."""
    table = finished(history)
    for row in table.rows if table else ():
        if row.measured.verdict.startswith("failed"):
            raise UserError(
                f"{row.name} does not stand alone: {row.measured.verdict}. No branch was made.",
                fix="autoresearch finish --squash, or join what belongs together: --group 1,2",
            )
