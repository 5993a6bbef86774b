"""pi-autoresearch's log, `autoresearch.jsonl` or `.auto/log.jsonl`, and that of its ports: one JSON object a line.

A `config` line opens a segment; hooks are no attempts; any other object is one. Their own readers take a missing metric
for 0 and an unknown status for a keep: here both stay unknown.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from autoresearch.readers.cells import number
from autoresearch.readers.foreign import Reader, Row
from autoresearch.records import Direction, Outcome

_READ = {"run", "commit", "metric", "metrics", "status", "description", "timestamp", "asi", "type"}


def segments(lines: Sequence[str], metric: str | None) -> list[Reader]:
    """The log's segments. `metric` names a secondary metric to go by instead of the session's own."""
    found: list[tuple[dict[str, Any], list[Row], list[str]]] = [({}, [], [])]
    for place, line in enumerate(lines, 1):
        if not line.strip():
            continue
        said = _object(line)
        if said is None:
            found[-1][1].append(Row(place, line, summary=line.strip(), doubts=["is not a JSON object"]))
        elif said.get("type") == "config":
            if found[-1][1]:
                found.append((said, [], []))
            else:
                found[-1][0].update(said)
        elif said.get("type") == "hook":
            continue
        elif not {"run", "metric", "status"} & said.keys():
            found[-1][2].append(f"line {place}: an object of type {said.get('type')!r}, taken for a remark")
        else:
            found[-1][1].append(_row(place, line, said, metric, segment=len(found) - 1))
    return [_segment(index, *each, metric) for index, each in enumerate(found)]


def _segment(index: int, config: dict[str, Any], rows: list[Row], notes: list[str], metric: str | None) -> Reader:
    name = metric or _text(config.get("metricName")) or "metric"
    if not config and rows:
        note = f"line {rows[0].line}: no config line before it; lower is taken for better, as their readers do"
        notes = [note, *notes]
    higher = config.get("bestDirection") == "higher"
    return Reader(
        metric=name,
        rows=rows,
        unit=_text(config.get("metricUnit")),
        direction=Direction.MAXIMIZE if higher else Direction.MINIMIZE,
        why=f"segment {index}: {_text(config.get('name')) or name}" if index else "",
        notes=notes,
    )


def _object(line: str) -> dict[str, Any] | None:
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def _row(place: int, line: str, said: Mapping[str, Any], metric: str | None, *, segment: int) -> Row:
    others = said.get("metrics") if isinstance(said.get("metrics"), dict) else {}
    asi = said.get("asi") if isinstance(said.get("asi"), dict) else {}
    assert isinstance(others, dict)
    assert isinstance(asi, dict)
    row = Row(
        place,
        line,
        commit=_text(said.get("commit")),
        status=_text(said.get("status")),
        summary=_text(said.get("description")),
        hypothesis=_text(asi.get("hypothesis")),
        started=_moment(said.get("timestamp")),
    )
    _measure(row, others.get(metric) if metric else said.get("metric"))
    _undo(row, said.get("autoresearch"))
    row.values = {str(name): value for name, raw in others.items() if (value := _number(raw)) is not None}
    row.extra = {str(name): _text(raw) for name, raw in said.items() if name not in _READ}
    row.extra |= {f"asi.{name}": _text(raw) for name, raw in asi.items()}
    row.doubts += _odd(said, others, segment)
    return row


def _undo(row: Row, ours: object) -> None:
    """Take back what our export had to say in their words: a crash without a score, a discard of unknown fate."""
    outcome = ours.get("outcome") if isinstance(ours, dict) else None
    if not isinstance(outcome, str):
        return
    if row.status == "crash":
        row.status, row.cell, row.value = outcome, "", None
    elif outcome == Outcome.UNKNOWN:
        row.status = outcome
        row.summary = row.summary.removeprefix("unknown: ")


def _measure(row: Row, raw: object) -> None:
    row.cell = _text(raw)
    row.value = _number(raw)
    if row.value is None and isinstance(raw, str):
        cell = number(raw)
        row.value = cell.value
        row.doubts.append(cell.doubt or f"the metric is the text {raw[:40]!r}")
    elif row.value is None and raw is not None:
        row.doubts.append(f"the metric is {_text(raw)[:40]}, not a finite number")


def _odd(said: Mapping[str, Any], others: Mapping[str, Any], segment: int) -> Iterator[str]:
    for name, raw in others.items():
        if _number(raw) is None:
            yield f"{str(name)[:40]} is {_text(raw)[:40]!r}, not a finite number"
    if isinstance(said.get("segment"), int) and said["segment"] != segment:
        yield f"says segment {said['segment']}, the config lines say {segment}"
    if not isinstance(said.get("run"), int):
        yield "has no run number"


def _number(raw: object) -> float | None:
    if isinstance(raw, bool) or not isinstance(raw, (int, float)):
        return None
    try:
        return float(raw) if math.isfinite(raw) else None
    except OverflowError:
        return None


def _text(raw: object) -> str:
    if raw is None:
        return ""
    return raw if isinstance(raw, str) else json.dumps(raw, default=str)


def _moment(raw: object) -> str:
    """Epoch milliseconds as ISO 8601; anything else as it stands."""
    value = _number(raw)
    try:
        return datetime.fromtimestamp(value / 1000, UTC).isoformat() if value is not None else _text(raw)
    except (ValueError, OverflowError, OSError):
        return _text(raw)
