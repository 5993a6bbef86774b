"""`autoresearch status`: where the study stands now."""

from __future__ import annotations

import json

import typer

from autoresearch.cli import place


def status(name: place.StudyName = None, as_json: place.AsJson = False) -> None:
    """Say where the study stands: baseline, best, certified, counts, budget."""
    site, ledger = place.open_ledger(name)
    data = place.status_of(site, ledger)
    if as_json:
        typer.echo(json.dumps(data))
    else:
        from autoresearch.cli.tables import print_status

        print_status(data, ledger.history)
