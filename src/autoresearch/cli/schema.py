"""`autoresearch schema`: the task file's JSON Schema, for editors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from autoresearch.cli import place
from autoresearch.site import FOLDER

FILE = f"{FOLDER}/task-file.schema.json"
LINE = f"#:schema ./{FILE}\n"
"""First line of a task file: where taplo, and the editors built on it, find the schema."""


def schema(
    write: Annotated[bool, typer.Option("--write", help=f"Write it to {FILE}, where task files look for it.")] = False,
) -> None:
    """Print the JSON Schema of autoresearch.toml."""
    if write:
        typer.echo(f"Wrote {place_beside(place.repository())}.", err=True)
    else:
        typer.echo(text(), nl=False)


def place_beside(root: Path) -> Path:
    """Write the schema where the task files of the repository at `root` look for it. Returns where."""
    path = root / FILE
    ignore = path.parent / ".gitignore"
    path.parent.mkdir(exist_ok=True)
    if not ignore.exists():
        ignore.write_text("*\n")
    path.write_text(text(), encoding="utf-8")
    return path


def text() -> str:
    """The schema as it is written."""
    from autoresearch import config

    return json.dumps(config.json_schema(), indent=2) + "\n"
