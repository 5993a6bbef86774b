"""From a repository with a task file to a study that can run: names become objects, and the ledger learns the setting.

The setting is three records, each written only when it says something new: the study (once), the epoch (whenever
anything a number depends on has changed) and the night (whenever a budget is granted).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import autoresearch
from autoresearch import agents, budget, cautions, epochs, git, referees, sandboxes, selftests, strategies, telling
from autoresearch.admission import Admission
from autoresearch.agents.long import Desk, residents
from autoresearch.agents.pruner import Pruner
from autoresearch.agents.splitting import Splitting
from autoresearch.alarms import Watch
from autoresearch.brief import Author
from autoresearch.causes import Cause
from autoresearch.config import PROGRAM_FILE, TASK_FILE, program
from autoresearch.disclosure import shown
from autoresearch.errand import Errand
from autoresearch.errors import Foul, UserError
from autoresearch.globs import Globs
from autoresearch.history import Asked, Control, Epoch, History, Night, Note, StudyStart, Vault
from autoresearch.intake import quote
from autoresearch.inventory import Memory
from autoresearch.ledger import Ledger, now
from autoresearch.lineage import removable
from autoresearch.logs import Cap
from autoresearch.mending import Mender
from autoresearch.notes import Consolidation
from autoresearch.notify import Bell
from autoresearch.protocols import Agent, Sandbox
from autoresearch.records import Experiment, Outcome, Side, Verdict
from autoresearch.runners.local import LocalRunner
from autoresearch.runners.watched import WatchedRunner
from autoresearch.site import FOLDER, Site
from autoresearch.strategies.greedy import Greedy
from autoresearch.study import Study
from autoresearch.surroundings import Surroundings, survey, told, watch
from autoresearch.task import Budget, Task
from autoresearch.toolchain import Toolchain, machine
from autoresearch.workspace import Workspace

READ_FROM_DISK = (TASK_FILE, PROGRAM_FILE)
"""What counts as it lies there, committed or not."""

LARGE_TREE_BYTES = 200 << 20

TRIES = Budget(experiments=40)
"""A night of tries: how many share the error rate of one night."""


@dataclass(slots=True)
class Rig:
    """What measuring needs, before any ledger: `check` uses it alone."""

    task: Task
    site: Site
    workspace: Workspace
    toolchain: Toolchain
    sandbox: Sandbox
    properties: Mapping[str, bool]
    runner: LocalRunner
    surroundings: Surroundings


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


def rig_up(root: Path, task: Task, history: History, *, unsafe: bool = False) -> Rig:
    """The measuring side of a study. Until its first experiment is finished it grows from HEAD. Raises UserError."""
    site = Site(root, task.name)
    site.create()
    begun = history.study if history.experiments else None
    toolchain = Toolchain(root)
    surroundings = survey(task, toolchain, Memory(site.folder / "digests.json"))
    workspace = Workspace.open(
        root,
        site.folder,
        task.name,
        editable=task.editable,
        hidden=task.hidden,
        base=begun.base if begun else None,
        movable=begun is None,
    )
    name, required = ("none", ()) if unsafe else (task.sandbox, task.require)
    sandbox, properties = sandboxes.choose(name, required, hide=(root,))
    runner = LocalRunner(
        task,
        workspace,
        sandbox,
        toolchain,
        machine=_one_line(machine()),
        folder=site.folder,
        keep_log=site.keep_log,
        keep_series=site.keep_series,
    )
    return Rig(task, site, workspace, toolchain, sandbox, properties, runner, surroundings)


def assemble(
    root: Path,
    task: Task,
    *,
    granted: Budget | None = None,
    unsafe: bool = False,
    prune: bool = False,
    set_aside: bool = False,
) -> Assembly:
    """Everything `run` needs, with the ledger brought up to date.

    `granted` is a budget asked for on the command line; None takes the task's own, or goes on with the night that is
    not over. `prune` begins a night that takes back, one by one, the changes between the base and what is certified;
    with `set_aside` also when that is not the tip, which then goes back to it.
    Raises UserError.
    """
    assembly = _put_together(root, task, unsafe=unsafe)
    with _closed_on_error(assembly.rig.workspace):
        refuse_superseded(assembly.rig)
        _go_back_to(assembly, assembly.study.history.granted)
        if prune:
            _refuse_to_prune(assembly, set_aside=set_aside)
        else:
            _refuse_if_spent(assembly, granted)
        study = assembly.study
        if study.history.stopping or study.history.paused:
            study.ledger.append(Control("resume"))
        _begin(assembly, unsafe=unsafe)
        if prune:
            granted = _changes_to_prune(assembly)
        _begin_night(assembly, granted, purpose="prune" if prune else "")
        if study.history.prunes:
            study.agent = Pruner(study.workspace)
            study.strategy = Greedy(Author(task), steps=("simplify",))
            study.give_up_after = 0  # every change is another one, whatever became of those before it
    return assembly


def assemble_tries(root: Path, task: Task) -> Assembly:
    """A study for experiments somebody else makes, one by one; its agent is still to be given. Raises UserError.

    Before each of them, `begin_try` finds the night it counts in. None is made while a night prunes: what that takes
    back was certified without it.
    """
    assembly = _put_together(root, replace(task, agent="tuner", agent_options={}), unsafe=False)
    with _closed_on_error(assembly.rig.workspace):
        refuse_superseded(assembly.rig)
        if assembly.study.history.prunes and not _is_over(assembly):
            raise UserError("A night that prunes is not over yet.", fix="autoresearch run goes on with it")
        _begin(assembly, unsafe=False)
        if assembly.study.history.night is None:
            begin_try(assembly)
    return assembly


def begin_try(assembly: Assembly) -> None:
    """Have the next experiment count in the night that is open; else in the last one of tries, or a new one.

    A night that holds a budget of money is not joined, and goes on afterwards: a person's work has no price.
    """
    history = assembly.study.history
    if history.night is not None and (_is_over(assembly) or not _goes_on(history.night, TRIES, "try")):
        _go_back_to(assembly, history.trying)
    _begin_night(assembly, TRIES, purpose="try")


def _go_back_to(assembly: Assembly, night: Night | None) -> None:
    """Make `night` the one that experiments count in, where another came between."""
    history = assembly.study.history
    if night is not None and history.night is not None and night.number != history.night.number:
        assembly.study.ledger.append(night)


def reopen(root: Path, task: Task) -> Assembly:
    """The study, in the epoch of now, for what is measured outside its nights. Raises UserError."""
    assembly = _put_together(root, task, unsafe=False)
    with _closed_on_error(assembly.rig.workspace):
        _begin(assembly, unsafe=False)
    return assembly


@contextmanager
def _closed_on_error(workspace: Workspace) -> Iterator[None]:
    try:
        yield
    except BaseException:
        workspace.close()
        raise


def _put_together(root: Path, task: Task, *, unsafe: bool) -> Assembly:
    site = Site(root, task.name)
    site.create()
    ledger = Ledger(site.ledger_path, History())
    ledger.refresh()
    ledger.demand_ours()
    referee = referees.make(task.referee, task.referee_options, task.metric, constraints=task.constraints)
    rig = rig_up(root, task, ledger.history, unsafe=unsafe)
    watched = WatchedRunner(rig.runner, watch(rig.surroundings, rig.workspace.tampered))
    with _closed_on_error(rig.workspace):
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


def _acquaint(study: Study, rig: Rig) -> None:
    """Let agents that outlive one experiment know their study, and hear every record."""

    def end_of_log(done: Experiment) -> str:
        told = shown(study.history).experiments[done.number]
        return telling.end_of_log(told, rig.task, rig.site.log_path(told.log))

    for place, agent in enumerate(residents(study.agent)):
        folder = rig.site.folder / "session" / str(place)  # two members may be the same program
        agent.join(Desk(rig.workspace, folder, lambda: study.history, study.record, end_of_log, study.keep_log))
        study.on_record = each_of(study.on_record, agent.heard)


def author(task: Task, root: Path, patch: Callable[[str, str], str] | None = None) -> Author:
    """Who writes the briefs of the study in `root`: `program.md` is read again for each."""
    return Author(task, partial(program, root), patch)


def _agent(rig: Rig) -> Agent:
    task = rig.task
    agent = agents.make(task.agent, task.agent_options, task=task, sandbox=rig.sandbox, toolchain=rig.toolchain)
    return Splitting(agent, rig.workspace) if task.bundles == "split" else agent


def each_of(*heard: Callable[[object], None]) -> Callable[[object], None]:
    """One listener for several."""

    def hear(record: object) -> None:
        for each in heard:
            each(record)

    return hear


def _begin(assembly: Assembly, *, unsafe: bool) -> None:
    """Record the study and the epoch, where they are new, and what is known of the evaluator."""
    rig, ledger = assembly.rig, assembly.study.ledger
    task, base, begun = rig.task, rig.workspace.base, ledger.history.study
    epoch = setting(rig, unsafe=unsafe)
    tested = [] if unsafe else selftests.demand(task, rig.site.root, rig.site.selftests_path, epoch.digest)
    if begun is None or begun.base != base:
        ledger.append(StudyStart(task.name, base, secrets.token_hex(16), autoresearch.__version__))
    _begin_epoch(assembly, epoch)
    for result in tested:
        if ledger.history.selftests.get(result.name) != result:
            ledger.append(result)


def setting(rig: Rig, *, unsafe: bool = False) -> Epoch:
    """Everything a number measured with this rig depends on, as an epoch that could begin now."""
    task = rig.task
    epoch = Epoch(
        number=1,
        digest="",
        task=task.digest,
        trust_class=str(task.trust_class),
        sandbox=rig.sandbox.name,
        properties=dict(rig.properties),
        machine=machine(),
        environment={
            **rig.surroundings.environment,
            "sealed": rig.workspace.sealed_digest(rig.workspace.base),
            "task": dict(task.measured),
        },
        metric=task.metric,
        referee=task.referee,
        referee_options=dict(task.referee_options),
        unsafe=unsafe or rig.sandbox.name == "none",
        questions=(task.holdout_budget or 0) if task.metric.source == "depleting" else 0,
        constraints=task.constraints,
        started=now(),
    )
    return replace(epoch, digest=epochs.fingerprint(epoch))


def _begin_epoch(assembly: Assembly, epoch: Epoch) -> None:
    """Record `epoch`, unless the study is in it."""
    ledger = assembly.study.ledger
    before = ledger.history.epoch
    if before is not None and before.digest != epoch.digest:
        epoch = replace(epoch, number=before.number + 1, why=told(epochs.differences(before, epoch)))
        assembly.news.append(f"Epoch {epoch.number} begins, with a new baseline. What changed: {epoch.why}.")
    if before is None or before.digest != epoch.digest:
        if ledger.history.baseline is not None:
            _close_open_attempt(ledger, "the setting changed")
        ledger.append(epoch)


def _is_over(assembly: Assembly) -> bool:
    """Whether the night's budget is spent, and nothing it kept waits for its proof."""
    history = assembly.study.history
    return bool(budget.spent(history, now())) and not assembly.study.referee.certificate_due(history)


