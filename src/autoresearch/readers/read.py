"""From bytes to hearsay: which format it is, in which alphabet, and the one place that decides both."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import islice

from autoresearch.readers import pilog, table, trailers
from autoresearch.readers.directions import way
from autoresearch.readers.foreign import Foreign, Reader, numbered, with_direction
from autoresearch.records import Direction

_SAMPLE = 100
"""Lines from which a format is told."""
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_READERS: Mapping[str, Callable[[Sequence[str], str | None], list[Reader]]] = {
    "pi": pilog.segments,
    "trailers": trailers.segments,
    "table": table.segments,
}


def read(data: bytes, *, metric: str | None = None, direction: Direction | None = None) -> Foreign:
    """Read another tool's ledger. `metric` names the column to go by, `direction` says which way it improves.

    Never raises for what is in the file: a row that cannot be understood is hearsay that says nothing.
    """
    text, doubt = _decoded(data)
    lines = text.split("\n")
    if lines and not lines[-1]:
        lines.pop()
    form = _form(lines)
    found = _READERS[form](lines, metric)
    if direction:
        found = [with_direction(segment, direction) for segment in found]
    ways = {index: way(segment) for index, segment in enumerate(found)}
    made = numbered(found, ways, form=form, lines=len(lines))
    return Foreign(made.form, made.lines, made.segments, [*doubt, *made.doubts])


def _decoded(data: bytes) -> tuple[str, list[str]]:
    for mark, name in _BOMS:
        if data.startswith(mark):
            return data.decode(name, "replace"), [] if name != "utf-16" else ["the file is in UTF-16"]
    try:
        return data.decode(), []
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        return data.decode("utf-8", "replace"), [f"line {line}: not UTF-8; what is no character is shown as \ufffd"]


def _form(lines: Sequence[str]) -> str:
    """A log by most of its lines, for garbage may stand above it; a `git log` by its first."""
    sample = list(islice((line.lstrip() for line in lines if line.strip()), _SAMPLE))
    if sum(line.startswith("{") for line in sample) * 2 > len(sample):
        return "pi"
    return "trailers" if sample and re.match(r"commit [0-9a-f]{7,40}\b", sample[0]) else "table"
