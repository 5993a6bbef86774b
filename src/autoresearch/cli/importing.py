"""`autoresearch import FILE`: another tool's ledger, to read with our eyes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autoresearch.cli import place
from autoresearch.errors import UserError

if TYPE_CHECKING:
    from autoresearch.readers import Foreign

SHOWN = 20
"""Doubts told at once; `status` has them all."""
LARGEST = 256 << 20
"""Bytes of a file that is read."""


def import_(
    file: Annotated[Path, typer.Argument(help="results.tsv, autoresearch.jsonl, .auto/log.jsonl, or a `git log`.")],
    name: Annotated[
        str | None, typer.Option("--as", help="Name of the study. Default: the file's and folder's.")
    ] = None,
    metric: Annotated[str | None, typer.Option(help="The column, or secondary metric, to go by.")] = None,
    direction: Annotated[str | None, typer.Option(help="minimize or maximize, where the file does not say.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be read.")] = False,
    as_json: place.AsJson = False,
) -> None:
    """Read another tool's ledger into a read-only study, every row and every doubt."""
    from autoresearch.readers import read
    from autoresearch.readers.adopt import adopt
    from autoresearch.records import Direction

    if direction not in (None, "minimize", "maximize"):
        raise UserError(f"--direction {direction} is neither minimize nor maximize.", fix="--direction minimize")
    data = _bytes(file)
    found = read(data, metric=metric, direction=Direction(direction) if direction else None)
    if not found.is_ledger:
        raise UserError(
            f"{file} is no ledger: nothing in it is a heading, or a word such as keep, discard or crash.",
            fix="where it is one, begin it with a line that names its columns: commit, the metric, status, description",
        )
    name = name or _name(file.resolve())
    if not dry_run:
        adopt(place.root_for_studies(), name, file=file, data=data, found=found)
    typer.echo(json.dumps(_summary(found, name)) if as_json else _told(found, name), err=not as_json)
    if not dry_run and not as_json:
        typer.echo(f"Next: autoresearch status --study {name}, then autoresearch report --study {name}", err=True)


def _bytes(file: Path) -> bytes:
    try:
        if file.stat().st_size > LARGEST:
            raise UserError(f"{file} is larger than {LARGEST >> 20} MiB.", fix="split it")
        return file.read_bytes()
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror}.", fix="autoresearch import FILE") from error


def _name(file: Path) -> str:
    """The folder's name and the file's, as a study may be called."""
    folder = file.parent.parent if file.parent.name in (".auto", "auto") else file.parent
    text = f"{folder.name}-{file.stem}"
    kept = "".join(char if char.isascii() and (char.isalnum() or char in "._-") else "-" for char in text)
    return kept.strip("-._")[:64] or "imported"


def _summary(found: Foreign, name: str) -> dict[str, object]:
    segments = [
        {"metric": each.metric, "unit": each.unit, "direction": str(each.direction), "rows": len(each.rows)}
        for each in found.segments
    ]
    rows = len(found.rows)
    head = {"schema": 1, "study": name, "form": found.form, "lines": found.lines, "rows": rows, "dropped": 0}
    return head | {"segments": segments, "doubts": list(found.doubts)}


def _told(found: Foreign, name: str) -> str:
    from autoresearch.views.words import count, plain

    lines = [f"doubt: {plain(doubt, 300)}" for doubt in found.doubts[:SHOWN]]
    if len(found.doubts) > SHOWN:
        lines.append(f"... and {count(len(found.doubts) - SHOWN, 'more doubt')}: autoresearch status --study {name}")
    for each in found.segments:
        lines.append(f"{plain(each.metric, 60)}, {each.direction}: {count(len(each.rows), 'row')}")
    rows, doubts = count(len(found.rows), "row"), count(len(found.doubts), "doubt")
    return "\n".join([*lines, f"{name}: {rows} read from {count(found.lines, 'line')}, 0 dropped, {doubts}."])
