"""`autoresearch init`: write a task file for this repository."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from autoresearch.cli import place, schema
from autoresearch.errors import UserError

TEMPLATE = """\
name = {name}
goal = {goal}
editable = {editable}                # what may change; everything else is sealed
# hidden = ["holdout/**"]            # what neither agent nor candidate may ever see

[metric]
name = {metric}
direction = "{direction}"
# unit = "s"
# bounds = [0.0, 1000.0]             # physical limits: a value outside them is a violation, not a record

[experiment]                         # untrusted: runs boxed, in a read-only copy, without a network
command = {command}
seconds = {seconds}                  # the clock; then everything it started is killed
cores = 1                            # pin it: other load on the machine then disturbs it least
# memory = "8 GiB"
# writable_tree = true               # if the command must write into its (throw-away) copy of the tree
{evaluation}
# [[check]]                          # gates before any number: failing means no score
# name = "tests"
# command = "pytest -q"
# seconds = 120

[budget]
experiments = 100

[agent]
use = "tuner"                        # needs no model and no key; or "command" with command = "..."
"""

EVALUATION = """
[evaluation]                         # trusted: sealed files only, after the candidate is dead
command = {command}                  # reads $AUTORESEARCH_ARTIFACTS, writes $AUTORESEARCH_METRICS
seconds = 60
"""

SELF_REPORTED = """
# Without [evaluation] the number comes from the command's own output, as a line `METRIC {metric}=1.23` or
# `{metric}: 1.23`, and every certificate is labelled `self-reported`. To seal it, add:
# [evaluation]
# command = "python evaluate.py"     # reads $AUTORESEARCH_ARTIFACTS, writes $AUTORESEARCH_METRICS
# seconds = 60
"""

PROGRAM = """\
# {name}

{goal}

CAN: change {editable}. One change an experiment, small enough to be blamed or praised for the result.

CANNOT: anything else; the evaluation, the data and the clock are sealed.

Hints for whoever proposes changes go here. This file may be edited between experiments.
"""


def init(
    command: Annotated[str | None, typer.Option(help="The command to measure, such as 'python bench.py'.")] = None,
    metric: Annotated[str | None, typer.Option(help="Name of the number it prints or the evaluation writes.")] = None,
    direction: Annotated[str | None, typer.Option(help="minimize or maximize.")] = None,
    editable: Annotated[list[str] | None, typer.Option(help="A glob of what may change; may be repeated.")] = None,
    evaluate: Annotated[str | None, typer.Option(help="Command that judges what the first one left.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the study. Default: the folder's.")] = None,
    goal: Annotated[str | None, typer.Option(help="One sentence.")] = None,
    seconds: Annotated[float, typer.Option(help="Clock of one experiment.")] = 300,
) -> None:
    """Write autoresearch.toml and program.md, from flags or from a short interview."""
    from autoresearch import config

    root = place.repository()
    target = root / config.TASK_FILE
    if target.exists():
        raise UserError(f"{target} exists already.", fix="autoresearch check")
    command = command or _ask("Command to measure (for example: python bench.py)", "--command")
    metric = metric or _ask("Name of the number it prints", "--metric")
    direction = direction or _ask("Which way is better: minimize or maximize", "--direction")
    editable = editable or [_ask("What may change (glob, for example: src/**/*.py)", "--editable")]
    if direction not in ("minimize", "maximize"):
        raise UserError(f"--direction {direction} is neither minimize nor maximize.", fix="--direction minimize")
    name = name or _safe(root.name)
    words = {
        "name": name,
        "goal": goal or f"{'Lowest' if direction == 'minimize' else 'Highest'} {metric} of `{command}`",
        "metric": metric,
        "direction": direction,
        "seconds": f"{seconds:g}",
    }
    block = EVALUATION.format(command=_toml(evaluate)) if evaluate else SELF_REPORTED.format(metric=metric)
    text = TEMPLATE.format(
        name=_toml(name),
        goal=_toml(words["goal"]),
        editable=f"[{', '.join(map(_toml, editable))}]",
        metric=_toml(metric),
        direction=direction,
        command=_toml(command),
        seconds=words["seconds"],
        evaluation=block,
    )
    target.write_text(schema.LINE + text, encoding="utf-8")
    try:
        config.load(root)
    except UserError:
        target.unlink()
        raise
    _write_program(root, words, editable)
    schema.place_beside(root)
    typer.echo(f"Wrote {target.name}. Look it over, commit it, then: autoresearch check", err=True)


def _write_program(root: Path, words: dict[str, str], editable: list[str]) -> None:
    program = root / "program.md"
    if not program.exists():
        program.write_text(
            PROGRAM.format(editable=", ".join(f"`{glob}`" for glob in editable), **words), encoding="utf-8"
        )


def _ask(question: str, flag: str) -> str:
    if not sys.stdin.isatty():
        raise UserError(f"{flag} is missing, and there is no terminal to ask on.", fix=f"autoresearch init {flag} ...")
    answer: str = typer.prompt(question)
    return answer


def _safe(name: str) -> str:
    kept = "".join(char if char.isascii() and (char.isalnum() or char in "._-") else "-" for char in name).strip("-._")
    return kept[:64] or "study"


def _toml(text: str) -> str:
    """`text` as a TOML basic string."""
    import json

    return json.dumps(text, ensure_ascii=False)
