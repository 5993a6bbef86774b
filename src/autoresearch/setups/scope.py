"""What may change, while it is being asked for: globs that mean something in this repository."""

from __future__ import annotations

from collections.abc import Sequence

from autoresearch import config
from autoresearch.commandline import arguments
from autoresearch.errors import UserError
from autoresearch.workspace.globs import Globs


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


def likely(command: str, files: Sequence[str]) -> list[str]:
    """Those of `files` that `command` runs: where a number is made, most often, that shall improve."""
    return [path for path in config.scripts(arguments(command)) if path in files]
