"""A change as hunks that know where they stand, and which of them belong together.

Two hunks are parts of one change when they stand in the same place (a function, a method, a constant of one file) or
share a name that their language and their file's imports did not give them: a new function and its caller do, two
constants do not. Pure; the files may be hostile and nothing of them is executed.
"""

from __future__ import annotations

import ast
import builtins
import keyword
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

LARGEST = 1 << 18
"""Bytes of a file whose lines are compared; a larger one is one hunk."""

MOST_COMPARED = 25_000_000
"""Pairs of lines, those left out that both versions begin and end with; beyond, what differs is one hunk."""
MOST = 400
"""Hunks whose parts can be told: a change with more has none that could be attributed."""
LONGEST_HEAD = 200
"""Characters of a line that are searched for what it names."""

_WORD = re.compile(r"[A-Za-z_]\w+")
_HEAD = re.compile(
    r"(?:async +def|def|fn|func|function)\s+(\w+)|[\w\s*&:<>,]*?(\w+)\s*\(|(?:class\s+)?[\"']?([\w.$-]+)"
)
"""What a line that begins in the first column names: a function, or its first word."""
_GIVEN = frozenset(
    {*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "self", "cls"}
    | {name for kind in (list, dict, str, set, int, float) for name in dir(kind)}
)
"""Names everybody has: sharing one says nothing."""


@dataclass(frozen=True, slots=True)
class Hunk:
    """Consecutive lines of one file, replaced."""

    path: str
    start: int
    """Index of the first old line."""
    old: tuple[str, ...]
    new: tuple[str, ...]
    """Lines with their ends."""
    places: tuple[str, ...]
    """Where it stands, such as `Block.forward()`; empty when it is only comments, blank lines, or no text."""
    names: frozenset[str]
    """Names in its lines that may tie it to another."""


def read(path: str, before: bytes, after: bytes) -> list[Hunk]:
    """The hunks that lead from `before` to `after`; a single one without lines where they are no text to compare."""
    try:
        if max(len(before), len(after)) > LARGEST:
            raise ValueError
        old, new = (data.decode("utf-8").splitlines(keepends=True) for data in (before, after))
    except ValueError:
        return [Hunk(path, 0, (), (), (), frozenset())]
    sides = _Side.of(path, old), _Side.of(path, new)
    return [
        Hunk(path, i, tuple(old[i:j]), tuple(new[k:m]), *_standing(sides, (i, j), (k, m)))
        for i, j, k, m in _spans(old, new)
    ]


def places(hunks: Iterable[Hunk], most: int = 12) -> tuple[str, ...]:
    """Where hunks stand, each place once, `path:place`, or the path alone."""
    named = (f"{hunk.path}:{place}" if place else hunk.path for hunk in hunks for place in hunk.places or ("",))
    found = list(dict.fromkeys(named))
    precise = {place.partition(":")[0] for place in found if ":" in place}
    return tuple(place for place in found if place not in precise)[:most]


def parts(hunks: Sequence[Hunk]) -> list[list[Hunk]]:
    """`hunks` in groups that have neither a place nor a name in common, in order of their first hunk.

    What stands nowhere, such as a comment, goes with the first group. More than `MOST` are not told apart.
    """
    if len(hunks) > MOST:
        return [list(hunks)]
    groups: list[tuple[set[str], list[int]]] = []
    for at, hunk in enumerate(hunks):
        if not hunk.places:
            continue
        ties, mine = {f"{hunk.path}:{place}" for place in hunk.places} | hunk.names, [at]
        for group in [group for group in groups if group[0] & ties]:
            groups.remove(group)
            ties, mine = ties | group[0], group[1] + mine
        groups.append((ties, mine))
    members = sorted(sorted(mine) for _, mine in groups) or [[]]
    members[0] = sorted(members[0] + [at for at, hunk in enumerate(hunks) if not hunk.places])
    return [[hunks[at] for at in mine] for mine in members if mine]


def applied(before: bytes, hunks: Iterable[Hunk]) -> bytes:
    """`before` with these of the hunks that were read from it."""
    lines, made, at = before.decode("utf-8").splitlines(keepends=True), list[str](), 0
    for hunk in sorted(hunks, key=lambda hunk: hunk.start):
        made += [*lines[at : hunk.start], *hunk.new]
        at = hunk.start + len(hunk.old)
    return "".join([*made, *lines[at:]]).encode()


