"""`autoresearch schema`: the task file's JSON Schema, for editors."""

from __future__ import annotations

import json

import typer


def schema() -> None:
    """Print the JSON Schema of autoresearch.toml."""
    from autoresearch import config

    typer.echo(json.dumps(config.json_schema(), indent=2))
