"""`autoresearch prune`: take back, one by one, what a certified block does not need."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from autoresearch.cli import place
from autoresearch.cli.run import Overrides, night


def prune(
    set_aside: Annotated[
        bool, typer.Option("--set-aside", help="Leave kept changes that are not certified yet behind.")
    ] = False,
    overrides: Overrides = None,
    as_json: place.AsJson = False,
) -> None:
    """Take back every certified change that does not matter, and certify what is left."""
    from autoresearch import config, views

    root = place.repository()
    task = config.load(root, overrides or ())
    night(root, task, prune=True, set_aside=set_aside)
    _, ledger = place.open_ledger(task.name)
    result = views.pruning(ledger.history)
    typer.echo(json.dumps({"schema": 1} | result.as_dict()) if as_json else result.text())
