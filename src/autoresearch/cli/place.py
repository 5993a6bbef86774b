"""What every verb needs first: which repository, which study."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from autoresearch.cli import completion
from autoresearch.errors import UserError
from autoresearch.history import Archive, History
from autoresearch.ledger import Ledger
from autoresearch.records import Candidate
from autoresearch.site import FOLDER, Site, studies
from autoresearch.workspace import git

StudyName = Annotated[
    str | None,
    typer.Option("--study", help="Which study, where the repository has several.", autocompletion=completion.studies),
]
Number = Annotated[int, typer.Argument(help="Number of the experiment.", autocompletion=completion.experiments)]
LedgerFile = Annotated[
    Path | None, typer.Argument(metavar="[FILE]", help="A ledger wherever it is, instead of a study's here.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of text for people.")]


def repository() -> Path:
    """Root of the git repository we stand in. Raises UserError."""
    return git.UserRepository(Path.cwd()).root


def site(name: str | None) -> Site:
    """The study meant: the one named, else the task file's, else the only one. Raises UserError."""
    root = _root_with_studies()
    begun = studies(root)
    if name is None:
        name = _task_name(root) if _task_name(root) in begun else begun[0] if len(begun) == 1 else None
    if name is None and begun:
        raise UserError(f"There are several studies here: {', '.join(begun)}.", fix=f"add --study {begun[0]}")
    if name is None or name not in begun:
        what = f"No study {name!r} has begun" if name else "No study has begun"
        raise UserError(f"{what} in {root}.", fix="autoresearch run (or `autoresearch init` for a new task)")
    return Site(root, name)


def open_ledger(name: str | None) -> tuple[Site, Ledger[Archive]]:
    """The study meant and its ledger, read and verified."""
    found = site(name)
    return found, found.ledger()


def ledger_path(file: Path | None, study: str | None) -> Path:
    """The ledger named, else that of the study meant. Raises UserError."""
    if file is None:
        return site(study).ledger_path
    if not file.is_file():
        raise UserError(f"{file} is not a file.", fix="name a ledger, such as .autoresearch/<study>/ledger.jsonl")
    return file


def has_study() -> bool:
    """Whether any study has begun where we stand."""
    try:
        return bool(studies(_root_with_studies()))
    except UserError:
        return False


def root_for_studies() -> Path:
    """Where a study that needs no repository is kept: beside others, in the repository, else here."""
    try:
        return _root_with_studies()
    except UserError:
        return Path.cwd()


def _root_with_studies() -> Path:
    """The repository's root; a folder that keeps studies will do where git does not know it."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / FOLDER).is_dir():
            return folder
    return repository()


def _task_name(root: Path) -> str | None:
    import tomllib

    try:
        name = tomllib.loads((root / "autoresearch.toml").read_text(encoding="utf-8")).get("name")
    except (OSError, ValueError):
        return None
    return name if isinstance(name, str) else None


def candidate(history: History, number: int) -> Candidate:
    """The candidate of an experiment. Raises UserError when there is none."""
    if number not in history.candidates:
        last = len(history.experiments) - 1
        known = f"the study has experiments 0 to {last}" if number > last else "it ended before there was one"
        raise UserError(f"Experiment {number} has no candidate: {known}.", fix="autoresearch log")
    return history.candidates[number]


def diff_of(site: Site) -> Callable[[str, str], str]:
    """A function from two commits of the study to the patch between them; of an imported one, where git knows them."""
    return git.Store(site.folder / "referee.git").diff


def ran_out(site: Site, history: Archive) -> bool:
    """Whether the hours of the study's night went by while nothing ran."""
    from autoresearch.ledger import now
    from autoresearch.views.clock import ran_out

    return ran_out(history, now=now(), held=site.step() is not None)


def status_of(site: Site, ledger: Ledger[Archive]) -> dict[str, Any]:
    """`views.status` of a study, with what only its folder tells: whether it runs, and what it does now."""
    import autoresearch.views as views
    from autoresearch.cli.words import hours_of, tonight
    from autoresearch.ledger import now

    step = site.step()
    state = "paused" if ledger.history.paused else "running" if step else "idle"
    held = step is not None
    data: dict[str, Any] = views.status(ledger.history, state=state, now=now(), held=held)
    words = tonight(ledger.history, hours=hours_of(data["budget"], held=held))
    return data | {"step": step, "budget_words": words}
