"""`autoresearch tell` and `note`: a human's word to the next briefs, and to be remembered, through the ledger."""

from __future__ import annotations

from typing import Annotated

import typer

from autoresearch import control
from autoresearch.cli import place
from autoresearch.errors import UserError
from autoresearch.history import Archive
from autoresearch.ledger import Ledger
from autoresearch.site import Site


def tell(
    text: Annotated[str, typer.Argument(help="What the next agents should know or do.")] = "",
    study: place.StudyName = None,
    clear: Annotated[bool, typer.Option("--clear", help="Take back everything told so far.")] = False,
) -> None:
    """Steer: say something that every brief quotes from the next one on, until it is cleared."""
    if bool(text.strip()) == clear:
        raise UserError("Either a text or --clear.", fix='autoresearch tell "leave the optimiser alone"')
    _, ledger = _open(study)
    typer.echo(control.tell(ledger, text), err=True)


def note(
    text: Annotated[str, typer.Argument(help="What should be remembered; cite experiments as #12.")],
    study: place.StudyName = None,
) -> None:
    """Remember something: it stands in the study's notes from now on, first of all."""
    from autoresearch.memory import claims, notes

    site, ledger = _open(study)
    ledger.append(claims.note(ledger.history, text))
    path = notes.write(site.folder / "notes", ledger.history)
    typer.echo(f"Noted in {path}.", err=True)


def _open(study: str | None) -> tuple[Site, Ledger[Archive]]:
    """The study meant and its ledger. Raises UserError, which says where else to write before there is one."""
    from autoresearch import telling

    if study is None and not place.has_study():
        place.repository()  # somewhere else there is no program.md either
        raise telling.nothing_begun()
    return place.open_ledger(study)
