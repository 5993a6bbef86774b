"""`autoresearch pause`, `resume` and `stop`: a human's word to a running study, through its ledger."""

from __future__ import annotations

from typing import Annotated

import typer

from autoresearch import control
from autoresearch.cli import place


def pause(study: place.StudyName = None) -> None:
    """Start nothing new until `resume`; the experiment now running is finished."""
    typer.echo(control.pause(*place.open_ledger(study)), err=True)


def resume(study: place.StudyName = None) -> None:
    """Go on after `pause`; where nothing is running, the same as `run`."""
    from autoresearch.cli.run import run

    site, ledger = place.open_ledger(study)
    said = control.resume(site, ledger)
    if site.step():
        typer.echo(said, err=True)
    else:
        run()


def stop(
    study: place.StudyName = None,
    now: Annotated[bool, typer.Option("--now", help="Kill the measurement now running; it is repeated later.")] = False,
) -> None:
    """End the night after the experiment now running."""
    typer.echo(control.stop(*place.open_ledger(study), now=now), err=True)
