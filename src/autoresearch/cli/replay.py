"""`autoresearch replay`: judge everything again from the stored measurements."""

from __future__ import annotations

import json

import typer

from autoresearch.cli import place
from autoresearch.cli.failure import explain
from autoresearch.errors import LedgerError

FOUND = 4
"""Exit code when something does not hold."""


def replay(ledger: place.LedgerFile = None, study: place.StudyName = None, as_json: place.AsJson = False) -> None:
    """Verify the ledger's chain and re-judge every verdict and certificate from its measurements.

    Exits with 4 where something does not hold, and where nothing was measured: the ledger is empty, or was imported.
    """
    from autoresearch.replay import replay as judge_again
    from autoresearch.views.words import count, plain

    path = place.ledger_path(ledger, study)
    try:
        result = judge_again(path)
    except LedgerError as error:
        explain(error)
        raise typer.Exit(FOUND) from None
    if as_json:
        typer.echo(json.dumps(result.as_dict()))
    elif result.imported:
        typer.echo(
            f"{count(result.lines, 'line')} verify; imported from {plain(result.imported, 60)}:"
            " nothing here was measured, so there is no verdict to judge again."
        )
    else:
        typer.echo(
            f"{count(result.lines, 'line')} verify; {count(result.verdicts, 'verdict')} and"
            f" {count(result.certificates, 'certificate')} judged again from"
            f" {count(result.measurements, 'measurement')}: {len(result.disagreements)} disagree."
        )
        for disagreement in result.disagreements:
            typer.echo(f"  {disagreement}")
    raise typer.Exit(FOUND if result.disagreements or result.imported or not result.lines else 0)
