"""The search space: which literals of the editable files may move, and along which scale."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autoresearch.agents.tuner import source
from autoresearch.agents.tuner.hints import Kind, Value, is_penalty, is_tolerance, kind_of, left_alone, promise
from autoresearch.agents.tuner.scales import Choice, Ladder, Scale, Shape, ladder
from autoresearch.agents.tuner.source import Literal, Place
from autoresearch.agents.tuner.style import render
from autoresearch.workspace.globs import Globs

MAX_FILE_BYTES = 512 * 1024
MAX_CONSTANTS = 64
"""More than this dilutes every experiment; the most promising are kept."""

_PLACE = dict.fromkeys(Place, 1.0) | {Place.DEFAULT: 0.7, Place.CALL: 0.8, Place.LOCAL: 0.8}
_OPEN = (Place.MODULE, Place.FIELD, Place.OPTION)
"""Places meant for settings: a name without a hint counts there, and nowhere else."""


@dataclass(frozen=True, slots=True)
class Constant:
    """One literal that may move."""

    key: str
    """`path:name`: what the ledger calls it. Survives moves within the file."""
    path: str
    literal: Literal
    scale: Scale
    weight: float
    """How much a first step is expected to matter, relative to a plain rate."""

    @property
    def value(self) -> Value:
        """The value in the tree."""
        return self.literal.value


@dataclass(frozen=True, slots=True)
class Space:
    """All constants of a tree that may move, most promising first, and the files they stand in."""

    constants: tuple[Constant, ...]
    files: Mapping[str, bytes]
    """Bytes of every file a constant stands in, by `/`-separated path."""

    @property
    def values(self) -> dict[str, Value]:
        """The tree's own assignment."""
        return {constant.key: constant.value for constant in self.constants}

    def edited(self, changes: Mapping[str, Value]) -> dict[str, bytes]:
        """New bytes of the files in which `changes` takes effect. Everything but the literals stays as it was."""
        result: dict[str, bytes] = {}
        moving = [constant for constant in self.constants if constant.key in changes]
        for constant in sorted(moving, key=lambda constant: constant.literal.start, reverse=True):
            literal, data = constant.literal, result.get(constant.path, self.files[constant.path])
            text = render(changes[constant.key], literal.text)
            result[constant.path] = data[: literal.start] + text.encode() + data[literal.end :]
        return result

    def shape(self) -> str:
        """Digest of the files with every constant blanked: what the code is, whatever its constants are."""
        digest = hashlib.sha256()
        for path in sorted(self.files):
            data, at = self.files[path], 0
            digest.update(path.encode() + b"\0")
            for constant in sorted(self._in(path), key=lambda constant: constant.literal.start):
                digest.update(data[at : constant.literal.start] + b"\0" + constant.key.encode() + b"\0")
                at = constant.literal.end
            digest.update(data[at:] + b"\0")
        return digest.hexdigest()[:16]

    def listing(self) -> str:
        """The space as a table for people: one constant a line."""
        rows = [(constant.key, constant.literal.text, constant.scale.describe()) for constant in self.constants]
        widths = [max((len(row[i]) for row in rows), default=0) for i in (0, 1)]
        return "\n".join(f"{key:<{widths[0]}}  {text:<{widths[1]}}  {scale}" for key, text, scale in rows)

    def _in(self, path: str) -> Iterator[Constant]:
        return (constant for constant in self.constants if constant.path == path)


def space_of(tree: Path, editable: Sequence[str]) -> Space:
    """The search space of the Python files below `tree` that the `editable` globs name; empty when nothing can move."""
    files = dict(_python_files(tree, editable))
    sources = {path: found for path, data in files.items() if (found := source.read(data))}
    alternatives: dict[str, set[str]] = {}
    for found in sources.values():
        for name, strings in found.alternatives.items():
            alternatives.setdefault(name, set()).update(strings)
    constants = [
        constant
        for path, found in sources.items()
        for literal in found.literals
        if (constant := _constant(path, literal, alternatives.get(literal.word.lower(), set())))
    ]
    constants.sort(key=lambda constant: -constant.weight)
    kept = tuple(constants[:MAX_CONSTANTS])
    return Space(kept, {path: files[path] for path in {constant.path for constant in kept}})


