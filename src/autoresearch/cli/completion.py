"""What the shell offers for a half-typed word. Reads as little as it can, and never complains.

Shells evaluate what they are offered, so nothing an agent or a stranger's repository wrote is: no summary, no odd name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import typer

from autoresearch.errors import UserError
from autoresearch.records import Outcome
from autoresearch.site import FOLDER, Site
from autoresearch.site import studies as begun
from autoresearch.workspace.refs import check_study_name

MOST = 50
"""Numbers offered; typing another digit narrows them."""


def studies(incomplete: str) -> list[str]:
    """Names of the studies begun here."""
    return [name for name in begun(_root()) if name.startswith(incomplete) and _is_plain(name)]


def experiments(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Numbers of finished experiments, the youngest first, each with its outcome."""
    names = [context.params["study"]] if context.params.get("study") else begun(_root())
    if len(names) != 1 or not re.fullmatch(r"[0-9]*", incomplete):
        return []
    with suppress(OSError, ValueError, KeyError, TypeError):
        return list(_finished(Site(_root(), names[0]).ledger_path, incomplete))[: -MOST - 1 : -1]
    return []


def _finished(path: Path, start: str) -> Iterator[tuple[str, str]]:
    """Only lines of such experiments are parsed: a ledger of 100,000 lines is read in half a second."""
    wanted = re.compile(rb'"type":"experiment",.{0,80}"body":\{"number":' + start.encode())
    with path.open("rb") as file:
        for line in file:
            if wanted.search(line, 0, 400) and line.endswith(b"\n"):
                done = json.loads(line)["body"]
                yield str(int(done["number"])), str(Outcome(done["verdict"]["outcome"]))


def _is_plain(name: str) -> bool:
    try:
        check_study_name(name)
    except UserError:
        return False
    return True


def _root() -> Path:
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / FOLDER).is_dir()), here)
