"""`autoresearch report`: the morning page."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autoresearch.cli import place
from autoresearch.errors import UserError

if TYPE_CHECKING:
    from autoresearch.report import ReportPaths


def report(
    ledger: place.LedgerFile = None,
    comment: Annotated[
        bool, typer.Option("--comment", help="Print a short table for a comment instead, in GitHub's Markdown.")
    ] = False,
    study: place.StudyName = None,
    as_json: place.AsJson = False,
) -> None:
    """Write the report: one self-contained HTML page, the same in Markdown, and the picture."""
    if comment:
        typer.echo(_comment(place.ledger_path(ledger, study)), nl=False)
        return
    if ledger is not None:
        raise UserError(
            "The whole report needs the study, not its ledger alone.", fix=f"add --comment, or leave {ledger} out"
        )
    paths = write(study)
    if as_json:
        typer.echo(json.dumps({"schema": 1} | {name: str(path) for name, path in asdict(paths).items()}))
    else:
        typer.echo(str(paths.html))
        typer.echo(str(paths.markdown), err=True)


def _comment(path: Path) -> str:
    from autoresearch.history import Archive
    from autoresearch.ledger import Ledger
    from autoresearch.report.comment import render

    ledger = Ledger(path, Archive())
    ledger.refresh()
    return render(ledger.history)


def write(study: str | None) -> ReportPaths:
    """Write the report of a study beside its ledger."""
    from autoresearch import config
    from autoresearch.report import build
    from autoresearch.report.imported import task_of

    site, ledger = place.open_ledger(study)
    if ledger.history.imported:
        task = task_of(ledger.history)
        return build(ledger.history, task=task, diff_of=_no_patch, out_dir=site.folder / "report")
    task = config.load(site.root)
    if task.name != site.study:
        raise UserError(
            f"autoresearch.toml describes {task.name!r}, not {site.study!r}.",
            fix="check out the task file of that study",
        )
    out_dir = site.folder / "report"
    return build(ledger.history, task=task, diff_of=place.diff_of(site), series_of=site.series, out_dir=out_dir)


def _no_patch(_parent: str, _child: str) -> str:
    """An imported ledger has no patches."""
    return ""
