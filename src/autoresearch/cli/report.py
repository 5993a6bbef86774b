"""`autoresearch report`: the morning page."""

from __future__ import annotations

import typer

from autoresearch.cli import place


def report(study: place.StudyName = None) -> None:
    """Write the report: one self-contained HTML page, the same in Markdown, and the picture."""
    write(study)


def write(study: str | None) -> None:
    """Write the report of a study and print where it is."""
    from autoresearch import config
    from autoresearch.report import build

    site, ledger = place.open_ledger(study)
    task = config.load(site.root)
    paths = build(ledger.history, task=task, diff_of=place.diff_of(site), out_dir=site.folder / "report")
    typer.echo(str(paths.html))
    typer.echo(str(paths.markdown), err=True)