def _spans(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """Half-open ranges of old and new lines that differ; as many lines for as many are taken line by line."""
    first, least = 0, min(len(old), len(new))
    while first < least and old[first] == new[first]:
        first += 1
    last = 0
    while last < least - first and old[-1 - last] == new[-1 - last]:
        last += 1
    old, new = old[first : len(old) - last], new[first : len(new) - last]
    if len(old) * len(new) > MOST_COMPARED:
        yield first, first + len(old), first, first + len(new)
        return
    for kind, i, j, k, m in SequenceMatcher(None, old, new).get_opcodes():
        if kind == "replace" and j - i == m - k:
            yield from ((first + i + n, first + i + n + 1, first + k + n, first + k + n + 1) for n in range(j - i))
        elif kind != "equal":
            yield first + i, first + j, first + k, first + m


def _standing(
    sides: tuple[_Side, _Side], old: tuple[int, int], new: tuple[int, int]
) -> tuple[tuple[str, ...], frozenset[str]]:
    """Places and names of the hunk between these lines of the two sides; none where only comments differ."""
    if sides[0].said(*old) == sides[1].said(*new):
        return (), frozenset()
    pairs = [(side, n) for side, (first, last) in zip(sides, (old, new), strict=True) for n in range(first, last)]
    found = dict.fromkeys(side.places[n] for side, n in pairs if side.says(n))
    names = {word for side, n in pairs for word in _WORD.findall(side.code(n))}
    own = {part for place in found for part in _WORD.findall(place)} - {TOP}
    imported = sides[0].imported
    return tuple(place for place in found if place), frozenset((names - imported - _GIVEN) | own)


TOP = "statements"
"""Place of what is done at the top level of a file and has no name."""


@dataclass(frozen=True, slots=True)
class _Side:
    """One version of a file."""

    lines: Sequence[str]
    places: Sequence[str]
    """Of each line; empty where there is none."""
    imported: frozenset[str]
    comment: str
    """What begins a comment; empty where that is not known."""

    @classmethod
    def of(cls, path: str, lines: Sequence[str]) -> _Side:
        if path.endswith(".py"):
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    tree = ast.parse("".join(lines))
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                return cls(lines, _by_heads(lines), frozenset(), "#")
            return cls(lines, _by_syntax(tree, len(lines)), frozenset(_imported(tree)), "#")
        return cls(lines, _by_heads(lines), frozenset(), "")

    def code(self, n: int) -> str:
        """Line `n` without its comment."""
        line = self.lines[n]
        return line.partition(self.comment)[0] if self.comment else line

    def said(self, first: int, last: int) -> list[str]:
        """What lines `first` to `last` say, without comments and blank lines."""
        return [self.code(n).rstrip() for n in range(first, last) if self.says(n)]

    def says(self, n: int) -> bool:
        """Whether line `n` is more than blank space and comment."""
        return bool(self.code(n).strip())


def _by_syntax(tree: ast.Module, count: int) -> list[str]:
    """Place of each line of a Python file."""
    places = [""] * (count + 1)
    for statement in tree.body:
        name = _named(statement)
        _mark(places, statement, name)
        if isinstance(statement, ast.ClassDef):
            for inner in statement.body:
                _mark(places, inner, f"{name}.{_named(inner)}" if _named(inner) != TOP else name)
    return places[:count]


def _mark(places: list[str], statement: ast.stmt, name: str) -> None:
    decorators = getattr(statement, "decorator_list", [])
    first = min([statement.lineno, *(each.lineno for each in decorators)])
    for line in range(first, (statement.end_lineno or statement.lineno) + 1):
        places[line - 1] = name


def _named(statement: ast.stmt) -> str:
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return f"{name}()"
        case ast.ClassDef(name=name):
            return name
        case ast.Assign(targets=[target, *_]) | ast.AnnAssign(target=target) | ast.AugAssign(target=target):
            return next((node.id for node in ast.walk(target) if isinstance(node, ast.Name)), TOP)
        case ast.Import() | ast.ImportFrom():
            return "import"
        case _:
            return TOP


def _imported(tree: ast.Module) -> Iterator[str]:
    for statement in tree.body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            for alias in statement.names:
                yield (alias.asname or alias.name).partition(".")[0]


def _by_heads(lines: Sequence[str]) -> list[str]:
    """Place of each line of other text: what the last line names that began in the first column."""
    found, place = [], ""
    for line in lines:
        if line[:1].isalpha() or line[:1] in "_$\"'":
            head = _HEAD.match(line[:LONGEST_HEAD])
            place = _headed(head) if head else place
        found.append(place)
    return found


def _headed(head: re.Match[str]) -> str:
    function = head[1] or head[2]
    return f"{function}()" if function else head[3] or ""
