"""The append-only, hash-chained record of everything. What is not in it did not happen.

Appending is lock, catch up, write, flush, fsync. A last line without its newline was never acknowledged to anybody: the
next writer cuts it off. Anything else that does not verify is refused with file and line, never mended.
"""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Generic, TypeVar

from autoresearch.errors import LedgerError, UserError
from autoresearch.history import History
from autoresearch.ledger.events import GENESIS, Event, decode, digest, encode

if TYPE_CHECKING:
    from filelock import BaseFileLock


def now() -> str:
    """This moment, ISO 8601, UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Position:
    """A place between two lines of a ledger."""

    offset: int = 0
    """Bytes before it."""
    seq: int = 0
    """Number of the next line."""
    head: str = GENESIS
    """Hash of the line before it."""
    last: int = 0
    """Bytes of the line before it, with its newline."""


def ends_at(path: Path, position: Position) -> bool:
    """Whether the ledger still ends where it was once read to: its length and its last line say so."""
    with path.open("rb") as file:
        return file.seek(0, os.SEEK_END) == position.offset and _passes(file, position)


def _passes(file: BinaryIO, position: Position) -> bool:
    """Whether the line before `position` is the one that was read there: then all before it is, by the chain."""
    if not position.offset:
        return True
    file.seek(position.offset - position.last)
    return digest(file.read(position.last).removesuffix(b"\n")) == position.head


H = TypeVar("H", bound=History)


class Ledger(Generic[H]):
    """One study's ledger file and the history folded from it. Safe between processes; one thread at a time."""

    def __init__(self, path: Path, history: H, *, since: Position | None = None) -> None:
        """`history` is what lines are folded into: a `History` to go on from, an `Archive` to look at.

        `since` leaves out what was read before up to there.
        """
        self.path = path
        self.history = history
        since = since or Position()
        self._offset, self._seq, self._head, self._last = since.offset, since.seq, since.head, since.last

    @property
    def position(self) -> Position:
        """How far the ledger was read."""
        return Position(self._offset, self._seq, self._head, self._last)

    def refresh(self, most: int | None = None) -> list[Event]:
        """Fold in what was appended since, by anyone. Returns it. A torn last line is left for the next writer.

        At most `most` lines, for those who look at a long ledger while they read it. Raises LedgerError for a line
        that does not verify, and when the file is not the one read so far: deleted, or another study's.
        """
        with _uncollected():
            events = list(islice(self._read(), most))
            for event in events:
                self.history.add(event.record)
        return events

    def append(self, *records: object) -> list[Event]:
        """Write `records` durably, after whatever others wrote meanwhile. Returns all that is new.

        Raises UserError when the disk refuses, or the study was imported, and LedgerError as `refresh` does: then the
        file is as it was.
        """
        with self._lock():
            events = self.refresh()
            self.demand_ours()
            self._cut_torn_tail()
            self._write(records)
            return events + self.refresh()

    def demand_ours(self) -> None:
        """Raise UserError when the study was imported: then it can only be read."""
        if self.history.imported:
            raise UserError(
                f"{self.path.parent.name!r} was imported from {self.history.imported.file}: it can only be read.",
                fix="give the task another name in autoresearch.toml, and `autoresearch run` begins a study of its own",
            )

    def _lock(self) -> BaseFileLock:
        from filelock import FileLock

        return FileLock(self.path.with_suffix(".lock"), timeout=60)

    def _read(self) -> Iterator[Event]:
        try:
            file = self.path.open("rb")
        except FileNotFoundError:
            if self._offset:
                raise self._replaced() from None
            return
        with file:
            if not _passes(file, self.position):
                raise self._replaced()
            file.seek(self._offset)
            for raw in file:
                if not raw.endswith(b"\n"):
                    return
                yield self._next(raw)

    def _next(self, raw: bytes) -> Event:
        line = raw[:-1]
        try:
            event = decode(line, seq=self._seq, prev=self._head)
        except (ValueError, KeyError, TypeError) as error:
            cause = "is not JSON" if isinstance(error, json.JSONDecodeError) else _first_line(error)
            raise LedgerError(
                f"{self.path}, line {self._seq + 1}: {cause}.",
                fix="restore the file from a copy, or start a new study under another name",
            ) from error
        self._seq, self._head = self._seq + 1, digest(line)
        self._offset, self._last = self._offset + len(raw), len(raw)
        return event

    def _replaced(self) -> LedgerError:
        """Nothing is told of the old one as if it were the new one's, and no line of the old chain gets into it."""
        return LedgerError(
            f"{self.path} is not the ledger read so far: it was deleted, or another study has its place.",
            fix="start this again, and it reads what is there now",
        )

    def _cut_torn_tail(self) -> None:
        if self.path.exists() and self.path.stat().st_size > self._offset:
            os.truncate(self.path, self._offset)

    def _write(self, records: tuple[object, ...]) -> None:
        head, lines = self._head, []
        for seq, record in enumerate(records, self._seq):
            line = encode(record, seq=seq, prev=head, at=now())
            head = digest(line)
            lines.append(line + b"\n")
        data = b"".join(lines)
        try:
            fd = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                while data:
                    data = data[os.write(fd, data) :]
                os.fsync(fd)
            finally:
                os.close(fd)
        except OSError as error:
            self._cut_torn_tail()
            raise UserError(
                f"The ledger {self.path} cannot be written ({error.strerror}); nothing recorded so far is lost.",
                fix="make room or give write permission there, then `autoresearch run` goes on where it was",
            ) from error


@contextmanager
def _uncollected() -> Iterator[None]:
    """Within, nobody looks for cycles: records are in none, and looking took a third of the time of a long ledger."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _first_line(error: BaseException) -> str:
    return str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