def signature(shape: str, values: Mapping[str, Value]) -> str:
    """Digest of one assignment on one shape of code: two candidates with the same signature are the same candidate."""
    text = json.dumps([shape, sorted(values.items())])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _python_files(tree: Path, editable: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Plain Python files the globs name, in order of path. Links are not followed."""
    wanted = Globs(tuple(editable))
    for folder, folders, names in os.walk(tree):
        folders.sort()
        for name in sorted(names):
            path = Path(folder, name)
            relative = path.relative_to(tree).as_posix()
            is_wanted = name.endswith(".py") and relative in wanted and not path.is_symlink() and path.is_file()
            if is_wanted and path.stat().st_size <= MAX_FILE_BYTES:
                yield relative, path.read_bytes()


def _constant(path: str, literal: Literal, compared: set[str]) -> Constant | None:
    told, has_told = _declared(literal)
    scale = told if has_told else _read(literal, compared)
    if scale is None:
        return None
    weight = _weight(literal) * (1.5 if has_told else _PLACE[literal.place])
    return Constant(f"{path}:{literal.name}", path, literal, scale, weight)


def _weight(literal: Literal) -> float:
    if isinstance(literal.value, bool | str):
        return 1.0
    return promise(literal.word, kind_of(literal.word, literal.value))


def _declared(literal: Literal) -> tuple[Scale | None, bool]:
    """What a `# tune: ...` comment says: the scale and True, or None and False where there is no such comment."""
    tune = re.search(r"\btune:\s*([^#;]*)", literal.comment)
    if not tune:
        return None, False
    said = tune[1].strip()
    span = re.match(r"([-+.\de]+)\s*\.\.\s*([-+\de.]+)(?:\s+(log))?$", said)
    return (_range(literal, *span.groups()) if span else _choice(literal, _items(said))), True


def _range(literal: Literal, low: str, high: str, log: str | None) -> Scale | None:
    """The declared range; None when it cannot be meant for this literal, which then stays as it is."""
    value = literal.value
    if isinstance(value, bool | str):
        return None
    try:
        bounds = float(low), float(high)
    except ValueError:
        return None
    if not bounds[0] < bounds[1] or (log and bounds[0] <= 0):
        return None
    # A coordinate for a current value outside of the range must exist: log scales take their floor from the origin.
    origin = value if value > 0 else bounds[0]
    return Ladder(Shape.LOG if log else Shape.LINEAR, origin, *bounds, whole=isinstance(value, int))


def _read(literal: Literal, compared: set[str]) -> Scale | None:
    """The scale a literal's name, value, place and comment suggest; None for what should not move."""
    value = literal.value
    if left_alone(literal.word):
        return None
    options = literal.options or _commented(literal)
    if options:
        return _choice(literal, options)
    if isinstance(value, bool):
        return None if literal.place in (Place.CALL, Place.LOCAL) else Choice((True, False))
    if isinstance(value, str):
        return _choice(literal, sorted(compared)) if value in compared else None
    if literal.is_exponent:
        return Ladder(Shape.LINEAR, value, value - 3, value + 3, whole=True) if value >= 4 else None
    return _number(literal, value)


def _number(literal: Literal, value: int | float) -> Scale | None:
    kind = kind_of(literal.word, value)
    is_setting = kind is not None or literal.place in _OPEN
    if not is_setting or (isinstance(value, int) and (value < 1 or value >= 2**31)):
        return None
    if kind is None and (value == 0 or 1900 <= value <= 2100):
        return None
    if not _finite(value) or (value == 0 and kind is Kind.RATE and not is_penalty(literal.word)):
        return None
    stride = math.log2(10) if is_tolerance(literal.word) else 1.0
    return ladder(kind, value, removable=isinstance(value, float) and is_penalty(literal.word), stride=stride)


def _finite(value: float) -> bool:
    return abs(value) < 1e30 and (value == 0 or abs(value) > 1e-30)


def _commented(literal: Literal) -> list[Value]:
    """Alternatives a comment names: `# gelu | relu2`, `# "cosine" or "linear"`, `# one of: a, b`."""
    if isinstance(literal.value, bool):
        return []
    clause = re.split(r"[;.](?:\s|$)|\(", literal.comment)[0]
    clause = re.sub(r"^(one of|options|choices|or|either|alternatives)\b:?\s*", "", clause, flags=re.IGNORECASE)
    items = _items(clause)
    named = literal.value in items or "|" in clause
    return items if named and len(items) > 1 and all(type(item) is type(literal.value) for item in items) else []


def _items(text: str) -> list[Value]:
    """The bare words, quoted strings and numbers of a list split by `|`, `,`, `/` or "or"; empty for prose."""
    parts = [part.strip() for part in re.split(r"\||,|/|\bor\b", text) if part.strip()]
    is_list = all(re.fullmatch(r"""["']?[\w.+-]+["']?""", part) for part in parts)
    return [_item(part) for part in parts] if is_list else []


def _item(text: str) -> Value:
    if text in ("True", "False"):
        return text == "True"
    for parse in (int, float):
        try:
            return parse(text)
        except ValueError:
            continue
    return text.strip("\"'")


def _choice(literal: Literal, options: Sequence[Value]) -> Choice | None:
    """The options of the literal's own type, its value included; None when that leaves nothing to choose."""
    kind = type(literal.value)
    fitting = dict.fromkeys(kind(o) if kind is float and type(o) is int else o for o in (literal.value, *options))
    same = tuple(option for option in fitting if type(option) is kind)
    return Choice(same) if len(same) > 1 else None