def _refuse_if_spent(assembly: Assembly, granted: Budget | None) -> None:
    """Raise UserError when there is nothing to do; what a kill left undone is done all the same."""
    history = assembly.study.history
    if history.night and history.night.purpose != "try" and granted is None and _is_over(assembly):
        assembly.study.reconcile()
        why = budget.spent(history, now())
        raise UserError(
            f"Nothing to do: {why}.", fix="autoresearch run --experiments 20 (or --hours 8) grants another night"
        )


def _close_open_attempt(ledger: Ledger[History], why: str) -> None:
    """A candidate that was never judged cannot be, by other rules than it was made for: it ends here, on the record."""
    history = ledger.history
    candidate = history.candidates.get(history.next_number)
    if candidate is not None:
        ledger.append(
            Experiment(
                number=candidate.number,
                candidate=candidate,
                verdict=Verdict(Outcome.CRASH, f"never judged: {why} before it was", cause=Cause.UNJUDGED),
                value=None,
                parent=candidate.parent,
                agent=candidate.agent,
                started=candidate.started,
                cost_usd=candidate.cost_usd,
                tokens=candidate.tokens,
            )
        )


def _refuse_to_prune(assembly: Assembly, *, set_aside: bool) -> None:
    """Raise UserError when there is nothing to take back, or no night to do it in."""
    history = assembly.study.history
    if history.prunes and not _is_over(assembly):
        return
    if assembly.rig.task.referee == "timing":
        raise UserError(
            "Pruning compares runs at different times, which the preset timing does not trust.",
            fix='set preset = "certify" in [referee], certify the tip with `autoresearch run`, and prune then',
        )
    if history.unpruned is None:
        raise UserError("Nothing is certified yet, so there is nothing to prune.", fix="autoresearch run")
    if history.tip_commit != history.proven_commit and not set_aside:
        raise UserError(
            "Some kept changes are not certified yet; only what is certified can be pruned.",
            fix="autoresearch run --experiments 20 proves or drops them; `autoresearch prune --set-aside` does without",
        )
    if not removable(history):
        raise UserError("Every certified change was taken back already.", fix="autoresearch log")


