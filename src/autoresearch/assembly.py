"""From a repository with a task file to a study that can run: names become objects, and the ledger learns the setting.

The setting is three records, each written only when it says something new: the study (once), the epoch (whenever
anything a number depends on has changed) and the night (whenever a budget is granted).
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import autoresearch
from autoresearch import agents, budget, git, referees, sandboxes, strategies
from autoresearch.alarms import Watch
from autoresearch.errors import Foul, UserError
from autoresearch.history import Control, Epoch, History, Night, StudyStart, Vault
from autoresearch.intake import quote
from autoresearch.ledger import Ledger, now
from autoresearch.protocols import Sandbox
from autoresearch.records import Experiment, Outcome, Side, Verdict
from autoresearch.runners.local import LocalRunner
from autoresearch.site import FOLDER, Site
from autoresearch.study import Study
from autoresearch.task import Budget, Task
from autoresearch.toolchain import Toolchain, machine
from autoresearch.workspace import Workspace

LARGE_TREE_BYTES = 200 << 20


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


@dataclass(slots=True)
class Assembly:
    """A study and the parts of it that surfaces want to look at."""

    rig: Rig
    study: Study
    news: list[str] = field(default_factory=list)
    """What the person should know before it starts, a sentence each."""


def rig_up(root: Path, task: Task, history: History, *, unsafe: bool = False) -> Rig:
    """The measuring side of a study. Until its first experiment is finished it grows from HEAD. Raises UserError."""
    site = Site(root, task.name)
    begun = history.study if history.experiments else None
    workspace = Workspace.open(
        root,
        site.folder,
        task.name,
        editable=task.editable,
        hidden=task.hidden,
        base=begun.base if begun else None,
        movable=begun is None,
    )
    toolchain = Toolchain(root)
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
    return Rig(task, site, workspace, toolchain, sandbox, properties, runner)


def assemble(root: Path, task: Task, *, granted: Budget | None = None, unsafe: bool = False) -> Assembly:
    """Everything `run` needs, with the ledger brought up to date.

    `granted` is a budget asked for on the command line; None takes the task's own. Raises UserError.
    """
    site = Site(root, task.name)
    site.create()
    ledger = Ledger(site.ledger_path, History())
    ledger.refresh()
    referee = referees.make(task.referee, task.referee_options, task.metric)
    rig = rig_up(root, task, ledger.history, unsafe=unsafe)
    study = Study(
        ledger=ledger,
        workspace=rig.workspace,
        runner=rig.runner,
        referee=referee,
        strategy=strategies.make(task.strategy, task),
        agent=agents.make(task.agent, task.agent_options, task=task, sandbox=rig.sandbox, toolchain=rig.toolchain),
        proof_split="holdout" if task.holdout else "public",
        keep_log=site.keep_log,
    )
    study.on_record = Watch(lambda: ledger.history, study.record, task.alarm, root)
    assembly = Assembly(rig, study)
    _refuse_if_spent(assembly, granted)
    if ledger.history.stopping or ledger.history.paused:
        ledger.append(Control("resume"))
    if ledger.history.study is None or ledger.history.study.base != rig.workspace.base:
        ledger.append(StudyStart(task.name, rig.workspace.base, secrets.token_hex(16), autoresearch.__version__))
    _begin_epoch(assembly, unsafe=unsafe)
    _begin_night(assembly, granted)
    return assembly


def _begin_epoch(assembly: Assembly, *, unsafe: bool) -> None:
    rig, task, ledger = assembly.rig, assembly.rig.task, assembly.study.ledger
    epoch = Epoch(
        number=(ledger.history.epoch.number if ledger.history.epoch else 0) + 1,
        digest="",
        task=task.digest,
        trust_class=str(task.trust_class),
        sandbox=rig.sandbox.name,
        properties=dict(rig.properties),
        machine=machine(),
        environment=rig.toolchain.environment() | {"sealed": rig.workspace.sealed_digest(rig.workspace.base)},
        metric=task.metric,
        referee=task.referee,
        referee_options=dict(task.referee_options),
        unsafe=unsafe or rig.sandbox.name == "none",
        questions=(task.holdout_budget or 0) if task.metric.source == "depleting" else 0,
    )
    epoch = replace(epoch, digest=_fingerprint(epoch))
    before = ledger.history.epoch
    if before is None or before.digest != epoch.digest:
        _close_open_attempt(ledger)
        ledger.append(epoch)
        if before is not None:
            changed = ", ".join(_differences(before, epoch))
            assembly.news.append(f"Epoch {epoch.number} begins, with a new baseline: {changed} changed.")


def _fingerprint(epoch: Epoch) -> str:
    """sha256 over what a number depends on. Proven properties do not change it; the backend does."""
    setting = [
        epoch.task,
        epoch.trust_class,
        epoch.sandbox,
        dict(epoch.machine),
        dict(epoch.environment),
        epoch.referee,
        dict(epoch.referee_options),
        epoch.unsafe,
    ]
    return hashlib.sha256(json.dumps(setting, sort_keys=True).encode()).hexdigest()


def _differences(before: Epoch, after: Epoch) -> list[str]:
    names = {
        "task": "the task's measured part",
        "sandbox": "the sandbox",
        "machine": "the machine",
        "environment": "the environment",
        "referee": "the referee",
        "referee_options": "the referee's options",
        "trust_class": "the trust class",
        "unsafe": "the use of --unsafe-no-sandbox",
    }
    return [text for name, text in names.items() if getattr(before, name) != getattr(after, name)]


def _is_over(assembly: Assembly) -> bool:
    """Whether the night's budget is spent, and nothing it kept waits for its proof."""
    history = assembly.study.history
    return bool(budget.spent(history, now())) and not assembly.study.referee.certificate_due(history)


