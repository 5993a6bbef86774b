"""The ledger as one flat table: a row an experiment, every metric a column. For pandas, DuckDB, spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean

from autoresearch.errors import UserError
from autoresearch.extras import ExtraMissing
from autoresearch.history import Archive, Epoch
from autoresearch.records import Experiment
from autoresearch.views.reading import Reading, own_runs
from autoresearch.views.standing import standings

Cell = str | int | float | bool | None

HEAD = (
    *("study", "epoch", "number", "outcome", "standing", "metric", "direction", "unit", "value", "runs"),
    *("summary", "hypothesis", "reason", "commit", "parent", "agent", "started", "seconds", "cost_usd", "tokens"),
)
"""Columns of every table, in this order; then `value.<name>` for each metric that any run has."""


def rows(history: Archive) -> list[dict[str, Cell]]:
    """Every finished experiment of every epoch. What is unknown is None."""
    reading = Reading.of(history)
    where = {} if history.imported else {number: str(each) for number, each in standings(reading).items()}
    found = []
    for span in reading.spans:
        found += [_row(history, done, span.epoch, where.get(done.number, "")) for done in span.experiments]
    return found


def _row(history: Archive, done: Experiment, epoch: Epoch, standing: str) -> dict[str, Cell]:
    made, metric = done.candidate, epoch.metric
    row: dict[str, Cell] = {
        "study": history.study.name if history.study else "",
        "epoch": epoch.number,
        "number": done.number,
        "outcome": str(done.verdict.outcome),
        "standing": standing,
        "metric": metric.name,
        "direction": str(metric.direction),
        "unit": metric.unit,
        "value": done.value,
        "runs": len(own_runs(history, done)),
        "summary": made.summary if made else "",
        "hypothesis": made.hypothesis if made else "",
        "reason": done.verdict.reason,
        "commit": made.commit if made else "",
        "parent": done.parent,
        "agent": done.agent,
        "started": done.started,
        "seconds": None if history.imported else done.seconds,
        "cost_usd": done.cost_usd if done.cost_usd is not None else made.cost_usd if made else None,
        "tokens": done.tokens if done.tokens is not None else made.tokens if made else None,
    }
    return row | {f"value.{name}": value for name, value in values(history, done).items()}


def values(history: Archive, done: Experiment) -> dict[str, float]:
    """Every metric of an experiment by name: the mean of its own runs, or what an imported row claims."""
    if row := history.hearsay.get(done.number):
        return dict(row.values)
    runs = own_runs(history, done)
    names = dict.fromkeys(name for run in runs for name in run.values)
    return {name: fmean(run.values[name] for run in runs if name in run.values) for name in names}


def columns(table: Sequence[Mapping[str, Cell]]) -> list[str]:
    """The columns of a table: those every one has, then the metrics in the order they came."""
    return list(dict.fromkeys([*HEAD, *(name for row in table for name in row)]))


def as_csv(history: Archive) -> str:
    """The table as comma-separated values, quoted where needed; nothing is written where nothing is known."""
    table, out = rows(history), io.StringIO()
    writer = csv.DictWriter(out, columns(table), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: inert(cell) for name, cell in row.items()} for row in table)
    return out.getvalue()


def inert(cell: Cell) -> Cell:
    """Strangers' text that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def to_parquet(history: Archive, path: Path) -> None:
    """Write the table as Parquet, over an older one. Raises UserError without pyarrow, or where it may not write."""
    try:
        from pyarrow import Table, parquet
    except ImportError:
        raise ExtraMissing("Parquet needs pyarrow.", extra="export-parquet") from None
    table = rows(history)
    try:
        parquet.write_table(
            Table.from_pydict({name: [row.get(name) for row in table] for name in columns(table)}), path
        )
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error}.", fix="name another file") from None
