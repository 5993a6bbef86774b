"""What a task says that does not do what it seems to: checks a candidate can fool, limits that limit nothing."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import PurePosixPath

from autoresearch.task import Task
from autoresearch.workspace.globs import Globs

OBEYED = ("conftest.py", "pytest.ini", ".pytest.ini", "tox.ini", "setup.cfg", "pyproject.toml")
"""Files that pytest looks for in and above what it collects, and conftest.py below it as well."""
CONFIGURED = ("-c", "--config-file")
VALUED = (*CONFIGURED, "-k", "-m", "-n", "-o", "-p", "-r", "-W", "--confcutdir", "--rootdir", "--maxfail", "--timeout")
"""Options that take the next word."""


def of_checks(task: Task) -> Iterator[str]:
    """A sentence for each check that runs pytest on terms a candidate may change."""
    for check in task.checks:
        words = _pytest_words(check.phase.command)
        if words is None:
            continue
        if obeyed := [path for path in _plantable(task.editable) if _obeys(words, PurePosixPath(path))]:
            yield (
                f"Check {check.name!r}: a candidate may add {obeyed[0]}, and pytest would obey it. Try: "
                "python -I -m pytest --noconftest -c pytest.ini tests, with pytest.ini and tests outside of editable."
            )


def of_limits(task: Task, *, cores: int) -> Iterator[str]:
    """A sentence for each limit without effect on a machine with so many cores."""
    phases = {"experiment": task.experiment, "evaluation": task.evaluation, "contestant": task.contestant}
    for name, phase in phases.items():
        if phase and (wanted := phase.limits.cores) and wanted > cores:
            yield f"{name}.cores = {wanted}, and {cores} can be had here: it runs on those."
    limited = any(constraint.metric == "run.evaluation_seconds" for constraint in task.constraints)
    if limited and task.evaluation is None:
        yield "run.evaluation_seconds is always 0 without an [evaluation], so its limit says nothing. Try: run.seconds."


def _pytest_words(command: tuple[str, ...]) -> list[str] | None:
    """What follows `pytest` in a command, shell lines looked into; None where it is not run."""
    is_shell = command[0].endswith("sh") and len(command) == 3
    text = command[2] if is_shell else shlex.join(command)
    found = re.search(r"(?:^|[\s/'\"])(?:py\.test|pytest)(?=$|[\s'\"])([^|&;]*)", text)
    return re.split(r"[\s'\"]+", found[1].strip()) if found else None


def _plantable(editable: tuple[str, ...]) -> Iterator[str]:
    """Paths of obeyed files that a candidate may add: beside and right below where its patterns begin to be open."""
    globs = Globs(editable)
    for pattern in editable:
        folder = PurePosixPath(re.split(r"[*?\[{]", pattern)[0] + "x").parent
        yield from (path for name in OBEYED if (path := str(folder / name)) in globs)


def _obeys(words: list[str], path: PurePosixPath) -> bool:
    """Whether pytest, called with `words`, would read the file at `path`."""
    is_conftest, folder = path.name == "conftest.py", path.parent
    if "--noconftest" in words if is_conftest else any(word.split("=")[0] in CONFIGURED for word in words):
        return False
    return any(
        start.is_relative_to(folder) or (is_conftest and folder.is_relative_to(start)) for start in _collected(words)
    )


def _collected(words: list[str]) -> list[PurePosixPath]:
    """Where pytest begins to look for tests; the root where no word names a place."""
    before = ["", *words]
    named = [
        word for word, last in zip(words, before, strict=False) if word[:1] not in ("-", "") and last not in VALUED
    ]
    return [PurePosixPath(word.split("::")[0]) for word in named] or [PurePosixPath()]
