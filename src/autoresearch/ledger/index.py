"""The ledger as tables, for questions. Derived: delete it whenever you like, the next question makes it again.

epoch         one row each: number, why, started; values compare within one epoch only
experiment    one row each: number, epoch, outcome, value, summary, ...
measurement   one row each: commit, side, value, seed, seconds, ...
certificate   one row each: ruling, p, mean, gain, ...
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import astuple, replace
from pathlib import Path
from typing import Any

from autoresearch.errors import LedgerError, UserError
from autoresearch.hearsay import Hearsay
from autoresearch.history import Epoch, History
from autoresearch.ledger import Ledger, Position
from autoresearch.ledger.events import Event
from autoresearch.records import Certificate, Experiment, Measurement

VERSION = 4
"""Rises with the tables; an index of another version is made again."""

_TABLES = """
CREATE TABLE read (version INTEGER, offset INTEGER, seq INTEGER, head TEXT, last INTEGER);
CREATE TABLE epoch (number INTEGER PRIMARY KEY, digest TEXT, why TEXT, started TEXT);
CREATE TABLE experiment (number INTEGER PRIMARY KEY, epoch INTEGER, outcome TEXT, reason TEXT, value REAL,
    summary TEXT, hypothesis TEXT, agent TEXT, "commit" TEXT, parent TEXT, seconds REAL, started TEXT, cost_usd REAL,
    tokens INTEGER);
CREATE TABLE measurement (seq INTEGER PRIMARY KEY, epoch INTEGER, experiment INTEGER, certificate INTEGER, purpose TEXT,
    "commit" TEXT, side TEXT, split TEXT, value REAL, seed INTEGER, seconds REAL, evaluation_seconds REAL,
    foreign_load REAL, started TEXT);
CREATE TABLE certificate (number INTEGER PRIMARY KEY, epoch INTEGER, ruling TEXT, reason TEXT, "commit" TEXT,
    against TEXT, p REAL, level REAL, n INTEGER, mean REAL, low REAL, high REAL, gain REAL, gain_low REAL,
    gain_high REAL, split TEXT);
CREATE INDEX by_outcome ON experiment (outcome);
CREATE INDEX by_experiment ON measurement (experiment);
"""

_NOW = "(SELECT max(number) FROM epoch)"
"""The epoch that lines are in when they are read, which is in order."""


class _Unfolded(History):
    """For reading lines that only become rows."""

    def add(self, record: object) -> None:
        """Nothing is remembered."""


def numbers(ledger: Path, index: Path, *, where: str = "1", order: str = "number") -> list[int]:
    """Numbers of the experiments for which the SQL expression `where` holds, ordered by `order`.

    Raises UserError when SQLite does not understand the expression, LedgerError.
    """
    with closing(_brought_up_to_date(ledger, index)) as database:
        database.execute("PRAGMA query_only = ON")
        try:
            rows = database.execute(f"SELECT number FROM experiment WHERE ({where}) ORDER BY {order}").fetchall()
        except sqlite3.Error as error:
            columns = ", ".join(row[1] for row in database.execute("PRAGMA table_info(experiment)"))
            raise UserError(f"SQLite does not understand that: {error}.", fix=f"columns are {columns}") from None
    return [number for (number,) in rows]


def _brought_up_to_date(ledger: Path, index: Path) -> sqlite3.Connection:
    """A connection to the index with every line of the ledger in it; made anew when it does not fit."""
    try:
        return _caught_up(ledger, index)
    except (sqlite3.DatabaseError, LedgerError):
        index.unlink(missing_ok=True)  # a wrong index costs nothing; a wrong ledger is refused again below
        return _caught_up(ledger, index)


def _caught_up(ledger: Path, index: Path) -> sqlite3.Connection:
    database = sqlite3.connect(index, timeout=60)
    try:
        with database:
            reader = Ledger(ledger, _Unfolded(), since=_read_so_far(database))
            for event in reader.refresh():
                for sql, values in _rows(event):
                    database.execute(sql, values)
            end = reader.position
            database.execute("DELETE FROM read")
            database.execute("INSERT INTO read VALUES (?, ?, ?, ?, ?)", (VERSION, *astuple(end)))
    except BaseException:
        database.close()
        raise
    return database


def _read_so_far(database: sqlite3.Connection) -> Position:
    """Where the index ends; the tables are made where there are none."""
    if not database.execute("SELECT name FROM sqlite_master WHERE name = 'read'").fetchone():
        database.executescript(_TABLES)
        return Position()
    row = database.execute("SELECT version, offset, seq, head, last FROM read").fetchone()
    if row is None or row[0] != VERSION:
        raise sqlite3.DatabaseError("an index of another version")
    return Position(*row[1:])


def _rows(event: Event) -> Iterator[tuple[str, Sequence[Any]]]:
    """The rows an event becomes."""
    match event.record:
        case Epoch() as epoch:
            values = (epoch.number, epoch.digest, epoch.why, epoch.started)
            yield "INSERT INTO epoch VALUES (?, ?, ?, ?)", values
        case Hearsay() as row:
            yield from _rows(replace(event, record=row.experiment("")))
        case Experiment() as done:
            made = done.candidate
            yield (
                f"INSERT INTO experiment VALUES (?, {_NOW}, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(done.number, done.verdict.outcome.value, done.verdict.reason, done.value),
                    *((made.summary, made.hypothesis) if made else ("", "")),
                    *(done.agent, made.commit if made else None, done.parent, done.seconds, done.started),
                    *(done.cost_usd, done.tokens),
                ),
            )
        case Measurement() as run:
            yield (
                f"INSERT INTO measurement VALUES (?, {_NOW}, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(
                        event.seq,
                        run.experiment,
                        run.certificate,
                        run.purpose,
                        run.commit,
                        run.side.value,
                        run.split,
                        run.value,
                    ),
                    *(run.seed, run.seconds, run.evaluation_seconds, run.foreign_load, run.started),
                ),
            )
        case Certificate() as proof:
            yield (
                f"INSERT INTO certificate VALUES (?, {_NOW}, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(proof.number, proof.ruling.value, proof.reason, proof.commit, proof.against, proof.p),
                    *(proof.level, proof.n, proof.mean, proof.low, proof.high),
                    *(proof.gain, proof.gain_low, proof.gain_high, proof.split),
                ),
            )
