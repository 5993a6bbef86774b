"""`autoresearch show N`: one experiment, ending in one honest sentence."""

from __future__ import annotations

import json

import typer

from autoresearch.cli import place
from autoresearch.errors import UserError


def show(
    number: place.Number,
    study: place.StudyName = None,
    as_json: place.AsJson = False,
) -> None:
    """Show one experiment: what was tried, every run, the verdict, and what may be concluded from it."""
    from autoresearch import views

    site, ledger = place.open_ledger(study)
    last = len(ledger.history.experiments) - 1
    if not 0 <= number <= last:
        raise UserError(f"There is no experiment {number}; they go from 0 to {last}.", fix="autoresearch log")
    found = views.detail(views.Reading.of(ledger.history), number)
    if as_json:
        path = str(site.log_path(found["transcript"])) if found["transcript"] else None
        typer.echo(json.dumps({"schema": 1} | found | {"transcript_path": path}))
    else:
        from autoresearch.cli.tables import print_experiment

        print_experiment(ledger.history, found, found["sentence"], site)
