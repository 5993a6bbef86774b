"""The names a study has in git: in the referee's repository and, after `publish`, the same in the user's."""

from __future__ import annotations

import re
from dataclasses import dataclass

from autoresearch.errors import UserError


@dataclass(frozen=True, slots=True)
class Refs:
    """The names a study has in both repositories."""

    study: str

    @property
    def tip(self) -> str:
        """The branch of the current best."""
        return f"refs/heads/autoresearch/{self.study}"

    @property
    def certified(self) -> str:
        """The branch of the last certified commit."""
        return f"{self.tip}-certified"

    @property
    def all(self) -> str:
        """What the study's other refs are below."""
        return f"refs/autoresearch/{self.study}"

    @property
    def base(self) -> str:
        """Keeps the commit the study grew from."""
        return f"{self.all}/base"

    @property
    def aside(self) -> str:
        """Where a commit is made that nobody keeps; the next start forgets it."""
        return f"{self.all}/aside"

    def candidate(self, number: int) -> str:
        """Keeps one experiment's candidate, kept or not."""
        return f"{self.all}/{number}"

    def copy(self, number: int) -> str:
        """Keeps what a person's files were when experiment `number` was made from them and merged with others'."""
        return f"{self.candidate(number)}-copy"


def check_study_name(name: str) -> None:
    """Raise UserError unless `name` can be a folder, a branch and part of a command on every system."""
    plain = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name) is not None
    if not plain or ".." in name or name.endswith((".", ".lock", "-certified")):
        raise UserError(
            f"A study cannot be called {name!r}.",
            fix="use up to 64 letters, digits, `-`, `_` and single `.`, not ending in `.`, `.lock` or `-certified`",
        )


def short_name(ref: str) -> str:
    """A branch's name as people type it; any other ref in full."""
    return ref.removeprefix("refs/heads/")