def _changes_to_prune(assembly: Assembly) -> Budget | None:
    """One experiment for each change to take back; None to go on with a night that does."""
    history = assembly.study.history
    if history.prunes and not _is_over(assembly):
        return None
    return Budget(experiments=len(removable(history)))


def _begin_night(assembly: Assembly, granted: Budget | None, *, purpose: str) -> None:
    task, history = assembly.rig.task, assembly.study.history
    if history.night and not _is_over(assembly) and _goes_on(history.night, granted, purpose):
        _recount_certificates(assembly, history.night)
        return
    wanted = granted or task.budget
    if wanted == Budget():
        raise UserError("No budget is given, so the night would never end.", fix="autoresearch run --experiments 20")
    if not purpose and task.agent != "tuner":  # which lacks no program and no key
        _refuse_if_unable(assembly)
    if history.night and "prune" in (purpose, history.night.purpose):
        _close_open_attempt(assembly.study.ledger, "another kind of night began")
    assembly.study.ledger.append(_night(assembly, wanted, purpose))


def _refuse_if_unable(assembly: Assembly) -> None:
    """Raise UserError where the agent could not begin: a night that it cannot use would be spent on its failures."""
    study, task = assembly.study, assembly.rig.task
    with study.workspace.draft(study.history.tip_commit or study.workspace.base) as tree:
        found = agents.problems(study.agent, tree, task.editable)
    if found:
        message, _, fix = found[0].partition(" Try: ")
        raise UserError(message, fix=fix or "autoresearch check")


