"""Weights & Biases, and trackio, which speaks the same: the study is a group, each experiment a run with our id."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from autoresearch.errors import UserError
from autoresearch.export.attempts import Attempt, Mark, attempts
from autoresearch.extras import ExtraMissing
from autoresearch.history import Archive
from autoresearch.site import Site


def to_wandb(history: Archive, site: Site, *, project: str, offline: bool = False) -> int:
    """Add the runs this project has not been told of. Returns their number. Raises UserError.

    Offline it writes folders for `wandb sync`.
    """
    library, mode = _library("wandb"), "offline" if offline else "online"

    def begin(each: Attempt) -> Any:
        settings = library.Settings(silent=True, console="off")
        return library.init(
            project=project,
            group=site.study,
            id=each.id,
            name=each.name,
            config=dict(each.facts),
            mode=mode,
            resume=None if offline else "allow",
            dir=str(site.folder / "exports"),
            settings=settings,
        )

    return _export(history, Mark.of(site, f"wandb:{mode}:{project}"), begin)


def to_trackio(history: Archive, site: Site, *, project: str) -> int:
    """The same into trackio's local database."""
    library = _library("trackio")

    def begin(each: Attempt) -> Any:
        return library.init(
            project=project, group=site.study, name=f"{each.name} {each.id}", config=dict(each.facts), embed=False
        )

    return _export(history, Mark.of(site, f"trackio:{project}"), begin)


def _export(history: Archive, mark: Mark, begin: Callable[[Attempt], Any]) -> int:
    mark.path.parent.mkdir(parents=True, exist_ok=True)
    told = 0
    for each in attempts(history, first=mark.read()):
        try:
            run = begin(each)
            run.log(dict(each.scalars), step=each.number)
            run.finish()
        except Exception as error:  # whatever a tracker's client raises, it is no fault of the study
            said = str(error).splitlines()[0] if str(error) else type(error).__name__
            fix = "nothing is lost: the same command later goes on where it stopped"
            raise UserError(f"Experiment {each.number} could not be exported: {said}.", fix=fix) from error
        mark.write(each.number + 1)
        told += 1
    return told


def _library(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise ExtraMissing(f"{name} is not installed.", extra=f"export-{name}") from None
