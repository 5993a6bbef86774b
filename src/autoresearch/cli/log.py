"""`autoresearch log`: every experiment, one row each."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from autoresearch.cli import place


def log(
    study: place.StudyName = None,
    where: Annotated[
        str, typer.Option(metavar="SQL", help="Only those, e.g. \"outcome = 'keep' and value < 3\".")
    ] = "1",
    order: Annotated[str, typer.Option(metavar="SQL", help='Ordered by, e.g. "value desc".')] = "number",
    as_json: place.AsJson = False,
) -> None:
    """List the experiments, kept or not. With --json one JSON object a line."""
    from autoresearch.ledger import index

    site, ledger = place.open_ledger(study)
    chosen = index.numbers(ledger.path, site.folder / "index.sqlite", where=where, order=order)
    if as_json:
        from autoresearch import views

        rows = list(views.log_rows(ledger.history))
        for number in chosen:
            typer.echo(json.dumps(rows[number]))
    else:
        from autoresearch.cli.tables import print_log

        print_log(ledger.history, chosen)
