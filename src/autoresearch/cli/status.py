"""`autoresearch status`: where the study stands now."""

from __future__ import annotations

import json

import typer

from autoresearch.cli import place


def status(name: place.StudyName = None, as_json: place.AsJson = False) -> None:
    """Say where the study stands: baseline, best, certified, counts, budget."""
    from autoresearch.cli.standing import told

    site = place.site(name)
    if as_json:
        typer.echo(json.dumps(told(site).data))
        return
    from autoresearch.cli.tables import console, print_status

    out = console()
    print_status(told(site, columns=min(out.width, 120) if out.is_terminal else 0))
