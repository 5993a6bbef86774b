"""What may change, while it is being asked for: globs that mean something in this repository."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from autoresearch import config
from autoresearch.commandline import arguments
from autoresearch.errors import UserError
from autoresearch.setups.files import text
from autoresearch.workspace.globs import Globs

_MEASURES = re.compile(r"(^|_)(bench|eval|measur|perf|profil|scor|test|tim)")
"""In the name of a script that measures something else than itself."""


def demand(patterns: Sequence[str], files: Sequence[str]) -> list[str]:
    """`patterns`, each of which matches one of `files` at least. Raises UserError for the first that does not."""
    for pattern in patterns:
        matching = Globs((pattern,))
        if not any(path in matching for path in files):
            raise UserError(
                f"{pattern!r} matches no file that git knows.",
                fix="a glob from the root such as src/**/*.py, after `git add` of what is new",
            )
    return list(patterns)


def likely(root: Path, command: str, files: Sequence[str]) -> list[str]:
    """Globs of where the number of `command` is made: what a script that measures imports, or else what is run."""
    words = arguments(command)
    named = [path for path in dict.fromkeys([*config.scripts(words), *words]) if path in files]
    measured = [
        glob for path in named if _MEASURES.search(PurePosixPath(path).stem) for glob in _imported(root, path, files)
    ]
    return list(dict.fromkeys(measured)) or [path for path in config.scripts(words) if path in files]


def _imported(root: Path, script: str, files: Sequence[str]) -> Iterator[str]:
    """What a Python file imports of this repository: a module's own file, or all of a package."""
    beside = str(PurePosixPath(script).parent)
    for module in _modules(text(root / script)):
        for folder in (beside, ".", "src"):
            file = str(PurePosixPath(folder, *module.split(".")).with_suffix(".py"))
            package = str(PurePosixPath(folder, module.split(".")[0]))
            if file in files:
                yield file
            elif f"{package}/__init__.py" in files:
                yield f"{package}/**/*.py"
            else:
                continue
            break


def _modules(source: str) -> Iterator[str]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
