"""The form of code: what is left of it when comments and formatting are put aside.

Two trees of one study with the same form do the same, so that measuring the second says nothing new. The other way
round nothing is claimed: what is equal for a deeper reason has two forms, and is measured twice. Nothing is executed.
"""

from __future__ import annotations

import ast
import hashlib
import warnings
from collections.abc import Iterable
from pathlib import PurePosixPath

LARGEST = 1 << 18
"""Bytes of a Python file that is read as syntax; of a larger one every byte counts."""

_HASH = frozenset({".toml", ".yaml", ".yml", ".ini", ".cfg", ".sh", ".r", ".jl", ".rb"})
_SLASHES = frozenset({".c", ".h", ".cc", ".cpp", ".cu", ".hpp", ".js", ".ts", ".java", ".rs", ".go"})
"""Languages by how a whole line of comment begins there, a blank after the mark: without one it may be a directive."""


def of_file(path: str, data: bytes) -> str:
    """Digest of the form of one file: the syntax tree of Python, the lines that say something of other text."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return _digest(b"bytes", data)
    suffix = PurePosixPath(path).suffix.lower()
    if suffix == ".py" and len(data) <= LARGEST:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what a compiler might say about it
                return _digest(b"python", ast.dump(ast.parse(text)).encode("utf-8", "backslashreplace"))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return _digest(b"bytes", data)
    mark = "# " if suffix in _HASH else "// " if suffix in _SLASHES else ""
    return _digest(b"text", "\n".join(_lines(text, mark)).encode())


def of_base() -> str:
    """The form of the study's base."""
    return of_tree(())


def of_tree(changed: Iterable[tuple[str, str]]) -> str:
    """Digest of a tree, told by what sets it apart from the study's base: each such path with the form of its file.

    The base itself is told by nothing at all.
    """
    lines = sorted(f"{path}\0{form}" for path, form in changed)
    return _digest(b"tree", "\n".join(lines).encode("utf-8", "surrogateescape"))


def _lines(text: str, mark: str) -> Iterable[str]:
    """Lines without the blank space at their end; empty ones and whole lines of comment are left out."""
    for line in text.splitlines():
        kept = line.rstrip()
        if kept and not (mark and kept.lstrip().startswith(mark) and not kept.startswith("#!")):
            yield kept


def _digest(kind: bytes, data: bytes) -> str:
    return hashlib.sha256(kind + b"\0" + data).hexdigest()[:32]
