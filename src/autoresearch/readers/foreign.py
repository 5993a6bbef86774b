"""What a reader makes of a file: segments of rows, and everything it had doubts about, by line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from autoresearch.hearsay import Hearsay
from autoresearch.readers.words import SILENT, outcome_of
from autoresearch.records import Direction, Outcome


@dataclass(slots=True)
class Row:
    """One row while it is being read."""

    line: int
    text: str
    commit: str = ""
    status: str = ""
    cell: str = ""
    value: float | None = None
    summary: str = ""
    hypothesis: str = ""
    started: str = ""
    values: dict[str, float] = field(default_factory=dict)
    extra: dict[str, str] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Segment:
    """Rows whose numbers compare."""

    metric: str
    unit: str
    direction: Direction
    rows: Sequence[Hearsay]
    why: str = ""
    """What opened it; empty for the first."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """A file, read."""

    form: str
    lines: int
    segments: Sequence[Segment]
    doubts: Sequence[str]
    """By line; `rows` have theirs too."""

    @property
    def rows(self) -> list[Hearsay]:
        """All rows, in the file's order."""
        return [row for segment in self.segments for row in segment.rows]


@dataclass(frozen=True, slots=True)
class Reader:
    """What a format's reader hands on: rows by segment, what it calls the number, which way is better if it says so."""

    metric: str
    rows: Sequence[Row]
    unit: str = ""
    direction: Direction | None = None
    why: str = ""
    notes: Sequence[str] = ()
    """Doubts about the segment as a whole."""


def hearsay_of(rows: Sequence[Row], *, first: int, taken: dict[str, int]) -> list[Hearsay]:
    """`rows` as hearsay numbered from `first`; `taken` counts how often each name was met."""
    level = next((row for row in rows if row.value is not None), None)
    heard = [_hearsay(row, number, row is level, taken) for number, row in enumerate(rows, first)]
    if any(row.status for row in heard):
        return heard
    return [replace(row, doubts=tuple(doubt for doubt in row.doubts if doubt != SILENT)) for row in heard]


def _hearsay(row: Row, number: int, is_first: bool, taken: dict[str, int]) -> Hearsay:
    outcome, doubt = outcome_of(row.status, is_first=is_first)
    doubts = [*row.doubts, *([doubt] if doubt else [])]
    value, more = _scored(row, outcome)
    return Hearsay(
        number=number,
        line=row.line,
        text=clean(row.text),
        name=_name(clean(row.commit) or f"row {number}", taken),
        commit=clean(row.commit),
        status=clean(row.status),
        outcome=outcome,
        value=value,
        cell=clean(row.cell),
        summary=clean(row.summary),
        hypothesis=clean(row.hypothesis),
        started=clean(row.started),
        values={clean(name): number for name, number in row.values.items()},
        extra={clean(name): clean(cell) for name, cell in row.extra.items()},
        doubts=tuple(clean(doubt) for doubt in [*doubts, *more]),
    )


def _scored(row: Row, outcome: Outcome) -> tuple[float | None, list[str]]:
    """The number that may be read as a score: an attempt that never ran to its end has none, whatever is written."""
    if outcome in (Outcome.KEEP, Outcome.DISCARD, Outcome.UNKNOWN):
        missing = row.value is None and outcome is not Outcome.UNKNOWN
        return row.value, [f"{row.status} without a number"] if missing and not row.doubts else []
    odd = outcome in (Outcome.CRASH, Outcome.TIMEOUT) and row.value not in (None, 0.0)
    return None, [f"{row.status} with the number {row.cell}: not read as a score"] if odd else []


def _name(word: str, taken: dict[str, int]) -> str:
    """`word`, or the same with a count where it stood before."""
    taken[word] = times = taken.get(word, 0) + 1
    return word if times == 1 else _name(f"{word} ({times})", taken)


def clean(text: str) -> str:
    """`text` as something every file can hold: what is no character becomes a question mark."""
    return text.encode("utf-8", "replace").decode()


def numbered(
    segments: Sequence[Reader], ways: Mapping[int, tuple[Direction, str]], *, form: str, lines: int
) -> Foreign:
    """The file as it will be recorded. `ways` says which way each segment improves, and what is doubtful in that."""
    made: list[Segment] = []
    doubts: list[str] = []
    taken: dict[str, int] = {}
    first = 0
    for index, found in enumerate(segments):
        heard = hearsay_of(found.rows, first=first, taken=taken)
        first += len(heard)
        direction, doubt = ways[index]
        made.append(Segment(clean(found.metric), clean(found.unit), direction, heard, clean(found.why)))
        doubts += [clean(note) for note in [*found.notes, *([doubt] if doubt else [])]]
        if heard and not any(row.status for row in heard):
            doubts.append(f"line {heard[0].line}: no row says what became of it, so nothing counts as kept")
        doubts += [f"line {row.line}: {doubt}" for row in heard for doubt in row.doubts]
    return Foreign(form, lines, made, doubts)


def with_direction(found: Reader, direction: Direction) -> Reader:
    """The same segment, told which way is better."""
    return replace(found, direction=direction)
