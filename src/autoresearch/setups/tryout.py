"""One run of a command, to see which numbers it prints. In a copy of the repository's last commit, not in the tree."""

from __future__ import annotations

import io
import math
import os
import re
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import autoresearch
from autoresearch import proc
from autoresearch.commandline import arguments
from autoresearch.surroundings.toolchain import Toolchain
from autoresearch.workspace.git import UserRepository

_LINE = re.compile(
    r"^(?:METRIC\s+)?([A-Za-z_][\w./-]{0,63})\s*[:=]\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*$", re.M
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a run printed."""

    numbers: Mapping[str, float]
    """By name, those a task file can ask for; the last of each."""
    said: str
    """Why it failed; empty where it did not."""
    left_out: Sequence[str] = ()
    """What of the repository leads out of it, such as a link to an absolute path; the copy has none of it."""


def tryout(repository: UserRepository, command: str, *, seconds: float) -> Seen:
    """Run `command` once, unboxed, for `seconds` at most. Raises UserError where there is no commit yet."""
    with tempfile.TemporaryDirectory(prefix="autoresearch-init-") as folder:
        tree, home = Path(folder) / "tree", Path(folder) / "home"
        home.mkdir()
        left_out = _unpack(repository.archive(repository.head()), tree)
        env = Toolchain(repository.root).env(cores=None, home=home)
        env |= {"AUTORESEARCH_ARTIFACTS": str(home), "AUTORESEARCH_SEED": "1", "PYTHONPATH": _ourselves()}
        try:
            said = proc.output(_merged(command), cwd=tree, env=env, timeout=seconds)
        except proc.CommandError as error:
            return Seen({}, error.message, left_out)
    return Seen(numbers(said.decode("utf-8", "replace")), "", left_out)


def _unpack(data: bytes, tree: Path) -> list[str]:
    """Make the files of an archive, but for those that lead out of it, whose names are returned."""
    left_out = []

    def inside(member: tarfile.TarInfo, to: str) -> tarfile.TarInfo | None:
        try:
            return tarfile.data_filter(member, to)
        except tarfile.FilterError:
            left_out.append(member.name)
            return None

    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        archive.extractall(tree, filter=inside)
    return left_out


def numbers(text: str) -> dict[str, float]:
    """Every number printed as `name: value` or `METRIC name=value`, on a line of its own."""
    lines = text.replace("\r", "\n")
    found = {match[1]: float(match[2]) for match in _LINE.finditer(lines)}
    return {name: value for name, value in found.items() if math.isfinite(value)}


def _merged(command: str) -> tuple[str, ...]:
    """The command as it will be executed, its two outputs in one, as a night reads them."""
    return ("/bin/sh", "-c", 'exec "$@" 2>&1', "sh", *arguments(command))


def _ourselves() -> str:
    """Where adapters are imported from."""
    return os.fspath(Path(autoresearch.__file__).parents[1])
