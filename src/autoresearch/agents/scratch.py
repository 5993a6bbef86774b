"""A folder for one attempt of an agent's, gone afterwards whatever was made of it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autoresearch.workspace import trees


@contextmanager
def scratch(beside: Path) -> Iterator[Path]:
    """A fresh directory beside the draft `beside`."""
    path = Path(tempfile.mkdtemp(prefix="scratch-", dir=beside.resolve().parent))
    try:
        yield path
    finally:
        trees.remove(path)
