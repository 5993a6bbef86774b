"""A study and its parts, put together from the names in its task."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from autoresearch import agents, referees, strategies, telling
from autoresearch.admission import Admission
from autoresearch.agents.long import Desk, residents
from autoresearch.agents.splitting import Splitting
from autoresearch.assembly.rig import Rig, closed_on_error, rig_up
from autoresearch.brief import Author
from autoresearch.config import program
from autoresearch.history import Asked, History, Note
from autoresearch.history.disclosure import shown
from autoresearch.ledger import Ledger
from autoresearch.listeners.alarms import Watch
from autoresearch.listeners.errand import Errand
from autoresearch.listeners.logs import Cap
from autoresearch.memory.notes import Consolidation
from autoresearch.mending import Mender
from autoresearch.notify import Bell
from autoresearch.protocols import Agent
from autoresearch.records import Experiment
from autoresearch.runners.watched import WatchedRunner
from autoresearch.site import Site
from autoresearch.study import Study
from autoresearch.surroundings.surroundings import watch
from autoresearch.task import Task


@dataclass(slots=True)
class Assembly:
    """A study and the parts of it that surfaces want to look at."""

    rig: Rig
    study: Study
    runner: WatchedRunner
    bell: Bell
    news: list[str] = field(default_factory=list)
    """What the person should know before it starts, a sentence each."""

    def close(self) -> None:
        """End what still runs for it. What is recorded stays."""
        try:
            for agent in residents(self.study.agent):
                agent.close()
        finally:
            self.rig.workspace.close()


def put_together(root: Path, task: Task, *, unsafe: bool) -> Assembly:
    """The study as its ledger and its task have it, before anything is recorded. Raises UserError."""
    site = Site(root, task.name)
    site.create()
    ledger = Ledger(site.ledger_path, History())
    ledger.refresh()
    ledger.demand_ours()
    referee = referees.make(task.referee, task.referee_options, task.metric, constraints=task.constraints)
    rig = rig_up(root, task, ledger.history, unsafe=unsafe)
    watched = WatchedRunner(rig.runner, watch(rig.surroundings, rig.workspace.tampered))
    with closed_on_error(rig.workspace):
        agent = _agent(rig)
    study = Study(
        ledger=ledger,
        workspace=rig.workspace,
        runner=watched,
        referee=referee,
        strategy=strategies.make(task.strategy, task, author(task, root, rig.workspace.diff)),
        agent=agent,
        admit=Admission(task.bundles),
        give_up_after=task.give_up_after,
        proof_split="holdout" if task.holdout else "public",
        keep_log=site.keep_log,
    )
    bell = Bell(root, {"alarm": task.alarm, "night": task.told_nights}, task.notify)
    if task.repair:
        study.mend = Mender(study.strategy, lambda: ledger.history, lambda who: agents.mends(study.agent, who))
    study.announce = lambda number: None if agents.is_free(study.agent) else study.record(Asked(number))
    study.on_record = each_of(
        Watch(lambda: ledger.history, study.record, bell, lambda: study.give_up_after),
        Cap(site.logs, lambda: ledger.history, study.record),
        Consolidation(lambda: ledger.history, site.folder / "notes"),
        Errand(study.record, task.errand, root),
    )
    _acquaint(study, rig)
    watched.on_drift = lambda changes: study.record(Note("drift", f"changed while a night ran: {changes}"))
    return Assembly(rig, study, watched, bell)


def author(task: Task, root: Path, patch: Callable[[str, str], str] | None = None) -> Author:
    """Who writes the briefs of the study in `root`: `program.md` is read again for each."""
    return Author(task, partial(program, root), patch)


def _agent(rig: Rig) -> Agent:
    task = rig.task
    agent = agents.make(task.agent, task.agent_options, task=task, sandbox=rig.sandbox, toolchain=rig.toolchain)
    return Splitting(agent, rig.workspace) if task.bundles == "split" else agent


def _acquaint(study: Study, rig: Rig) -> None:
    """Let agents that outlive one experiment know their study, and hear every record."""

    def end_of_log(done: Experiment) -> str:
        told = shown(study.history).experiments[done.number]
        return telling.end_of_log(told, rig.task, rig.site.log_path(told.log))

    for place, agent in enumerate(residents(study.agent)):
        folder = rig.site.folder / "session" / str(place)  # two members may be the same program
        agent.join(Desk(rig.workspace, folder, lambda: study.history, study.record, end_of_log, study.keep_log))
        study.on_record = each_of(study.on_record, agent.heard)


def each_of(*heard: Callable[[object], None]) -> Callable[[object], None]:
    """One listener for several."""

    def hear(record: object) -> None:
        for each in heard:
            each(record)

    return hear
