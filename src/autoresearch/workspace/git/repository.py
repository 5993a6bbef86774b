"""Questions to the user's repository, and the few things that are ever written to it: our refs, and objects."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from autoresearch import proc
from autoresearch.errors import UserError
from autoresearch.workspace.git.plumbing import LIST_FILES, LIST_REFS, Branch, Entry, environment, files_in, refs_in

OLDEST = (2, 32)
"""The oldest git with everything used here (`repack --geometric` is the youngest)."""


class UserRepository:
    """The user's repository. Asked, never written to, except for our refs by `receive`."""

    def __init__(self, path: Path) -> None:
        """The repository whose working tree contains `path`. Raises UserError when there is none to work with."""
        self._where = path
        self._check_version()
        if self._first_answer("rev-parse", "--is-bare-repository") == "true":
            raise UserError(
                f"{path} is a bare repository: it has no files to work on.",
                fix="clone it and run autoresearch in the clone: git clone <path> <folder>",
            )
        self._where = self.root = Path(self._first_answer("rev-parse", "--show-toplevel"))
        self.common = self._path("--git-common-dir")
        self.objects = self._path("--git-path", "objects")
        self.object_format = self._line("rev-parse", "--show-object-format")

    def _check_version(self) -> None:
        if shutil.which("git") is None:
            raise UserError("git is not installed.", fix="install it, for example: apt install git")
        said = proc.output(["git", "version"]).decode().strip()
        found = re.search(r"(\d+)\.(\d+)", said)
        if found and tuple(map(int, found.groups())) < OLDEST:
            raise UserError(f"{said} is too old.", fix=f"install git {OLDEST[0]}.{OLDEST[1]} or newer")

    def _git(self, *args: str, input: bytes | None = None) -> bytes:
        return proc.output(["git", "-C", str(self._where), *args], env=environment(ours=False), input=input)

    def _line(self, *args: str) -> str:
        return os.fsdecode(self._git(*args).removesuffix(b"\n"))

    def _path(self, *which: str) -> Path:
        return Path(self._line("rev-parse", "--path-format=absolute", *which))

    def _first_answer(self, *args: str) -> str:
        """The first thing asked of a repository: where it becomes clear whether there is one."""
        if not self._where.is_dir():
            raise UserError(f"{self._where} is not a directory.", fix="name the folder of a git repository")
        try:
            return self._line(*args)
        except proc.CommandError as error:
            raise self._explained(error) from error

    def _explained(self, error: proc.CommandError) -> UserError:
        if b"dubious ownership" in error.stderr:
            return UserError(
                f"git does not trust {self._where}: it belongs to somebody else.",
                fix=f"git config --global --add safe.directory {self._where}",
            )
        if b"not a git repository" in error.stderr:
            return UserError(
                f"{self._where} is not in a git repository.",
                fix="git init && git add -A && git commit -m 'before autoresearch'",
            )
        if b"must be run in a work tree" in error.stderr:
            return UserError(
                f"{self._where} is inside a .git directory, where there are no files to work on.",
                fix="go to the folder that holds your files",
            )
        return error

    def head(self) -> str:
        """The commit checked out, on a branch or detached. Raises UserError before the first commit."""
        try:
            return self.resolve("HEAD")
        except UserError:
            raise UserError(
                f"{self.root} has no commits yet, so there is nothing to start from.",
                fix="git add -A && git commit -m 'before autoresearch'",
            ) from None

    def resolve(self, revision: str) -> str:
        """The commit `revision` names. Raises UserError when it names none."""
        try:
            return self._line("rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}")
        except proc.CommandError:
            raise UserError(
                f"{self.root} has no commit {revision!r}.", fix="git log --oneline --all shows the ones it has"
            ) from None

    def branch(self) -> str | None:
        """The branch checked out; None when HEAD is detached."""
        try:
            return self._line("symbolic-ref", "--quiet", "--short", "HEAD")
        except proc.CommandError as error:
            if error.code == 1:
                return None
            raise

    def dirty(self, *, each: bool = False) -> tuple[str, ...]:
        """Paths whose content is not that of HEAD, sorted; a folder git does not know is one path, unless `each`."""
        unknown = f"--untracked-files={'all' if each else 'normal'}"
        said = self._git("status", "--porcelain", "-z", "--no-renames", "--ignore-submodules=all", unknown)
        return tuple(sorted(os.fsdecode(line[3:]) for line in said.split(b"\0")[:-1]))

    def tree(self, commit: str) -> dict[str, Entry]:
        """The files of `commit`."""
        return files_in(self._git(*LIST_FILES, commit), commit)

    def listed(self) -> list[str]:
        """Paths of the files git knows: committed, or added to be."""
        return [os.fsdecode(path) for path in self._git("ls-files", "-z").split(b"\0")[:-1]]

    def archive(self, commit: str) -> bytes:
        """The files of `commit` as a tar archive."""
        return self._git("archive", "--format=tar", commit)

    def shallow(self) -> bytes:
        """What a shallow clone knows of its missing history; empty in a full one."""
        with suppress(FileNotFoundError):
            return self._path("--git-path", "shallow").read_bytes()
        return b""

    def refs(self, *patterns: str) -> dict[str, str]:
        """Ref to object, of the refs at or below `patterns`."""
        return refs_in(self._git("for-each-ref", LIST_REFS, *patterns))

    def branches(self, *patterns: str) -> dict[str, Branch]:
        """The branches at or below `patterns`, by full name."""
        said = self._git("for-each-ref", "--format=%(refname)%00%(objectname)%00%(worktreepath)", *patterns)
        lines = (os.fsdecode(line).split("\0") for line in said.split(b"\n")[:-1])
        return {ref: Branch(commit, Path(where) if where else None) for ref, commit, where in lines}

    def receive(self, source: Path, refs: Iterable[str]) -> None:
        """Make `refs` here what they are in the repository at `source`, wherever they pointed before.

        The only thing done to the user's repository: objects and these refs come, with the branches' reflogs;
        no hook runs, no housekeeping starts and no FETCH_HEAD is left.
        """
        self._fetch(source, [f"+{ref}:{ref}" for ref in refs])

    def deliver(self, source: Path, refs: Iterable[str]) -> None:
        """Bring `refs`, none of which is here, from the repository at `source`: all of them or none.

        Raises UserError when git refuses one, such as a name that is a folder of other names here.
        """
        self._fetch(source, [f"{ref}:{ref}" for ref in refs], "--atomic")

    def _fetch(self, source: Path, wanted: Sequence[str], *how: str) -> None:
        if not wanted:
            return  # To git, nothing named means HEAD.
        quiet = ("--quiet", "--no-write-fetch-head", "--no-auto-maintenance", "--no-show-forced-updates")
        narrow = ("--no-tags", "--no-prune", "--no-recurse-submodules", "--stdin")
        self._git("fetch", *quiet, *narrow, *how, str(source), input="".join(f"{each}\n" for each in wanted).encode())

    def drop_locks(self, refs: Iterable[str]) -> None:
        """Remove the locks a killed `receive` may have left on `refs`, which nobody else writes."""
        for ref in refs:
            (self.common / f"{ref}.lock").unlink(missing_ok=True)