def _recount_certificates(assembly: Assembly, night: Night) -> None:
    """With another preset the rest of the night is a night of its own: other certificates share the level."""
    if assembly.study.history.night_preset == assembly.rig.task.referee or night.purpose == "prune":
        return
    again = _night(assembly, night.budget, night.purpose)
    assembly.study.ledger.append(replace(again, first=night.first, started=night.started))


def _goes_on(night: Night, granted: Budget | None, purpose: str) -> bool:
    """Whether what is asked for goes on with `night` instead of beginning another.

    A try does with any but a night that prunes, or one that must know what everything costs: a person's work has no
    price. No other night goes on with one of tries.
    """
    if purpose == "try":
        return night.purpose != "prune" and night.budget.cost_usd is None and night.budget.tokens is None
    same = [(None, ""), (None, night.purpose), (night.budget, night.purpose)]
    return night.purpose != "try" and (granted, purpose) in same


def _night(assembly: Assembly, wanted: Budget, purpose: str) -> Night:
    task, history = assembly.rig.task, assembly.study.history
    certificates = 1 if purpose == "prune" else referees.certificates(wanted, task.referee)
    if task.holdout_budget is not None:
        left = task.holdout_budget - len(history.certificates)
        if left < certificates:
            certificates = max(0, left)
            if purpose != "try":  # an agent may be trying, and never learns how much the holdout still answers
                assembly.news.append(
                    f"The holdout may answer {certificates} more certificates of its {task.holdout_budget}."
                )
    return Night(
        number=max(history.presets, default=0) + 1,
        budget=wanted,
        certificates=certificates,
        first=_first(history),
        started=now(),
        purpose=purpose,
    )


