"""`autoresearch brief`: what the next agent will be told."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Annotated

import typer

from autoresearch.cli import place
from autoresearch.cli.run import Overrides
from autoresearch.errors import UserError
from autoresearch.history import History


def brief(
    step: Annotated[
        str | None, typer.Option(metavar="STEP", help="improve, simplify, combine or elsewhere; default: what is due.")
    ] = None,
    overrides: Overrides = None,
    as_json: place.AsJson = False,
) -> None:
    """Print the next brief, whether or not the study has begun. Nothing is changed."""
    from autoresearch import assembly, config, strategies
    from autoresearch.brief import STEPS, tokens
    from autoresearch.history.disclosure import shown
    from autoresearch.site import Site

    if step is not None and step not in STEPS:
        raise UserError(f"There is no step {step!r}.", fix=f"autoresearch brief --step {STEPS[0]} ({', '.join(STEPS)})")
    root = place.repository()
    task = config.load(root, overrides or ())
    if step is not None:
        task = replace(task, steps=(step,))
    site = Site(root, task.name)
    begun = site.ledger_path.exists()
    known = shown(site.ledger().history) if begun else History(task.metric)
    author = assembly.author(task, root, place.diff_of(site) if begun else None)
    written = strategies.make(task.strategy, task, author).ask(known)
    text = written.text
    if as_json:
        told = {"schema": 1, "experiment": written.number, "step": written.step, "parent": written.parent}
        typer.echo(json.dumps(told | {"program": written.program, "tokens": tokens(text), "text": text}))
    else:
        typer.echo(text, nl=False)
