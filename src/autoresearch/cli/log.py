"""`autoresearch log`: every experiment, one row each."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from autoresearch.cli import place

ON_A_TERMINAL = 500
"""Rows that nobody scrolls past; ten thousand take seconds to lay out."""


def log(
    study: place.StudyName = None,
    where: Annotated[
        str, typer.Option(metavar="SQL", help="Only those, e.g. \"outcome = 'keep' and value < 3\".")
    ] = "1",
    order: Annotated[str, typer.Option(metavar="SQL", help='Ordered by, e.g. "value desc".')] = "number",
    last: Annotated[
        int | None,
        typer.Option(min=0, help=f"Only so many of the end; 0 for all. On a terminal {ON_A_TERMINAL} unless you say."),
    ] = None,
    as_json: place.AsJson = False,
) -> None:
    """List the experiments, kept or not. With --json one JSON object a line."""
    from autoresearch.ledger import index

    site, ledger = place.open_ledger(study)
    found = index.numbers(ledger.path, site.folder / "index.sqlite", where=where, order=order)
    most = last if last is not None else ON_A_TERMINAL if sys.stdout.isatty() and not as_json else 0
    chosen = found[-most:]
    if as_json:
        from autoresearch import views

        rows = list(views.log_rows(ledger.history))
        for number in chosen:
            typer.echo(json.dumps(rows[number]))
    else:
        from autoresearch.cli.tables import print_log

        print_log(ledger.history, chosen)
        if last is None and len(chosen) < len(found):
            typer.echo(f"These are the last {len(chosen)} of {len(found)}: autoresearch log --last 0", err=True)
