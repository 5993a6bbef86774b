"""What can be seen in milliseconds to be broken, before any clock runs.

A changed file must parse where the one the study began with did. Ours is the first parser to look, which costs
nothing; a Python file it refuses is refused only when the task's own interpreter agrees, in the box.
"""

from __future__ import annotations

import ast
import json
import re
import tomllib
import warnings
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

from autoresearch.causes import Cause
from autoresearch.errors import Foul
from autoresearch.records import Outcome
from autoresearch.task import Limits, Phase, Task
from autoresearch.workspace.workspace import Workspace

LARGEST = 1 << 20
"""Bytes of a file that is looked at."""
_PYTHON = re.compile(r"(?:\S*/)?python[\d.]*")
_COMPILE = "import sys; compile(open(sys.argv[1], 'rb').read(), sys.argv[1], 'exec', 0x400, True)"  # 0x400: syntax only
_SECONDS = 20.0


def demand_readable(workspace: Workspace, commit: str, task: Task, *, agrees: Callable[[Phase], bool]) -> None:
    """Raise Foul for a changed Python, JSON or TOML file of `commit` that does not parse any more.

    `agrees` runs a phase in the candidate's box and says whether it failed.
    """
    for path in _changed(workspace, commit):
        why = fault(path, workspace.read(commit, path))
        if why and not fault(path, workspace.read(workspace.base, path)) and _is_sure(path, task, agrees):
            raise Foul(Outcome.CRASH, f"{path} does not parse: {why}", log=why.encode(), cause=Cause.SMOKE)


def fault(path: str, data: bytes) -> str:
    """Why a file of this name is not what it should be, in a line; empty where it is, or nobody can tell."""
    try:
        match PurePosixPath(path).suffix:
            case ".py":
                with warnings.catch_warnings(action="ignore"):
                    ast.parse(data)
            case ".json":
                json.loads(data)
            case ".toml":
                tomllib.loads(data.decode())
    except SyntaxError as error:
        return f"line {error.lineno}: {error.msg}"
    except (ValueError, RecursionError, MemoryError) as error:
        return " ".join(str(error).split()) or type(error).__name__
    return ""


def _changed(workspace: Workspace, commit: str) -> Iterator[str]:
    """Files of the study's base that are others now, in order of path."""
    before, after = workspace.tree(workspace.base), workspace.tree(commit)
    for path in sorted(before.keys() & after.keys()):
        entry = after[path]
        if entry.blob != before[path].blob and max(entry.size, before[path].size) <= LARGEST:
            yield path


def _is_sure(path: str, task: Task, agrees: Callable[[Phase], bool]) -> bool:
    """Whether a file ours refuses is refused by whoever will read it. Python has many versions; the others do not."""
    if not path.endswith(".py"):
        return True
    words = [word.strip("\"'") for part in task.untrusted.command for word in part.split()]
    python = next((word for word in words if _PYTHON.fullmatch(word)), None)
    return python is not None and agrees(
        Phase((python, "-I", "-S", "-c", _COMPILE, path), Limits(_SECONDS, cores=task.untrusted.limits.cores))
    )
