"""`autoresearch vault`: the one question to the data that nobody has asked before."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from autoresearch.cli import place
from autoresearch.errors import UserError

if TYPE_CHECKING:
    from autoresearch.history import History, Vault
    from autoresearch.task import Task


def vault(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    as_json: place.AsJson = False,
) -> None:
    """Open the vault, once and for all: measure the certified commit on data that nothing was ever chosen by."""
    from autoresearch import config
    from autoresearch.assembly import open_vault, rig_up
    from autoresearch.history import History
    from autoresearch.ledger import Ledger

    root = place.repository()
    task = config.load(root)
    site = place.site(task.name)
    with site.occupied():
        ledger = Ledger(site.ledger_path, History())
        ledger.refresh()
        _refuse(task, ledger.history)
        if not yes:
            what = (
                f"The vault of {task.name!r} opens once; its answer is recorded and cannot be asked for again. Open it?"
            )
            typer.confirm(what, abort=True, err=True)
        rig = rig_up(root, task, ledger.history)
        try:
            ledger.append(opened := open_vault(rig, ledger.history))
        finally:
            rig.workspace.close()
    typer.echo(json.dumps({"schema": 1} | asdict(opened)) if as_json else _said(task, opened))


def _refuse(task: Task, history: History) -> None:
    """Raise UserError when there is no vault, nothing to ask it, or it has been asked."""
    if task.vault is None:
        raise UserError("The task has no vault.", fix='[vault] command = "python evaluate.py --split vault"')
    if history.vault is not None:
        raise UserError("The vault was opened before; data can be new only once.", fix="autoresearch report")
    if history.study is None or history.proven_commit == history.study.base:
        raise UserError("Nothing is certified, so there is nothing to ask the vault about.", fix="autoresearch run")


def _said(task: Task, opened: Vault) -> str:
    from autoresearch.views.finite import vault_sentence

    return vault_sentence(task.metric, opened)
