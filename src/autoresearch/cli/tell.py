"""`autoresearch tell` and `note`: a human's word to the next briefs, and to be remembered, through the ledger."""

from __future__ import annotations

from typing import Annotated

import typer

from autoresearch import control
from autoresearch.cli import place
from autoresearch.errors import UserError


def tell(
    text: Annotated[str, typer.Argument(help="What the next agents should know or do.")] = "",
    study: place.StudyName = None,
    clear: Annotated[bool, typer.Option("--clear", help="Take back everything told so far.")] = False,
) -> None:
    """Steer: say something that every brief quotes from the next one on, until it is cleared."""
    if bool(text.strip()) == clear:
        raise UserError("Either a text or --clear.", fix='autoresearch tell "leave the optimiser alone"')
    _, ledger = place.open_ledger(study)
    typer.echo(control.tell(ledger, text), err=True)


def note(
    text: Annotated[str, typer.Argument(help="What should be remembered; cite experiments as #12.")],
    study: place.StudyName = None,
) -> None:
    """Remember something: it stands in the study's notes from now on, first of all."""
    from autoresearch import claims, notes

    site, ledger = place.open_ledger(study)
    ledger.append(claims.note(ledger.history, text))
    path = notes.write(site.folder / "notes", ledger.history)
    typer.echo(f"Noted in {path}.", err=True)