def open_vault(rig: Rig, history: History) -> Vault:
    """Ask the vault: one run of what the study grew from and one of the certified commit.

    Raises UserError when one of them gives no number; the vault has then not been opened.
    """
    assert history.study is not None
    runs = {}
    for side, commit in ((Side.INCUMBENT, history.study.base), (Side.CANDIDATE, history.proven_commit)):
        try:
            runs[side] = rig.runner.measure(commit, side=side, seed=history.next_seed(), split="vault")
        except Foul as foul:
            text = f"{commit[:9]} gives no number on the vault's data: {foul.reason}. It stays closed."
            raise UserError(text, fix="mend the [vault] command; a study's task may name another one") from foul
    ours, theirs = runs[Side.CANDIDATE], runs[Side.INCUMBENT]
    assert ours.value is not None
    assert theirs.value is not None
    gain = referees.sealed_gain(history.metric, ours, theirs)
    return Vault(
        commit=ours.commit,
        against=theirs.commit,
        value=ours.value,
        over=theirs.value,
        gain=gain.estimate,
        gain_low=gain.low,
        gain_high=gain.high,
        records=len(ours.records),
    )


def _first(history: History) -> int:
    """Number of the first experiment that counts: a baseline still to be measured does not."""
    return len(history.experiments) + (history.baseline is None)


def _one_line(facts: Mapping[str, object]) -> str:
    return f"{facts['processor']}, {facts['cores']} cores, {facts['system']}"


def refuse_superseded(rig: Rig) -> None:
    """Raise UserError where a file that a command of the task names was changed by commits since the study began.

    Going on would measure with the old one, which nobody who changed it expects.
    """
    task = rig.task
    phases = (task.experiment, task.evaluation, task.contestant, task.holdout, task.vault, task.precheck)
    commands = [phase.command for phase in (*phases, *(check.phase for check in task.checks)) if phase]
    words = {word.removeprefix("./") for command in commands for part in command for word in part.split()}
    if named := [path for path in _changed_since(rig) if path in words]:
        raise UserError(
            f"{quote(named[0])} was changed by commits since the study began at {rig.workspace.base[:9]}, and a study"
            " measures with what it began with.",
            fix=f"give it a new name in {TASK_FILE}: a new study begins from HEAD, and nothing of this one is lost",
        )


def _changed_since(rig: Rig) -> list[str]:
    """Sealed files that differ between where the study began and HEAD."""
    elsewhere = Globs((*rig.task.editable, *READ_FROM_DISK))
    repository, then = git.UserRepository(rig.site.root), rig.workspace.tree(rig.workspace.base)
    after = repository.tree(repository.head())
    return sorted(path for path in {*then, *after} if path not in elsewhere and then.get(path) != after.get(path))


def warnings(rig: Rig) -> list[str]:
    """What of the user's repository the study will not see, or will be slow with; a sentence each."""
    repository = git.UserRepository(rig.site.root)
    found = list(rig.surroundings.remarks)
    if dirty := [path for path in repository.dirty() if not path.startswith((FOLDER, *READ_FROM_DISK))]:
        some = ", ".join(quote(path) for path in dirty[:3]) + (", ..." if len(dirty) > 3 else "")
        found.append(f"{len(dirty)} uncommitted changes ({some}) are not part of the study unless you commit them.")
    if repository.head() != rig.workspace.base:
        later = _changed_since(rig)
        what = f", among them changes to {', '.join(map(quote, later[:5]))}" if later else ""
        found.append(f"The study grew from {rig.workspace.base[:9]}; commits since then are not part of it{what}.")
    if modules := rig.workspace.submodules:
        found.append(f"Submodules are empty folders inside the boxes: {', '.join(modules[:5])}.")
    size = sum(entry.size for entry in rig.workspace.tree(rig.workspace.base).values())
    if size > LARGE_TREE_BYTES:
        found.append(f"The tree holds {size / 2**20:.0f} MiB; every slot keeps a copy of it.")
    return found + list(cautions.of_checks(rig.task))
