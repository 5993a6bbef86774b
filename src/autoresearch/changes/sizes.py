"""How much code a change adds and removes: syntax nodes of Python, tokens of anything else.

Nothing is imported or executed: the files may be hostile. Comments, docstrings, blank space and formatting weigh
nothing in Python, so that nobody is paid for removing them; a string weighs as much as the words in it, so that code
cannot be made small by hiding it in one. Moving code is free, for what is counted is how often each thing occurs.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

LARGEST = 1 << 20
"""Bytes of a Python file that is read as syntax; a larger one is counted in tokens."""

_TOKEN = re.compile(r"\w+|[^\w\s]")
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, slots=True)
class Size:
    """What a change did to the size of the code."""

    nodes: int | None
    """Net growth; None where it cannot be told."""
    touched: int | None
    """What was added plus what was removed."""
    counted: str
    """"nodes", "tokens", or "nodes and tokens"; empty where nothing could be counted."""


def of_change(files: Iterable[tuple[str, bytes, bytes]]) -> Size:
    """The size of a change from its files: path, bytes before and bytes after, empty where there is no such file."""
    grown = touched = 0
    units = set()
    for path, before, after in files:
        counted = _both(path, before, after)
        if counted is None:
            return Size(None, None, "")
        unit, old, new = counted
        units.add(unit)
        grown += new.total() - old.total()
        touched += ((new - old) + (old - new)).total()
    return Size(grown, touched, " and ".join(sorted(units)))


def _both(path: str, before: bytes, after: bytes) -> tuple[str, Counter[str], Counter[str]] | None:
    """The two sides of a file in one unit; None for what is not text."""
    try:
        old, new = before.decode("utf-8"), after.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if path.endswith(".py") and max(len(before), len(after)) <= LARGEST:
        try:
            return "nodes", _nodes(old), _nodes(new)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            pass  # what is no Python on either side is counted as text on both
    return "tokens", Counter(_TOKEN.findall(old)), Counter(_TOKEN.findall(new))


def _nodes(source: str) -> Counter[str]:
    """How often each syntax node occurs, told apart by its type, its names and its constants."""
    found: Counter[str] = Counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the candidate's own interpreter may say about it
        tree = ast.parse(source)
    quiet = {id(node) for node in _docstrings(tree)}
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.expr_context)) or id(node) in quiet:
            continue
        found[_label(node)] += 1
        if isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)):
            text = node.value if isinstance(node.value, str) else node.value.decode("latin-1")
            found.update(f"in a string: {word}" for word in _TOKEN.findall(text))
    return found


def _docstrings(tree: ast.Module) -> Iterable[ast.AST]:
    """The statements that are docstrings, and the strings in them."""
    for node in ast.walk(tree):
        if isinstance(node, _DOCUMENTED) and node.body:
            first = node.body[0]
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                yield from (first, first.value)


def _label(node: ast.AST) -> str:
    """What a node is by itself, without its children."""
    own = [
        f"{name}={value!r}"
        for name, value in ast.iter_fields(node)
        if not isinstance(value, (ast.AST, list)) and not (name == "value" and isinstance(value, (str, bytes)))
    ]
    return f"{type(node).__name__} {' '.join(own)}"
