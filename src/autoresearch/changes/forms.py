"""The form of code: of Python its syntax tree, without comments and formatting; of anything else every byte.

Two trees of one study with the same form do the same, so that measuring the second says nothing new. The other way
round nothing is claimed: what is equal for a deeper reason has two forms, and is measured twice. Nothing is executed.
Where a comment begins, or whether blank space counts, is not guessed for other languages: a line with a # in front may
be a line of a text that a YAML file or a shell script holds.
"""

from __future__ import annotations

import ast
import hashlib
import warnings
from collections.abc import Iterable
from contextlib import suppress
from pathlib import PurePosixPath

LARGEST = 1 << 18
"""Bytes of a Python file that is read as syntax; of a larger one every byte counts."""


def of_file(path: str, data: bytes) -> str:
    """Digest of the form of one file."""
    if PurePosixPath(path).suffix.lower() == ".py" and len(data) <= LARGEST:
        with suppress(SyntaxError, ValueError, RecursionError, MemoryError), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what a compiler might say about it
            tree = ast.parse(data)  # of bytes: a comment may say how they are encoded
            return _digest(b"python", ast.dump(tree).encode("utf-8", "backslashreplace"))
    return _digest(b"bytes", data)


def of_base() -> str:
    """The form of the study's base."""
    return of_tree(())


def of_tree(changed: Iterable[tuple[str, str]]) -> str:
    """Digest of a tree, told by what sets it apart from the study's base: each such path with the form of its file.

    The base itself is told by nothing at all.
    """
    lines = sorted(f"{path}\0{form}" for path, form in changed)
    return _digest(b"tree", "\n".join(lines).encode("utf-8", "surrogateescape"))


def _digest(kind: bytes, data: bytes) -> str:
    return hashlib.sha256(kind + b"\0" + data).hexdigest()[:32]
