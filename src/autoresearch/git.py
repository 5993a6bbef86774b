"""Git, spelled in one place: questions to the user's repository, and the referee's own repository beside it.

Nothing here runs a program the repository's configuration or contents could name: hooks, file-system monitors,
external diffs, text conversions and automatic maintenance are off. The one exception is `UserRepository.dirty`,
which must hear from the user's own clean filters what the user's `git status` would say.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from autoresearch import proc
from autoresearch.errors import RigFault, UserError

if TYPE_CHECKING:
    import subprocess

FILE, PROGRAM, LINK, SUBMODULE = "100644", "100755", "120000", "160000"
OLDEST = (2, 32)
"""The oldest git with everything used here (`repack --geometric` is the youngest)."""

_SAFE = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.quotePath": "false",
    "diff.ignoreSubmodules": "all",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "protocol.allow": "never",
    "protocol.file.allow": "always",
}
_OURS = _SAFE | {
    # A commit that is in the ledger must survive a power cut, and nobody should pay two processes for one commit:
    # each candidate is one small pack, synced by git, and the packs are folded together now and then.
    "fastimport.unpackLimit": "1",
    "core.fsync": "committed",
    "core.attributesFile": os.devnull,
    "safe.bareRepository": "explicit",
}
_FOLD = 100
"""Candidates between two foldings of their packs: about 50 ms once, where 10,000 packs would slow every look-up."""

_IDENTITY = "autoresearch <autoresearch@localhost>"


@dataclass(frozen=True, slots=True)
class Entry:
    """What a tree holds at one path."""

    mode: str
    """FILE, PROGRAM, LINK or SUBMODULE."""
    blob: str
    """Object id; a submodule's is its commit."""
    size: int
    """Bytes; 0 of a submodule."""


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one path."""

    data: bytes | None
    """The new bytes; None: deleted."""
    mode: str = FILE


@dataclass(frozen=True, slots=True)
class Branch:
    """Where a branch of the user's repository is."""

    commit: str
    checked_out: Path | None
    """The working tree, main or linked, that has it checked out."""


Tree = Mapping[str, Entry]
"""A commit's files by path, submodules and symbolic links included; odd bytes in names are surrogate-escaped."""


