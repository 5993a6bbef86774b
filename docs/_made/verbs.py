"""The page of every verb's options, made from the program itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from autoresearch.cli import app

HEAD = """# Every option

Made from the program itself; `autoresearch VERB --help` prints the same. What the verbs are for, and what they print,
is on [the command line's page](command-line.md).
"""


def write(path: Path) -> None:
    """Write the page, unless it says the same already."""
    text = page()
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *_verbs(typer.main.get_command(app), "autoresearch")]) + "\n"


def _verbs(command: Any, name: str) -> Iterator[str]:
    """A section for each verb below `command`, which is typer's, in the order of the alphabet."""
    for each, below in sorted(command.commands.items()):
        if hasattr(below, "commands"):
            yield from _verbs(below, f"{name} {each}")
        else:
            yield from _verb(below, f"{name} {each}")


def _verb(command: Any, name: str) -> Iterator[str]:
    yield f"## {name}\n"
    yield f"{' '.join((command.help or '').split())}\n"
    context = command.context_class(command, info_name=name)
    records = [param.get_help_record(context) for param in command.params]
    if any(records):
        yield from ["| | |", "|---|---|"]
        yield from (f"| `{_cell(names)}` | {_cell(help_)} |" for names, help_ in filter(None, records))
        yield ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
