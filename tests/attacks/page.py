"""The tables of what became of every attack: `make attacks` plays all families and writes them.

Two pages hold them: `docs/reference/attacks.md` a line per row, `docs/explanation/trust.md` a line per family.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from autoresearch.attacks.attack import Family, Standing
from autoresearch.attacks.catalogue import ELSEWHERE, FAMILIES, missing

from .night import BACKENDS, Night, play, proven

DOCS = Path(__file__).parents[2] / "docs"
ROWS, SUMMARY = DOCS / "reference" / "attacks.md", DOCS / "explanation" / "trust.md"
BEGIN, END = "<!-- begin: written by `make attacks` -->", "<!-- end -->"
ORDER = (Standing.STOPPED, Standing.NOT_GIVEN, Standing.NOT_HERE, Standing.WORKED)

HEAD = """\
# Attacks

Every known way of being believed without having done the work, and what became of it in a real study on each sandbox.
Rows 1 to 73 were met elsewhere or follow from what was; the others are ours. `make attacks` plays them all and writes
this page; `autoresearch check --attack` plays what can be judged on any task on yours.

*stopped*: not kept, for the right reason, nothing outside changed, and the next honest improvement was kept. *not
given*: it rests on a property that this sandbox does not prove; `check` and every report say so, and requiring it is a
hard error.
"""


@dataclass(frozen=True)
class Played:
    """One family on one sandbox."""

    seconds: int
    """Wall time of its night, rounded up."""
    standings: tuple[Standing, ...]
    """In the order of the family's attacks."""


Results = Mapping[str, Mapping[str, Played]]
"""By family, then by sandbox."""


def measured(names: Collection[str]) -> dict[str, dict[str, Played]]:
    """Play these families on every sandbox that comes up here; the others are read from the page."""
    return {
        family.name: {backend: _played(family, backend) for backend in BACKENDS}
        if family.name in names
        else _read(family, ROWS.read_text())
        for family in FAMILIES
    }


def _played(family: Family, backend: str) -> Played:
    if isinstance(proven(backend), str):
        return Played(0, (Standing.NOT_HERE,) * len(family.attacks))
    with tempfile.TemporaryDirectory(prefix="attacks-") as folder:
        night = play(family, backend, Path(folder))
        standings = tuple(night.standing(attack) for attack in family.attacks)
        print(f"{family.name} on {backend}: {night.seconds:.1f} s", *_complaints(night), sep="\n  ", file=sys.stderr)
        return Played(int(night.seconds) + 1, standings)


def _complaints(night: Night) -> list[str]:
    worked = [attack for attack in night.family.attacks if night.standing(attack) is Standing.WORKED]
    return [text for attack in worked for text in night.objections(attack)] + night.disturbances()


def rows(results: Results) -> str:
    """The page with a line per row."""
    text = HEAD
    for family in FAMILIES:
        took = ", ".join(f"{backend} {played.seconds} s" for backend, played in results[family.name].items())
        text += f"\n## {family.title}\n\nOne night: {took}.\n\n"
        text += _table("row", "attack", "fails at", *BACKENDS, "seen")
        for number, attack in enumerate(family.attacks):
            standings = (results[family.name][backend].standings[number] for backend in BACKENDS)
            text += _line(str(attack.row), attack.title, attack.stopped_by, *standings, attack.seen or "measured")
    for where, titles in ELSEWHERE.items():
        text += f"\n## {where.title}\n\nPlayed in `{where.tests}`, on whatever sandbox `auto` takes.\n\n"
        text += _table("row", "attack") + "".join(_line(str(row), title) for row, title in titles.items())
    if gone := missing():
        text += f"\nRows without a test so far: {', '.join(map(str, gone))}.\n"
    return text


def _table(*names: str) -> str:
    return _line(*names) + _line(*["---"] * len(names))


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |\n"


def summary(results: Results) -> str:
    """The table with a line per family, its markers included."""
    text = _table("family", "rows", *BACKENDS)
    for family in FAMILIES:
        counts = [Counter(results[family.name][backend].standings) for backend in BACKENDS]
        told = (", ".join(f"{count[one]} {one}" for one in ORDER if count[one]) for count in counts)
        text += _line(family.title, str(len(family.attacks)), *told)
    return f"{BEGIN}\n{text}{END}"


def with_summary(page: str, results: Results) -> str:
    """`page` with its table brought up to date."""
    return re.sub(re.escape(BEGIN) + ".*?" + re.escape(END), lambda _: summary(results), page, flags=re.S)


def read(page: str) -> dict[str, dict[str, Played]]:
    """The results a page of rows was made from. Raises ValueError when it lacks a family or a row."""
    return {family.name: _read(family, page) for family in FAMILIES}


def _read(family: Family, page: str) -> dict[str, Played]:
    part = page.partition(f"\n## {family.title}\n")[2].partition("\n## ")[0]
    cells = [line.strip("|").split("|") for line in part.splitlines() if re.match(r"\| \d", line)]
    seconds = dict(re.findall(r"(\w+) (\d+) s", part))
    if len(cells) != len(family.attacks) or not set(BACKENDS) <= set(seconds):
        raise ValueError(f"the page lacks something of the family {family.name}: make attacks")
    return {
        backend: Played(int(seconds[backend]), tuple(Standing(line[3 + column].strip()) for line in cells))
        for column, backend in enumerate(BACKENDS)
    }


def main() -> int:
    """Write both pages, from nights of the families named, of all without a name. 1 when anything worked."""
    results = measured(sys.argv[1:] or [family.name for family in FAMILIES])
    ROWS.write_text(rows(results))
    SUMMARY.write_text(with_summary(SUMMARY.read_text(), results))
    every = [one for family in results.values() for played in family.values() for one in played.standings]
    return int(Standing.WORKED in every)


if __name__ == "__main__":
    sys.exit(main())
