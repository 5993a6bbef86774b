"""`autoresearch pause`, `resume` and `stop`: a human's word to a running study, through its ledger."""

from __future__ import annotations

import os
import signal
from typing import Annotated

import typer

from autoresearch.cli import place
from autoresearch.history import Control


def pause(study: place.StudyName = None) -> None:
    """Start nothing new until `resume`; the experiment now running is finished."""
    site, ledger = place.open_ledger(study)
    ledger.append(Control("pause"))
    running = "after the experiment now running" if site.step() else "as soon as it runs"
    typer.echo(f"{site.study} pauses {running}. `autoresearch resume` goes on.", err=True)


def resume(study: place.StudyName = None) -> None:
    """Go on after `pause`; where nothing is running, the same as `run`."""
    from autoresearch.cli.run import run

    site, ledger = place.open_ledger(study)
    if ledger.history.paused or ledger.history.stopping:
        ledger.append(Control("resume"))
    if site.step():
        typer.echo(f"{site.study} goes on.", err=True)
    else:
        run()


def stop(
    study: place.StudyName = None,
    now: Annotated[bool, typer.Option("--now", help="Kill the measurement now running; it is repeated later.")] = False,
) -> None:
    """End the night after the experiment now running."""
    site, ledger = place.open_ledger(study)
    step = site.step()
    if step is None:
        typer.echo(f"{site.study} is not running.", err=True)
        return
    if now:
        for _ in range(2):  # what a person's two Ctrl-C say
            os.kill(int(str(step["pid"])), signal.SIGINT)
    else:
        ledger.append(Control("stop"))
    typer.echo(f"{site.study} stops {'now' if now else 'after this experiment'}. `autoresearch run` goes on.", err=True)
