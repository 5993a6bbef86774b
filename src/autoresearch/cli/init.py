"""`autoresearch init`: write a task file for this repository, from flags, an interview, or a set-up that exists."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autoresearch.cli import schema
from autoresearch.errors import UserError

if TYPE_CHECKING:
    from autoresearch.setups.detect import Found
    from autoresearch.setups.draft import Draft
    from autoresearch.workspace.git import UserRepository

TRYOUT_SECONDS = 60.0
"""Most of one try that only looks for numbers."""


def init(
    path: Annotated[Path, typer.Argument(help="The repository, or with --from the set-up's folder in it.")] = Path("."),
    source: Annotated[
        str | None, typer.Option("--from", help="A set-up that exists: karpathy, pi, openevolve or shinka.")
    ] = None,
    command: Annotated[str | None, typer.Option(help="The command to measure, such as 'python bench.py'.")] = None,
    metric: Annotated[str | None, typer.Option(help="Name of the number it prints or the evaluation writes.")] = None,
    direction: Annotated[str | None, typer.Option(help="minimize or maximize.")] = None,
    editable: Annotated[list[str] | None, typer.Option(help="A glob of what may change; may be repeated.")] = None,
    evaluate: Annotated[str | None, typer.Option(help="Command that judges what the first one left.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the study. Default: the folder's.")] = None,
    goal: Annotated[str | None, typer.Option(help="One sentence.")] = None,
    seconds: Annotated[float | None, typer.Option(help="Clock of one experiment. Default: 300.")] = None,
) -> None:
    """Write autoresearch.toml and program.md, from flags, a short interview, or a set-up made for another tool."""
    from autoresearch import config
    from autoresearch.setups import measured_by, scope, write
    from autoresearch.workspace.git import UserRepository

    if direction not in (None, "minimize", "maximize"):
        raise UserError(f"--direction {direction} is neither minimize nor maximize.", fix="--direction minimize")
    repository = UserRepository(path.resolve())
    if (repository.root / config.TASK_FILE).exists():
        raise UserError(f"{repository.root / config.TASK_FILE} exists already.", fix="autoresearch check")
    files = repository.listed()
    scope.demand(editable or (), files)
    if source:
        draft = _adopted(repository.root, path, source)
    else:
        draft = _interviewed(repository, command, metric, direction, evaluate=evaluate, seconds=seconds or 300.0)
    flags = {"command": command, "evaluation": evaluate, "name": name, "goal": goal, "seconds": seconds}
    draft = _overridden(measured_by(draft, metric, direction), flags | {"editable": editable})
    if not draft.editable:
        draft = _overridden(draft, {"editable": _editable(repository.root, draft.command, files)})
    written = write(repository.root, draft, head=schema.LINE)
    schema.place_beside(repository.root)
    for remark in draft.said:
        typer.echo(f"  {remark}", err=True)
    typer.echo(f"Wrote {' and '.join(written)}. Look it over, commit it, then: autoresearch check", err=True)


def _adopted(root: Path, folder: Path, source: str) -> Draft:
    from autoresearch.setups import SOURCES

    if source not in SOURCES:
        raise UserError(f"--from {source} is not a set-up we know.", fix=f"--from {' | '.join(SOURCES)}")
    return SOURCES[source](root, folder.resolve())


def _overridden(draft: Draft, flags: dict[str, object]) -> Draft:
    from dataclasses import replace

    return replace(draft, **{name: value for name, value in flags.items() if value})  # type: ignore[arg-type]


def _interviewed(
    repository: UserRepository,
    command: str | None,
    metric: str | None,
    direction: str | None,
    *,
    evaluate: str | None,
    seconds: float,
) -> Draft:
    """A draft from flags, and from answers where flags are missing and somebody is there to answer."""
    from autoresearch.setups.detect import detect
    from autoresearch.setups.draft import Draft, safe_name

    found = detect(repository.root) if command is None else []
    command = command or _command(found)
    chosen = next((each for each in found if each.command == command), None)
    if metric is None and chosen and chosen.metric:
        metric, direction = chosen.metric, direction or "minimize"
    metric = metric or _metric(repository, command, evaluate, seconds)
    direction = direction or _ask("Which way is better: minimize or maximize", "--direction", _guess(metric))
    if direction not in ("minimize", "maximize"):
        raise UserError(f"{direction!r} is neither minimize nor maximize.", fix="--direction minimize")
    return Draft(
        name=safe_name(repository.root.name),
        goal=f"{'Lowest' if direction == 'minimize' else 'Highest'} {metric} of `{command}`",
        editable=[],
        metric=metric,
        direction=direction,
        unit=chosen.unit if chosen else "",
        command=command,
        seconds=seconds,
    )


def _command(found: Sequence[Found]) -> str:
    if not found:
        return _ask("Command to measure (for example: python bench.py)", "--command")
    for place, each in enumerate(found, 1):
        typer.echo(f"{place:3d}  {each.command}    ({each.why})", err=True)
    first = f"--command {shlex.quote(found[0].command)}"
    answer = _ask("Which of these, or another command", first, "1")
    return found[int(answer) - 1].command if answer.isdecimal() and 0 < int(answer) <= len(found) else answer


def _metric(repository: UserRepository, command: str, evaluate: str | None, seconds: float) -> str:
    """The metric: asked for with the numbers of one try in sight. An evaluation has to be named, it is not tried."""
    if evaluate:
        return _ask("Name of the number the evaluation writes", "--metric")
    from autoresearch.setups.tryout import tryout
    from autoresearch.views.words import plain

    typer.echo(f"Running it once, in a copy, for {min(seconds, TRYOUT_SECONDS):g} s at most ...", err=True)
    seen = tryout(repository, command, seconds=min(seconds, TRYOUT_SECONDS))
    if seen.left_out:
        named = ", ".join(plain(name, 60) for name in seen.left_out[:3]) + (", ..." if len(seen.left_out) > 3 else "")
        typer.echo(f"Left out of the copy, because they lead out of the repository: {named}.", err=True)
    if seen.said:
        typer.echo(f"It did not work: {seen.said}", err=True)
    elif not seen.numbers:
        typer.echo("It printed no number as `name: value` or `METRIC name=value`, on a line of its own.", err=True)
    names = list(seen.numbers)
    for place, number in enumerate(names, 1):
        typer.echo(f"{place:3d}  {number} = {seen.numbers[number]:g}", err=True)
    answer = _ask("Which number", f"--metric {names[0] if names else '...'}", "1" if names else "")
    return names[int(answer) - 1] if answer.isdecimal() and 0 < int(answer) <= len(names) else answer


def _editable(root: Path, command: str, files: Sequence[str]) -> list[str]:
    """Globs of what may change, asked for until each of them matches something."""
    from autoresearch.setups import scope

    default = " ".join(scope.likely(root, command, files))
    while True:
        answer = _ask("What may change (globs, for example: src/**/*.py)", f"--editable {default}".rstrip(), default)
        try:
            return scope.demand(answer.split(), files)
        except UserError as error:
            typer.echo(error.sentences, err=True)


def _guess(metric: str) -> str:
    from autoresearch.readers.directions import named

    way = named(metric)
    return str(way) if way else ""


def _ask(question: str, flag: str, default: str = "") -> str:
    """Ask on the terminal. Raises UserError where there is none: never waits for nobody."""
    if not sys.stdin.isatty():
        word = flag.split()[0]
        fix = f"autoresearch init {flag}" + ("" if " " in flag else " ...")
        raise UserError(f"{word} is missing, and there is no terminal to ask on.", fix=fix)
    answer: str = typer.prompt(question, default=default or None, err=True)
    return answer
