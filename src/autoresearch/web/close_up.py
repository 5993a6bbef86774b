"""One experiment, or two, with their patches: what the page asks for when somebody looks closely."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autoresearch.errors import AutoresearchError
from autoresearch.history import is_baseline
from autoresearch.records import Experiment
from autoresearch.report.diffs import parse
from autoresearch.report.printed import printed
from autoresearch.site import Site
from autoresearch.views.detail import detail
from autoresearch.views.reading import Reading

DiffOf = Callable[[str, str], str]
"""The patch between two commits. Raises AutoresearchError where they are not kept."""
LOG_LINES = 60
LOG_BYTES = 16_384


def close_up(reading: Reading, number: int, *, diff_of: DiffOf, site: Site | None = None) -> dict[str, Any]:
    """Experiment `number` with its patch and, where a site is given, the end of its log. Raises IndexError."""
    done = reading.history.experiments[number]
    made = done.candidate
    patch = _patch(diff_of, done.parent, made.commit) if made and not is_baseline(done) else None
    log = _log(reading, done, site) if site else []
    return detail(reading, number) | {"patch": patch, "log_tail": log}


def beside(reading: Reading, one: int, other: int, *, diff_of: DiffOf) -> dict[str, Any]:
    """Two experiments and the patch that leads from the first's code to the second's. Raises IndexError."""
    made = [reading.history.experiments[number].candidate for number in (one, other)]
    commits = [each.commit for each in made if each]
    patch = _patch(diff_of, commits[0], commits[1]) if len(commits) == 2 else None
    return {"sides": [detail(reading, number) for number in (one, other)], "patch": patch}


def _patch(diff_of: DiffOf, parent: str, child: str) -> dict[str, Any] | None:
    """The patch line by line with its kinds; None where it is not kept."""
    try:
        made = parse(diff_of(parent, child))
    except AutoresearchError:
        return None
    return {"lines": made.lines, "cut": made.cut, "added": made.added, "removed": made.removed}


def _log(reading: Reading, done: Experiment, site: Site) -> list[str]:
    """The end of the first log of it that is kept, made fit to be read."""
    names = [done.log, *(run.log for run in reading.history.settled.get(done.number, ()))]
    path = next((path for name in names if name and (path := site.log_path(name)).exists()), None)
    if path is None:
        return []
    return list(printed(path.read_bytes()[-LOG_BYTES:], LOG_LINES))
