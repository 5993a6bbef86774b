"""`autoresearch try`: what lies in the working copy, as one experiment."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from autoresearch.cli import place
from autoresearch.cli.run import Overrides, stoppable

if TYPE_CHECKING:
    from autoresearch.assembly import Assembly
    from autoresearch.tries import Tried

DISCARDED, REFUSED = 1, 4
"""Exit codes: measured and not kept, or failed; not measured, because it may not be."""


def try_(
    message: Annotated[str, typer.Option("--message", "-m", help="The hypothesis: what should get better, and why.")],
    summary: Annotated[str, typer.Option(help="What was changed, in one line; default: the hypothesis.")] = "",
    leave: Annotated[bool, typer.Option("--leave", help="Leave the files as they are, also when discarded.")] = False,
    overrides: Overrides = None,
    as_json: place.AsJson = False,
) -> None:
    """Measure what you changed; keep it, or put the changed files back. Exits 0 kept, 1 not kept, 4 refused."""
    from autoresearch import config, tries

    root = place.repository()
    task = config.load(root, overrides or ())
    tried = tries.attempt(root, task, hypothesis=message, summary=summary, leave=leave, during=_shown)
    typer.echo(json.dumps(tried.as_dict()) if as_json else "\n".join(_lines(tried)))
    if not tried.kept:
        raise typer.Exit(REFUSED if tried.refused else DISCARDED)


@contextmanager
def _shown(assembly: Assembly) -> Iterator[None]:
    """Within, work is shown as `run` shows it; not on finite data, for the view is exact and an agent may read it."""
    from autoresearch.cli.display import display
    from autoresearch.history.disclosure import shown
    from autoresearch.tries import quietly

    history = assembly.study.history
    with stoppable(assembly), display(assembly) if shown(history) is history else quietly(assembly):
        yield


def _lines(tried: Tried) -> Iterator[str]:
    told, files = tried.told, tried.files
    value = "" if told["value"] is None else f", {told['value']:.6g}"
    yield f"Experiment {told['experiment']}: {told['outcome']}{value}. {told['reason']}"
    if tried.kept:
        yield f"The study's best, on branch {tried.branch}, has it; go on from there."
    if not (files.paths or files.left):
        yield "Your files stay as they are."
    if files.paths:
        yield f"As in the study's best now: {', '.join(files.paths)}."
        yield f"Your version: git checkout {files.saved} -- {' '.join(files.paths)}"
    if files.left:
        yield f"Changed again meanwhile, and left as they are: {', '.join(files.left)}."
    yield from tried.news
    if tried.log:
        yield f"What it printed last:\n{tried.log}"
    if (left := tried.left["experiments"]) is not None:
        yield f"Experiments left in this night: {left:g}."
