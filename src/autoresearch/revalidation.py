"""Measuring again, in this epoch, what was kept in any: each change alone on the base, and all of them together.

It informs and decides nothing: no rule reads these runs. Every run is a record, so that a kill costs one of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from autoresearch.assembly import Assembly, reopen
from autoresearch.errors import Foul, Interrupted, RigFault, UserError
from autoresearch.history import History, Retried, Revalidation
from autoresearch.history.lineage import ancestry
from autoresearch.records import Experiment, Measurement, Side
from autoresearch.referees.reading import missed
from autoresearch.site import Site
from autoresearch.study import Study
from autoresearch.task import Task
from autoresearch.workspace.grafts import graft
from autoresearch.workspace.workspace import Workspace


def begin(root: Path, task: Task, *, runs: int) -> Assembly:
    """The study in the epoch of now, with a revalidation on its record: the unfinished one, else a new one.

    `runs` is how many a side a new one has. Raises UserError when nothing that was kept still stands.
    """
    if not standing(Site(root, task.name).ledger().history):
        raise UserError(
            "Nothing that was kept still stands; there is nothing to measure again.", fix="autoresearch log"
        )
    assembly = reopen(root, task)
    study, history = assembly.study, assembly.study.history
    changes = tuple(_retried(study, done) for done in standing(history))  # made again they are the same commits
    epoch = history.epoch.number if history.epoch else 0
    plan = Revalidation(1, epoch, study.workspace.base, history.tip_commit, runs, changes)
    before = history.revalidation
    if before is None or not _goes_on(history, before, plan):
        study.record(replace(plan, number=before.number + 1 if before else 1))
    return assembly


def _goes_on(history: History, before: Revalidation, plan: Revalidation) -> bool:
    """Whether `before` is unfinished, and about the same commits in the same epoch."""
    is_same = (before.changes, before.tip, before.epoch) == (plan.changes, plan.tip, plan.epoch)
    return is_same and next_commit(history, before) is not None


def standing(history: History) -> list[Experiment]:
    """The kept changes that the tip is made of, oldest first."""
    return list(ancestry(history, history.tip_commit))[::-1]


def _retried(study: Study, done: Experiment) -> Retried:
    assert done.candidate
    base, commit = study.workspace.base, done.candidate.commit
    if done.parent == base:
        return Retried(done.number, commit)
    return Retried(done.number, _alone(study.workspace, old=done.parent, new=commit))


def _alone(workspace: Workspace, *, old: str, new: str) -> str:
    """The commit that is the base with the step from `old` to `new`; empty where the two do not go together."""
    conflicts: list[str] = []

    def edit(tree: Path) -> None:
        conflicts.append(graft(workspace, tree, onto=workspace.base, old=old, new=new))

    try:
        commit = workspace.rehearsed(edit, onto=workspace.base)
    except Foul:  # nothing is left of it there
        return ""
    return "" if conflicts[0] else commit


class Plan(Protocol):
    """What is to be measured outside the nights, and how often."""

    @property
    def purpose(self) -> str:
        """What the runs name as theirs."""

    @property
    def base(self) -> str:
        """The commit the others are held against; it must run."""

    @property
    def commits(self) -> list[str]:
        """What is measured, the base first."""

    @property
    def runs(self) -> int:
        """Of each commit."""


def measure(study: Study) -> Iterator[Measurement]:
    """Every run of the revalidation on record that is still missing; raises like `follow`."""
    plan = study.history.revalidation
    assert plan
    yield from follow(study, plan)


def follow(study: Study, plan: Plan) -> Iterator[Measurement]:
    """Every run of `plan` that is still missing, each on the record before it is handed out.

    Raises Interrupted between two runs, RigFault when the base does not run, and Drift.
    """
    while commit := next_commit(study.history, plan):
        if study.interrupted():
            raise Interrupted("stopped by hand")
        run = replace(_run(study, plan, commit), purpose=plan.purpose)
        study.record(run)
        yield run


def next_commit(history: History, plan: Plan) -> str | None:
    """What to measure next: round by round, every second round backwards; a commit that fouled is not run again.

    A missed target is a result, not a foul: stopped there, the verdict would rest on the runs that reached it.
    """
    done = history.asides.get(plan.purpose, [])
    fouled = {run.commit for run in done if run.value is None and not missed(run)}
    for number in range(plan.runs):
        for commit in plan.commits[:: -1 if number % 2 else 1]:
            if commit not in fouled and sum(run.commit == commit for run in done) <= number:
                return commit
    return None


def _run(study: Study, plan: Plan, commit: str) -> Measurement:
    side = Side.INCUMBENT if commit == plan.base else Side.CANDIDATE
    try:
        if not any(run.commit == commit for run in study.history.asides.get(plan.purpose, ())):
            study.runner.check(commit)
        return study.runner.measure(commit, side=side, seed=study.history.next_seed(), against=plan.base)
    except Foul as foul:
        if side is Side.INCUMBENT:
            raise RigFault(f"the base {commit[:9]} does not run now: {foul.reason}") from foul
        return Measurement(commit, side, None, 0, foul.seconds, foul=f"{foul.outcome}: {foul.reason}")
