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
from autoresearch import agents, budget, referees, sandboxes, strategies
from autoresearch.errors import UserError
from autoresearch.history import Epoch, History, Night, StudyStart
from autoresearch.ledger import Ledger, now
from autoresearch.protocols import Sandbox
from autoresearch.runners.local import LocalRunner
from autoresearch.site import Site
from autoresearch.study import Study
from autoresearch.task import Budget, Task
from autoresearch.toolchain import Toolchain, machine
from autoresearch.workspace import Workspace


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


def rig_up(root: Path, task: Task, *, base: str | None = None, unsafe: bool = False) -> Rig:
    """The measuring side of a study at `base`, by default the commit HEAD points to. Raises UserError."""
    site = Site(root, task.name)
    site.create()
    workspace = Workspace.open(root, site.folder, task.name, editable=task.editable, hidden=task.hidden, base=base)
    toolchain = Toolchain(root)
    name, required = ("none", ()) if unsafe else (task.sandbox, task.require)
    sandbox, properties = sandboxes.choose(name, required, hide=(root,))
    runner = LocalRunner(
        task, workspace, sandbox, toolchain, machine=_one_line(machine()), folder=site.folder, keep_log=site.keep_log
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
    rig = rig_up(root, task, base=ledger.history.study.base if ledger.history.study else None, unsafe=unsafe)
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
    assembly = Assembly(rig, study)
    if ledger.history.study is None:
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
        unsafe=unsafe,
    )
    epoch = replace(epoch, digest=_fingerprint(epoch))
    before = ledger.history.epoch
    if before is None or before.digest != epoch.digest:
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


def _begin_night(assembly: Assembly, granted: Budget | None) -> None:
    task, history = assembly.rig.task, assembly.study.history
    wanted = granted or task.budget
    if wanted == Budget():
        raise UserError("No budget is given, so the night would never end.", fix="autoresearch run --experiments 20")
    night = history.night
    why = budget.spent(history, now()) if night else ""
    finished = bool(why) and not assembly.study.referee.certificate_due(history)
    if night and finished and granted is None:
        raise UserError(
            f"Nothing to do: {why}.", fix="autoresearch run --experiments 20 (or --hours 8) grants another night"
        )
    if night and not finished and granted in (None, night.budget):
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


def _first(history: History) -> int:
    """Number of the first experiment that counts: a baseline still to be measured does not."""
    return len(history.experiments) + (history.baseline is None)


def _one_line(facts: Mapping[str, object]) -> str:
    return f"{facts['processor']}, {facts['cores']} cores, {facts['system']}"
