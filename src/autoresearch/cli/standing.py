"""Where a study stands, without reading its whole ledger again when nothing was recorded since.

What was said is kept beside the ledger, with the place up to which it was read. Derived: delete it whenever you like.
It is believed only while the ledger ends there, in the same line; `replay` verifies every line, always.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import autoresearch
from autoresearch.cli.words import HOURS, hours_of, tonight
from autoresearch.history import Archive
from autoresearch.ledger import Position, ends_at, now
from autoresearch.site import Site, rewrite


@dataclass(frozen=True, slots=True)
class Told:
    """What `status` says."""

    data: dict[str, Any]
    """The object for programs."""
    lines: list[list[str]]
    """Name and text of each line for people."""
    picture: str
    """The staircase in rich's markup; empty where there is none to show."""


def told(site: Site, *, columns: int = 0) -> Told:
    """Where the study stands now, with a picture so many columns wide. Raises UserError, LedgerError."""
    found = _remembered(site, columns)
    return _now(_worked_out(site, columns) if found is None else found, site)


def _remembered(site: Site, columns: int) -> Told | None:
    """What was said when the ledger stood where it stands; None when it does not, or said otherwise."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        kept = json.loads(_path(site).read_bytes())
        same = [kept["version"], kept["columns"]] == [autoresearch.__version__, columns]
        if same and ends_at(site.ledger_path, Position(**kept["position"])):
            return Told(**kept["told"])
    return None


def _worked_out(site: Site, columns: int) -> Told:
    from autoresearch.views.state import lasting

    ledger = site.ledger()
    data = lasting(ledger.history) | {"budget_words": tonight(ledger.history, hours=HOURS)}
    made = Told(data, [list(line) for line in _lines(data, ledger.history)], _picture(ledger.history, columns))
    where = {"version": autoresearch.__version__, "columns": columns, "position": asdict(ledger.position)}
    with suppress(OSError):  # a folder that cannot be written can still be looked at
        rewrite(_path(site), json.dumps(where | {"told": asdict(made)}).encode())
    return made


def _lines(data: dict[str, Any], history: Archive) -> Iterator[tuple[str, str]]:
    from autoresearch.views.hearsay import hearsay_lines
    from autoresearch.views.lines import experiments_line, status_lines

    if not history.imported:
        yield from status_lines(data, history)
        return
    yield from hearsay_lines(history)
    yield experiments_line(data)


def _picture(history: Archive, columns: int) -> str:
    from autoresearch.report.staircase import Staircase
    from autoresearch.report.terminal import rich_text
    from autoresearch.views import Reading

    reading = Reading.of(history)
    if not columns or not reading.spans or not history.experiments:
        return ""
    return rich_text(Staircase.of(reading, reading.spans[-1]), columns=columns, rows=14).markup


def _now(kept: Told, site: Site) -> Told:
    """What was worked out, completed by what this moment adds."""
    from autoresearch.views.state import at

    step = site.step()
    state = "paused" if kept.data["paused"] else "running" if step else "idle"
    held = step is not None
    data = at(kept.data, state=state, now=now(), held=held) | {"step": step}
    hours = hours_of(data["budget"], held=held)
    data["budget_words"] = data["budget_words"].replace(HOURS, hours)
    lines = [[name, text.replace(HOURS, hours) if name == "budget" else text] for name, text in kept.lines]
    return replace(kept, data=data, lines=lines)


def _path(site: Site) -> Path:
    return site.folder / "standing.json"
