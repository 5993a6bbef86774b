"""`autoresearch diff N`: the patch of one experiment."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from autoresearch.cli import place
from autoresearch.errors import UserError
from autoresearch.history import History


def diff(
    number: place.Number,
    against: Annotated[
        str, typer.Option(help="parent, baseline, certified, or another experiment's number.")
    ] = "parent",
    study: place.StudyName = None,
    as_json: place.AsJson = False,
) -> None:
    """Print what an experiment changed."""
    site, ledger = place.open_ledger(study)
    if ledger.history.imported:
        fix = "git show, if your repository still has that commit"
        raise UserError(f"{site.study!r} was imported: it has no patches, only what their ledger says.", fix=fix)
    commit = place.candidate(ledger.history, number).commit
    other = _other(ledger.history, number, against)
    patch = place.diff_of(site)(other, commit)
    if as_json:
        typer.echo(json.dumps({"schema": 1, "number": number, "commit": commit, "against": other, "patch": patch}))
    else:
        typer.echo(patch, nl=False)


def _other(history: History, number: int, against: str) -> str:
    match against:
        case "parent":
            return place.candidate(history, number).parent
        case "baseline":
            return history.study.base if history.study else ""
        case "certified":
            return history.proven_commit
        case _ if against.isdecimal():
            return place.candidate(history, int(against)).commit
    raise UserError(f"--against {against} is not a commit we know.", fix="use parent, baseline, certified or a number")
