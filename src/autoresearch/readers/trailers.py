"""`git log` of a session whose log is lost: every kept change's message ends in `Result: {json}`.

Early sessions wrote a backslash and an n where the line break belongs; both forms are read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from autoresearch.readers.foreign import Reader, Row
from autoresearch.readers.pilog import _number, _text

_COMMIT = re.compile(r"commit ([0-9a-f]{7,40})\b")
_RESULT = re.compile(r"(?:^|\n|\\n)[ \t]*Result:\s*(\{.*)", re.S)


def segments(lines: Sequence[str], metric: str | None) -> list[Reader]:
    """One segment: the commits with a trailer, oldest first."""
    rows = list(_rows(lines, metric))
    dates = [row.started for row in rows if row.started]
    notes = [] if dates else ["no dates: the last commit is taken for the first, as `git log` prints them"]
    if dates == sorted(dates, reverse=True):
        rows.reverse()
    name = metric or next((row.extra["metric"] for row in rows if row.extra.get("metric")), "metric")
    return [Reader(name, rows, notes=notes if rows else ["no commit has a `Result:` trailer"])]


def _rows(lines: Sequence[str], metric: str | None) -> Iterator[Row]:
    starts = [place for place, line in enumerate(lines) if _COMMIT.match(line)]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        block = lines[start:end]
        message = "\n".join(line[4:] for line in block if line.startswith("    "))
        if found := _RESULT.search(message):
            yield _row(start + 1, block, message[: found.start()], found[1], metric)


def _row(place: int, block: Sequence[str], message: str, trailer: str, metric: str | None) -> Row:
    head = _COMMIT.match(block[0])
    assert head
    row = Row(
        place,
        "\n".join(block),
        commit=head[1],
        started=_date(block),
        summary=message.replace("\\n", "\n").strip().split("\n")[0],
    )
    try:
        said: Any = json.JSONDecoder().raw_decode(trailer)[0]
    except (ValueError, RecursionError):
        row.doubts.append("its trailer is not JSON")
        return row
    row.status = _text(said.pop("status", ""))
    row.values = {str(name): value for name, raw in said.items() if (value := _number(raw)) is not None}
    name = metric or next(iter(said), "")
    row.cell, row.value, row.extra = _text(said.get(name)), row.values.pop(name, None), {"metric": name}
    return row


def _date(block: Sequence[str]) -> str:
    """The commit's ISO date; other forms do not sort, so they are left."""
    for line in block:
        if found := re.match(r"(?:Author)?Date:\s+(\d{4}-\d\d-\d\d.*)", line):
            return found[1].strip()
    return ""
