"""What of the user's repository a study does not see, or must not go on without."""

from __future__ import annotations

from autoresearch import cautions
from autoresearch.assembly.rig import Rig
from autoresearch.config import PROGRAM_FILE, TASK_FILE
from autoresearch.errors import UserError
from autoresearch.site import FOLDER
from autoresearch.workspace import git
from autoresearch.workspace.globs import Globs
from autoresearch.workspace.intake import quote

READ_FROM_DISK = (TASK_FILE, PROGRAM_FILE)
"""What counts as it lies there, committed or not."""


LARGE_TREE_BYTES = 200 << 20


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
