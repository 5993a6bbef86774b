"""The referee's own repository beside the user's."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from autoresearch import proc
from autoresearch.errors import RigFault, UserError
from autoresearch.workspace.git.plumbing import (
    LIST_FILES,
    LIST_REFS,
    Change,
    Entry,
    environment,
    files_in,
    quoted,
    refs_in,
)
from autoresearch.workspace.git.repository import UserRepository

if TYPE_CHECKING:
    import subprocess

_FOLD = 100
"""Candidates between two foldings of their packs: about 50 ms once, where 10,000 packs would slow every look-up."""

_IDENTITY = "autoresearch <autoresearch@localhost>"


class Store:
    """The referee's bare repository, which borrows the user's objects and shares nothing else. Thread-safe."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._env = environment(ours=True)
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
        return files_in(self._git(*LIST_FILES, commit), commit)

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
        return refs_in(self._git("for-each-ref", LIST_REFS, *patterns))

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