def _refuse_if_spent(assembly: Assembly, granted: Budget | None) -> None:
    """Raise UserError when there is nothing to do; what a kill left undone is done all the same."""
    history = assembly.study.history
    if history.night and granted is None and _is_over(assembly):
        assembly.study.reconcile()
        why = budget.spent(history, now())
        raise UserError(
            f"Nothing to do: {why}.", fix="autoresearch run --experiments 20 (or --hours 8) grants another night"
        )


def _close_open_attempt(ledger: Ledger[History]) -> None:
    """A candidate that was never judged cannot be, in another setting: it ends here, on the record."""
    history = ledger.history
    candidate = history.candidates.get(history.next_number)
    if candidate is not None and history.baseline is not None:
        ledger.append(
            Experiment(
                number=candidate.number,
                candidate=candidate,
                verdict=Verdict(Outcome.CRASH, "never judged: the setting changed before it was"),
                value=None,
                parent=candidate.parent,
                agent=candidate.agent,
                started=candidate.started,
                cost_usd=candidate.cost_usd,
                tokens=candidate.tokens,
            )
        )


def _begin_night(assembly: Assembly, granted: Budget | None) -> None:
    task, history = assembly.rig.task, assembly.study.history
    wanted = granted or task.budget
    if wanted == Budget():
        raise UserError("No budget is given, so the night would never end.", fix="autoresearch run --experiments 20")
    if history.night and not _is_over(assembly) and granted in (None, history.night.budget):
        return
    assembly.study.ledger.append(_night(assembly, wanted))


def _night(assembly: Assembly, wanted: Budget) -> Night:
    task, history = assembly.rig.task, assembly.study.history
    certificates = referees.certificates(wanted, task.referee)
    if task.holdout_budget is not None:
        left = task.holdout_budget - len(history.certificates)
        if left < certificates:
            certificates = max(0, left)
            assembly.news.append(
                f"The holdout may answer {certificates} more certificates of its {task.holdout_budget}."
            )
    return Night(
        number=(history.night.number if history.night else 0) + 1,
        budget=wanted,
        certificates=certificates,
        first=_first(history),
        started=now(),
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


def warnings(rig: Rig) -> list[str]:
    """What of the user's repository the study will not see, or will be slow with; a sentence each."""
    repository = git.UserRepository(rig.site.root)
    found = []
    if dirty := [path for path in repository.dirty() if not path.startswith(FOLDER)]:
        some = ", ".join(quote(path) for path in dirty[:3]) + (", ..." if len(dirty) > 3 else "")
        found.append(f"{len(dirty)} uncommitted changes ({some}) are not part of the study unless you commit them.")
    if repository.head() != rig.workspace.base:
        found.append(f"The study grew from {rig.workspace.base[:9]}; commits since then are not part of it.")
    if modules := rig.workspace.submodules:
        found.append(f"Submodules are empty folders inside the boxes: {', '.join(modules[:5])}.")
    size = sum(entry.size for entry in rig.workspace.tree(rig.workspace.base).values())
    if size > LARGE_TREE_BYTES:
        found.append(f"The tree holds {size / 2**20:.0f} MiB; every slot keeps a copy of it.")
    return found