def _environment(*, ours: bool) -> dict[str, str]:
    """Our environment without what would lead git elsewhere. The user's repository keeps the user's global settings:
    whom to trust (`safe.directory`) is said there."""
    kept = {"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"}
    env = {key: value for key, value in os.environ.items() if not key.startswith("GIT_") or key in kept}
    env |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1"}
    env |= {"GIT_NO_REPLACE_OBJECTS": "1", "LC_ALL": "C"}
    for who in "AUTHOR", "COMMITTER":
        # For the reflog of our branches; without it git refuses where the user never said who they are.
        env |= {f"GIT_{who}_NAME": "autoresearch", f"GIT_{who}_EMAIL": "autoresearch@localhost"}
    if ours:
        env |= {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_ATTR_NOSYSTEM": "1"}
    # As good as `-c` options, and a command that failed stays short enough to be typed again.
    settings = _OURS if ours else _SAFE
    env["GIT_CONFIG_COUNT"] = str(len(settings))
    for number, (key, value) in enumerate(settings.items()):
        env |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return env


def quoted(path: str) -> bytes:
    """`path` in double quotes with octal escapes, as git reads it in a stream or a list: every name is possible."""
    return b'"' + b"".join(b"\\%03o" % byte for byte in os.fsencode(path)) + b'"'


def _files(listing: bytes, commit: str) -> dict[str, Entry]:
    tree = {}
    for line in listing.split(b"\0")[:-1]:
        meta, _, path = line.partition(b"\t")
        mode, _, blob, size = meta.decode().split()
        if size == "BAD":
            raise UserError(
                f"Not all files of commit {commit[:12]} are in the repository: {os.fsdecode(path)!r} is missing.",
                fix="work in a full clone: git clone without --filter",
            )
        tree[os.fsdecode(path)] = Entry(mode, blob, 0 if size == "-" else int(size))
    return tree


_LIST = ("ls-tree", "-r", "-l", "-z", "--full-tree")


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
        return proc.output(["git", "-C", str(self._where), *args], env=_environment(ours=False), input=input)

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
        return _files(self._git(*_LIST, commit), commit)

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
        return _refs(self._git("for-each-ref", _REFS_FORMAT, *patterns))

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


def create(folder: Path, *, message: str) -> None:
    """Make `folder` a repository whose first commit holds everything in it. For examples and tests."""
    identity = ("-c", "user.name=autoresearch", "-c", "user.email=autoresearch@localhost", "-c", "commit.gpgSign=false")
    for words in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--message", message)):
        proc.output(["git", "-C", str(folder), *identity, *words], env=_environment(ours=False))


_REFS_FORMAT = "--format=%(objectname) %(refname)"


def _refs(listing: bytes) -> dict[str, str]:
    pairs = (os.fsdecode(line).split(" ", 1) for line in listing.splitlines())
    return {ref: commit for commit, ref in pairs}


class Store:
    """The referee's bare repository, which borrows the user's objects and shares nothing else. Thread-safe."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._env = _environment(ours=True)
        self._argv = ["git", "--git-dir", str(path)]
        self._reader = _Reader([*self._argv, "cat-file", "--batch"], self._env)
        self._writing = threading.Lock()
        self._written = 0

    @classmethod
    def open(cls, path: Path, *, beside: UserRepository) -> Store:
        """The store at `path`, made when it is not there; the loan is renewed, for repositories get moved."""
        store = cls(path)
        if not (path / "HEAD").exists():
            store._make(beside.object_format)
        (path / "objects/info").mkdir(exist_ok=True)
        (path / "objects/info/alternates").write_bytes(quoted(str(beside.objects)) + b"\n")
        shallow = beside.shallow()
        if shallow:
            (path / "shallow").write_bytes(shallow)
        return store

    def _make(self, object_format: str) -> None:
        fresh = self.path.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        argv = ["git", "init", "--quiet", "--bare", "--template=", "--initial-branch=none"]
        proc.output([*argv, f"--object-format={object_format}", str(fresh)], env=self._env)
        fresh.rename(self.path)

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop the reading process. The store can still be used: it starts again."""
        self._reader.close()

    def _git(self, *args: str, input: bytes | None = None) -> bytes:
        return proc.output([*self._argv, *args], env=self._env, input=input)

    def read(self, blob: str) -> bytes:
        """The bytes of one object. Raises UserError when it is not there."""
        return self._reader.read(blob)

    def has(self, commit: str) -> bool:
        """Whether the object is there."""
        try:
            return bool(self._reader.read(commit))
        except UserError:
            return False

    def tree(self, commit: str) -> dict[str, Entry]:
        """The files of `commit`."""
        return _files(self._git(*_LIST, commit), commit)

    def commit(self, ref: str, parent: str, changes: Mapping[str, Change], *, message: str, when: str) -> str:
        """Write `parent` with `changes` as a commit of ours, point `ref` at it, and give its id.

        `when` is ISO 8601, UTC unless it says otherwise; the same arguments make the same commit, which is on the
        disk when this returns.
        """
        stream = b"".join(_stream(ref, parent, changes, message=message, when=when))
        with self._writing:
            made = self._git("fast-import", "--quiet", "--done", "--force", input=stream)
            self._written += 1
            if self._written % _FOLD == 0:
                self.fold()
        return made.decode().strip()

    def fold(self) -> None:
        """Join small packs into larger ones, and loose refs into one file."""
        self._git("repack", "--quiet", "-d", "-l", "--geometric=2")
        self._git("pack-refs", "--all")

    def refs(self, *patterns: str) -> dict[str, str]:
        """Ref to object, of the refs at or below `patterns`."""
        return _refs(self._git("for-each-ref", _REFS_FORMAT, *patterns))

    def set_refs(self, wanted: Mapping[str, str | None]) -> None:
        """Point every ref at its commit, all or none; None deletes."""
        lines = (f"update {ref} {to}" if to else f"delete {ref}" for ref, to in wanted.items())
        self._git("update-ref", "--stdin", input="".join(line + "\n" for line in lines).encode())

    def is_ancestor(self, old: str, new: str) -> bool:
        """Whether `new` grew from `old`; False where one of them is not known here."""
        try:
            self._git("merge-base", "--is-ancestor", old, new)
        except proc.CommandError:
            return False
        return True

    def sweep(self) -> None:
        """Remove what a killed git left: locks and half-written files. Only for the one who owns the study."""
        for leftovers in "*.lock", "tmp_*", "fast_import_crash_*":
            for path in self.path.rglob(leftovers):
                path.unlink(missing_ok=True)

    def fork(self, one: str, other: str) -> str | None:
        """The youngest commit both descend from; None when they have no history in common."""
        try:
            return self._git("merge-base", one, other).decode().strip()
        except proc.CommandError as error:
            if error.code == 1:
                return None
            raise

    def versions(self, path: str, since: str, until: str, *, most: int) -> list[str]:
        """The last `most` commits after `since`, up to `until`, that changed `path`; the youngest first."""
        listed = self._git("rev-list", f"--max-count={most}", f"{since}..{until}", "--", f":(top,literal){path}")
        return listed.decode().split()

    def diff(self, old: str, new: str) -> str:
        """The change from `old` to `new` as a patch, for people to read."""
        shown = ("-p", "-r", "--no-ext-diff", "--no-textconv", "--no-color", "--find-renames")
        return self._git("diff-tree", *shown, old, new).decode(errors="replace")


def merges(ours: bytes, base: bytes, theirs: bytes) -> bool:
    """Whether git would merge two descendants of one file without asking anybody; never of binary files."""
    with tempfile.TemporaryDirectory(prefix="autoresearch-") as folder:
        paths = [Path(folder, name) for name in ("ours", "base", "theirs")]
        for path, data in zip(paths, (ours, base, theirs), strict=True):
            path.write_bytes(data)
        try:
            proc.output(["git", "-C", folder, "merge-file", "-p", *map(str, paths)], env=_environment(ours=True))
        except proc.CommandError:
            return False
        return True


def _stream(ref: str, parent: str, changes: Mapping[str, Change], *, message: str, when: str) -> Iterable[bytes]:
    """The `git fast-import` stream of one commit, which answers with the commit's id."""
    moment = datetime.fromisoformat(when)
    seconds = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    yield f"commit {ref}\nmark :1\ncommitter {_IDENTITY} {seconds} +0000\n".encode()
    yield from _data(message.encode(errors="replace"))
    yield f"from {parent}\n".encode()
    # Deletions first: a file may take the place of a folder.
    for path in (path for path, change in changes.items() if change.data is None):
        yield b"D %s\n" % quoted(path)
    for path, change in changes.items():
        if change.data is not None:
            yield b"M %s inline %s\n" % (change.mode.encode(), quoted(path))
            yield from _data(change.data)
    yield b"\nget-mark :1\ndone\n"


def _data(content: bytes) -> Iterable[bytes]:
    return (b"data %d\n" % len(content), content, b"\n")


@dataclass(slots=True)
class _Reader:
    """A `git cat-file --batch` kept running: a few microseconds an object. Starts again when it died."""

    argv: list[str]
    env: dict[str, str]
    _process: subprocess.Popen[bytes] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def read(self, name: str) -> bytes:
        with self._lock:
            for _ in range(2):
                try:
                    return self._ask(name)
                except (BrokenPipeError, EOFError):
                    self._stop()
        raise RigFault("git cat-file died twice over one object; is the disk or the memory full?")

    def _ask(self, name: str) -> bytes:
        if self._process is None:
            self._process = proc.dialogue(self.argv, env=self.env)
        question, answer = self._process.stdin, self._process.stdout
        assert question is not None
        assert answer is not None
        question.write(name.encode() + b"\n")
        question.flush()
        header = answer.readline()
        if header.endswith(b" missing\n"):
            raise UserError(
                f"Object {name} is not in the repository.",
                fix="check it with: git fsck; in a partial clone, make a full one: git clone without --filter",
            )
        size = int(header.split()[2]) if header else 0
        content = answer.read(size + 1)
        if len(content) != size + 1:
            raise EOFError
        return content[:-1]

    def close(self) -> None:
        with self._lock:
            self._stop()

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(BrokenPipeError):
            process.communicate()
