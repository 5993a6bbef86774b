"""Which column says what: by its heading, or, where there is none, by what stands in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from autoresearch.readers.cells import number
from autoresearch.readers.directions import named
from autoresearch.readers.words import is_known, word

LONGEST = 40
"""Characters of a heading's name."""
UPSTREAM = ("commit", "val_bpb", "memory_gb", "status", "description")
_ROLES = {
    "commit": "commit git_commit commit_hash hash sha run_id exp_id id run exp experiment experiment_id iter iteration"
    " trial step n no index round attempt",
    "status": "status outcome decision verdict kept action result_status",
    "summary": "description desc summary change changes note notes what comment message idea title details",
    "hypothesis": "hypothesis rationale reason why",
    "started": "timestamp time_utc date datetime ts when created_at",
}
_ROLE = {name: (role, rank) for role, names in _ROLES.items() for rank, name in enumerate(names.split())}
"""Heading to role, and how well it fits: a `commit` beside a `run` is the one meant."""
_ASIDE = re.compile(
    r"mem|vram|param|seconds|duration|elapsed|wall|depth|tokens|steps?$|num_|_n$|seed|lines|cost|parent|gpu|delta|conf"
)
"""Headings of numbers that are rarely the metric; only taken for it where there is no other."""
_DERIVED = re.compile(r"(^|_)(best|running|so_far|prev|previous|ema|baseline|base|old)(_|$)")
"""Headings of numbers that are worked out from those of other rows, so that they are no attempt's own."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Where to find what in a row."""

    names: Sequence[str]
    roles: dict[str, int] = field(default_factory=dict)
    metric: int | None = None
    guessed: bool = False
    """Whether there was no heading."""
    others: Sequence[str] = ()
    """Columns that might be the metric as well."""

    @property
    def metric_name(self) -> str:
        """What the number is called."""
        return "metric" if self.metric is None else self.names[self.metric]

    @property
    def last_is_text(self) -> bool:
        """Whether the last column is prose, into which stray separators may fall."""
        return bool(self.names) and self.roles.get("summary") == len(self.names) - 1


def is_heading(cells: Sequence[str]) -> bool:
    """Whether these cells name columns: several words we know, and no number among them."""
    known = [cell for cell in cells if _role(cell) and not is_known(cell)]
    return len(known) >= 2 and not tells(cells)


def tells(cells: Sequence[str]) -> bool:
    """Whether these cells say what only a row does: a number, or what became of an attempt.

    A heading may be such a word, `kept` or `error`: then it names the status, or another cell does, and no cell stands
    for a missing number.
    """
    if any(number(cell).value is not None for cell in cells):
        return True
    words = [cell for cell in cells if is_known(cell)]
    rest = [cell for cell in cells if cell.strip() and not is_known(cell)]
    named = all(map(_role, words)) or any((_role(cell) or ("",))[0] == "status" for cell in rest)
    return bool(words) and (not named or any(number(cell).absent for cell in rest))


def may_be_heading(cells: Sequence[str]) -> bool:
    """Whether the first line of a file names columns in words we do not know: a row has a number, or a status."""
    short = all(0 < len(cell) < LONGEST for cell in cells)
    return short and (len(cells) >= 3 or any(map(_role, cells))) and len(cells) > 1 and not tells(cells)


def headed(names: Sequence[str], rows: Sequence[Sequence[str]], metric: str | None) -> Columns:
    """Columns under a heading. `metric` is the one the person named."""
    names = [name.strip().strip("*`") or f"column {place}" for place, name in enumerate(names, 1)]
    meant = [(*known, place) for place, name in enumerate(names) if (known := _role(name))]
    roles: dict[str, int] = {}
    for role, _, place in sorted(meant):
        roles.setdefault(role, place)
    _fill(roles, len(names), rows)
    free = [place for place, name in enumerate(names) if not _role(name) and place not in roles.values()]
    if metric is not None:
        return Columns(names, roles, next((place for place in free if names[place] == metric), None))
    numeric = [place for place in free if _share(rows, place) >= 0.3]
    fitting = sorted(numeric or free, key=lambda place: _fit(names[place]))
    best = fitting[0] if fitting else None
    others = [names[place] for place in fitting[1:] if _fit(names[place])[0] == _fit(names[fitting[0]])[0]]
    return Columns(names, roles, best, others=others if best in numeric else ())


def _fit(name: str) -> tuple[bool, bool, bool]:
    """How well a name fits the metric, best first: no aside, not worked out from other rows, of a known direction."""
    return bool(_ASIDE.search(name.lower())), bool(_DERIVED.search(word(name))), named(name) is None


def _fill(roles: dict[str, int], width: int, rows: Sequence[Sequence[str]]) -> None:
    """Find by its words what no heading names: the status, and prose in the last column."""
    free = [place for place in range(width) if place not in roles.values()]
    status = max(free, key=lambda place: _known(rows, place), default=-1)
    if "status" not in roles and status >= 0 and _known(rows, status) * 2 > len(rows):
        roles["status"] = status
        free.remove(status)
    if "summary" not in roles and free and free[-1] == width - 1 and not _share(rows, width - 1):
        roles["summary"] = width - 1


def _role(name: str) -> tuple[str, int] | None:
    return ("commit", 99) if name.strip() in ("#", "№") else _ROLE.get(word(name))


def guessed(width: int, rows: Sequence[Sequence[str]], metric: str | None = None) -> Columns:
    """Columns without a heading: status where its words stand, the metric the first number that ever changes.

    The first column is the last to be taken for it. `metric` is the name the person gave, such as "column 4".
    """
    status = max(range(width), key=lambda place: _known(rows, place))
    if not _known(rows, status):
        status = -1
    numeric = [place for place in range(width) if place != status and _share(rows, place) >= 0.5]
    changing = [place for place in numeric if len({row[place] for row in rows if place < len(row)}) > 1]
    place = next(iter([*filter(None, changing), *filter(None, numeric), *numeric]), None)
    roles = {"status": status} if status >= 0 else {}
    if place:
        roles["commit"] = 0
    text = [each for each in range(width - 1, -1, -1) if each not in (*numeric, *roles.values())]
    roles |= {"summary": text[0]} if text else {}
    like_upstream = width == 5 and (place, status) == (1, 3)
    names = list(UPSTREAM) if like_upstream else [f"column {each}" for each in range(1, width + 1)]
    return Columns(names, roles, names.index(metric) if metric in names else place, guessed=True)


def _share(rows: Sequence[Sequence[str]], place: int) -> float:
    """How many of the cells that say something say a number."""
    cells = [number(row[place]) for row in rows if place < len(row)]
    said = [cell for cell in cells if not cell.absent]
    return sum(cell.value is not None for cell in said) / len(said) if said else 0.0


def _known(rows: Sequence[Sequence[str]], place: int) -> int:
    return sum(place < len(row) and is_known(row[place]) for row in rows)
