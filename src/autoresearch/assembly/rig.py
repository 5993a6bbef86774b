"""The measuring side of a study: what `check` uses alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from autoresearch import sandboxes
from autoresearch.history import History
from autoresearch.protocols import Sandbox
from autoresearch.runners.local import LocalRunner
from autoresearch.sandboxes.aloud import Aloud, Tail
from autoresearch.site import Site
from autoresearch.surroundings.inventory import Memory
from autoresearch.surroundings.surroundings import Surroundings, survey
from autoresearch.surroundings.toolchain import Toolchain, machine
from autoresearch.task import Task
from autoresearch.workspace.workspace import Workspace


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
    chosen, properties = sandboxes.choose(name, required, hide=(root,))
    sandbox = Aloud(chosen, Tail(site.tail_path))
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


def _one_line(facts: Mapping[str, object]) -> str:
    return f"{facts['processor']}, {facts['cores']} cores, {facts['system']}"


@contextmanager
def closed_on_error(workspace: Workspace) -> Iterator[None]:
    """Within, whatever goes wrong also stops what runs for `workspace`."""
    try:
        yield
    except BaseException:
        workspace.close()
        raise
