"""Where a study lives in the user's repository, and who is at work there."""

from __future__ import annotations

import hashlib
import json
import os
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from autoresearch import credentials
from autoresearch.errors import UserError
from autoresearch.history import Archive
from autoresearch.ledger import Ledger, now

FOLDER = ".autoresearch"
MAX_LOG_BYTES = (1 << 20) + 4096
"""What is kept of two boxes, a beginning and an end of each, and a word about what was left out."""


@dataclass(frozen=True, slots=True)
class Site:
    """The folder of one study: `<repository>/.autoresearch/<study>/`."""

    root: Path
    """The user's repository."""
    study: str

    @property
    def folder(self) -> Path:
        """Everything of this study, in one place to keep or to delete."""
        return self.root / FOLDER / self.study

    @property
    def ledger_path(self) -> Path:
        """The one file that matters; the rest is derived or can be lost."""
        return self.folder / "ledger.jsonl"

    @property
    def selftests_path(self) -> Path:
        """What `check` found of the evaluator; without it `check` must be asked again."""
        return self.folder / "selftests.json"

    def create(self) -> None:
        """Make the folder, ignored by git without touching any file of the user's. Raises UserError."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            ignore = self.root / FOLDER / ".gitignore"
            if not ignore.exists():
                ignore.write_text("*\n")
        except OSError as error:
            raise UserError(
                f"{self.folder} cannot be written ({error.strerror}); nothing was changed.",
                fix=f"give write permission on {self.root}, or free some disk space there",
            ) from error

    def ledger(self) -> Ledger[Archive]:
        """The study's ledger with everything ever recorded. Raises UserError when there is no study, LedgerError."""
        if not self.ledger_path.exists():
            raise UserError(f"No study {self.study!r} has begun in {self.root}.", fix="autoresearch run")
        ledger = Ledger(self.ledger_path, Archive())
        ledger.refresh()
        return ledger

    def keep_log(self, log: bytes) -> str:
        """Store a log under its sha256, cut to its last megabyte, credentials blanked. Returns the hash."""
        log = credentials.redacted(log[-MAX_LOG_BYTES:])
        name = hashlib.sha256(log).hexdigest()
        path = self.log_path(name)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            rewrite(path, log)
        return name

    def keep_series(self, scores: Sequence[float]) -> str:
        """Store the scores of single records as 8-byte floats under their sha256. Returns the hash."""
        data = struct.pack(f"<{len(scores)}d", *scores)
        name = hashlib.sha256(data).hexdigest()
        path = self._series_path(name)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            rewrite(path, data)
        return name

    def series(self, name: str) -> tuple[float, ...]:
        """The scores stored under `name`; empty when the file is gone or is not what was stored."""
        try:
            data = self._series_path(name).read_bytes()
        except OSError:
            return ()
        return struct.unpack(f"<{len(data) // 8}d", data) if hashlib.sha256(data).hexdigest() == name else ()

    def _series_path(self, name: str) -> Path:
        return self.folder / "series" / f"{name}.f64"

    @property
    def logs(self) -> Path:
        """Where logs are kept."""
        return self.folder / "logs"

    def log_path(self, name: str) -> Path:
        """Where the log with this hash is kept."""
        return self.logs / f"{name}.log"

    @contextmanager
    def occupied(self) -> Iterator[None]:
        """Hold the study for one `run`, which `step` tells from now on. Raises UserError when another one has it."""
        from filelock import FileLock, Timeout

        try:
            with FileLock(self.folder / "run.lock", timeout=0.5):  # whoever asks for `step` holds it for a moment
                self.tail_path.unlink(missing_ok=True)  # of a `run` that was killed
                self.set_step("beginning", seconds=0.0, began=now())
                try:
                    yield
                finally:
                    self._clear_step()
        except Timeout:
            busy = self.step() or {}
            raise UserError(
                f"Another `autoresearch run` (process {busy.get('pid', '?')}) is at work on {self.study!r}.",
                fix="autoresearch status, or autoresearch stop",
            ) from None

    def set_step(self, name: str, *, seconds: float, began: str) -> None:
        """Say what is being done now. Lost without harm: only `status` and the display read it."""
        step = {"pid": os.getpid(), "step": name, "limit_seconds": seconds, "began": began}
        rewrite(self.folder / "now.json", json.dumps(step).encode())

    def step(self) -> dict[str, object] | None:
        """What the running `run` is doing; None when none is at work."""
        if not self._is_occupied():
            return None
        try:
            step: dict[str, object] = json.loads((self.folder / "now.json").read_bytes())
        except (OSError, ValueError):
            return None
        return step

    @property
    def tail_path(self) -> Path:
        """The newest that what runs now has printed. For a person's eyes: no rule and no brief ever reads it."""
        return self.folder / "now.log"

    def tail(self) -> bytes:
        """The newest that what runs now has printed; empty when nothing runs, or it said nothing yet."""
        try:
            return self.tail_path.read_bytes() if self._is_occupied() else b""
        except OSError:
            return b""

    def _is_occupied(self) -> bool:
        """Whether some process holds the study: the lock knows, a process id in a file does not."""
        from filelock import FileLock, Timeout

        try:
            with FileLock(self.folder / "run.lock", timeout=0):
                return False
        except Timeout:
            return True

    def _clear_step(self) -> None:
        """Nobody is at work any more."""
        (self.folder / "now.json").unlink(missing_ok=True)


def studies(root: Path) -> list[str]:
    """Names of the studies begun in a repository."""
    return sorted(path.parent.name for path in (root / FOLDER).glob("*/ledger.jsonl"))


def rewrite(path: Path, data: bytes) -> None:
    """Write a file so that a reader sees the old one or the new one, never half of it."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
