"""`autoresearch log`: every experiment, one row each."""

from __future__ import annotations

import json

import typer

from autoresearch import views
from autoresearch.cli import place


def log(study: place.StudyName = None, as_json: place.AsJson = False) -> None:
    """List all experiments, kept or not. With --json one JSON object a line."""
    _, ledger = place.open_ledger(study)
    if as_json:
        for row in views.log_rows(ledger.history):
            typer.echo(json.dumps(row))
    else:
        from autoresearch.cli.tables import print_log

        print_log(ledger.history)
