"""`autoresearch export`: the ledger in other tools' formats."""

from __future__ import annotations

import typer

from autoresearch.cli import place

app = typer.Typer(help="Write the ledger in another tool's format.", no_args_is_help=True)


@app.callback()
def export() -> None:
    """Write the ledger in another tool's format."""


@app.command()
def tsv(study: place.StudyName = None) -> None:
    """Print results.tsv: commit, metric, memory, status, description."""
    from autoresearch.export.tsv import tsv as render

    _, ledger = place.open_ledger(study)
    typer.echo(render(ledger.history), nl=False)
