"""`autoresearch report`: the morning page."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypedDict

import typer

from autoresearch.cli import place
from autoresearch.errors import UserError

if TYPE_CHECKING:
    from autoresearch.history import Archive
    from autoresearch.ledger import Ledger
    from autoresearch.report import ReportPaths
    from autoresearch.report.page import Page
    from autoresearch.site import Site
    from autoresearch.task import Task


def report(
    ledger: place.LedgerFile = None,
    comment: Annotated[
        bool, typer.Option("--comment", help="Print a short table for a comment instead, in GitHub's Markdown.")
    ] = False,
    since: Annotated[
        str | None, typer.Option("--since", help="List only what happened since: an experiment, 8h, 2d, or a time.")
    ] = None,
    png: Annotated[Path | None, typer.Option("--png", help="Also draw a picture to share, 1200 by 630 pixels.")] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="Also freeze the page that `serve` shows into one file.")
    ] = None,
    study: place.StudyName = None,
    as_json: place.AsJson = False,
) -> None:
    """Write the report: one self-contained HTML page, the same in Markdown, and the picture."""
    if comment and (since or png or html):
        raise UserError("A comment has no --since, no picture and no page.", fix="leave --comment out")
    if comment:
        typer.echo(_comment(place.ledger_path(ledger, study)), nl=False)
        return
    if ledger is not None:
        raise UserError(
            "The whole report needs the study, not its ledger alone.", fix=f"add --comment, or leave {ledger} out"
        )
    site, opened = place.open_ledger(study)
    first = _first(opened.history, since)
    paths = write(site, opened.history, first=first)
    files = {name: str(path) for name, path in asdict(paths).items()}
    if png is not None:
        _draw(site, opened.history, png)
        files["png"] = str(png)
    if html is not None:
        _freeze(site, opened, html)
        files["page"] = str(html)
    if as_json:
        typer.echo(json.dumps({"schema": 1} | files | _figures(site, opened.history, first)))
        return
    typer.echo("\n".join(_told(site, opened.history, first)), err=True)
    typer.echo(files["html"])
    for other in list(files.values())[1:]:
        typer.echo(other, err=True)


def _freeze(site: Site, ledger: Ledger[Archive], file: Path) -> None:
    """Write the browser's page as one file, the report inside."""
    from autoresearch.ledger import now
    from autoresearch.report import html
    from autoresearch.views import Reading
    from autoresearch.web.frozen import freeze

    inside = html.inside(page(site, ledger.history))
    status = place.status_of(site, ledger) | {"frozen": now()[:10]}
    frozen = freeze(Reading.of(ledger.history), status=status, diff_of=place.diff_of(site), report=inside)
    try:
        file.write_text(frozen, encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"{file} cannot be written: {error.strerror}.", fix="name a file in a folder of yours"
        ) from error


def _draw(site: Site, history: Archive, png: Path) -> None:
    from autoresearch.report.png import write as draw

    try:
        draw(history, png, ran_out=place.ran_out(site, history))
    except OSError as error:
        raise UserError(
            f"{png} cannot be written: {error.strerror}.", fix="name a file in a folder of yours"
        ) from error


def _first(history: Archive, since: str | None) -> int:
    """Number of the experiment with which the lists begin; 0 is the whole study."""
    from autoresearch.ledger import now
    from autoresearch.views.since import first_since

    return 0 if since is None else first_since(history, since, now=now())


def _figures(site: Site, history: Archive, first: int) -> dict[str, Any]:
    from autoresearch.report.figures import figures

    return figures(history, first=first, ran_out=place.ran_out(site, history))


def _told(site: Site, history: Archive, first: int) -> list[str]:
    """What the page says first."""
    from autoresearch.report.morning import morning

    return morning(history, first=first, ran_out=place.ran_out(site, history))[:2]


def _comment(path: Path) -> str:
    from autoresearch.history import Archive
    from autoresearch.ledger import Ledger
    from autoresearch.report.comment import render

    ledger = Ledger(path, Archive())
    ledger.refresh()
    return render(ledger.history)


def write(site: Site, history: Archive, *, first: int = 0) -> ReportPaths:
    """Write the report of a study beside its ledger, its lists from experiment `first` on."""
    from autoresearch.report import build

    return build(history, out_dir=site.folder / "report", first=first, **_beside(site, history))


def page(site: Site, history: Archive) -> Page:
    """The report of a study as it would be written now. Raises UserError."""
    from autoresearch.report import page_of

    return page_of(history, **_beside(site, history))


class Beside(TypedDict):
    """What a page needs besides the ledger."""

    task: Task
    diff_of: Callable[[str, str], str]
    series_of: Callable[[str], Sequence[float]]
    ran_out: bool


def _beside(site: Site, history: Archive) -> Beside:
    task, diff_of = _about(site, history)
    return Beside(task=task, diff_of=diff_of, series_of=site.series, ran_out=place.ran_out(site, history))


def _about(site: Site, history: Archive) -> tuple[Task, Callable[[str, str], str]]:
    """The study's task, and the patch between two commits of it. Raises UserError when it describes another study."""
    from autoresearch import config
    from autoresearch.report.imported import task_of

    if history.imported:
        return task_of(history), _no_patch
    task = config.load(site.root)
    if task.name != site.study:
        raise UserError(
            f"autoresearch.toml describes {task.name!r}, not {site.study!r}.",
            fix="check out the task file of that study",
        )
    return task, place.diff_of(site)


def _no_patch(_parent: str, _child: str) -> str:
    """An imported ledger has no patches."""
    return ""
