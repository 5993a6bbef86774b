"""Reading somebody's set-up: small text files, and a plain word where one is missing."""

from __future__ import annotations

import re
from pathlib import Path

from autoresearch.errors import UserError

LARGEST = 1 << 20


def text(path: Path) -> str:
    """The beginning of a text file; empty where there is none."""
    try:
        with path.open("rb") as file:
            return file.read(LARGEST).decode("utf-8", "replace")
    except OSError:
        return ""


def demand(folder: Path, *names: str, what: str) -> Path:
    """The first of `names` that is there. Raises UserError naming what was looked for."""
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise UserError(f"{folder} is not {what}: there is no {' or '.join(names)}.", fix="autoresearch init")


def constant(source: str, name: str) -> float | None:
    """A number that `name` is set to, at the beginning of a line."""
    found = re.search(rf"^{name}\s*(?::\s*\w+\s*)?=\s*([0-9][0-9_]*(?:\.[0-9]+)?)", source, re.M)
    return float(found[1].replace("_", "")) if found else None


def title(source: str) -> str:
    """The first line of prose of a Markdown text, without its signs."""
    for line in source.splitlines():
        words = line.strip().strip("#*_`> ").strip()
        if words:
            return words[:200]
    return ""
