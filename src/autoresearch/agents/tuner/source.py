"""The literals of a Python file that stand for a decision, and where their bytes are.

`ast` says where, `tokenize` says what the comments say, and an edit replaces exactly the bytes of one literal, so that
everything else in the file stays as its author left it. Nothing is imported or executed: the file may be hostile.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from autoresearch.agents.tuner.hints import Value


class Place(StrEnum):
    """Where a literal stands."""

    MODULE = "module"
    """Assigned at module level."""
    ENTRY = "entry"
    """Value in a dictionary there."""
    FIELD = "field"
    """Default of a class attribute: dataclasses, config classes."""
    OPTION = "option"
    """Default of a command-line option (argparse)."""
    DEFAULT = "default"
    """Default of a function's parameter."""
    CALL = "call"
    """Keyword argument of a call."""
    LOCAL = "local"
    """Assigned once inside a function."""


@dataclass(frozen=True, slots=True)
class Literal:
    """One literal: its name, its value and the half-open byte range it occupies."""

    name: str
    """Dotted path inside the file: `LEARNING_RATE`, `Config.width`, `main.Adam(lr)`, `BETAS[1]`."""
    word: str
    """The identifier hints are looked up by: `width`, `lr`, `BETAS`."""
    place: Place
    start: int
    end: int
    text: str
    value: Value
    comment: str = ""
    """Text of the comment on its line, without the `#`."""
    options: tuple[Value, ...] = ()
    """Values the code itself declares: argparse `choices`, `Literal[...]`."""
    is_exponent: bool = False
    """The N of `2**N` and `1 << N`."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file as the tuner sees it."""

    literals: tuple[Literal, ...]
    """In file order."""
    alternatives: dict[str, frozenset[str]]
    """Strings each name is compared with, by lower-case name."""


def read(data: bytes) -> Source | None:
    """What is in a file's bytes; None when it is no plain UTF-8 Python that parses."""
    try:
        text = data.decode("utf-8")
        if text.startswith("\ufeff") or "\r" in text.replace("\r\n", ""):
            return None
        tree = ast.parse(text)
        comments = dict(_comments(data))
    except (SyntaxError, ValueError, RecursionError, MemoryError, tokenize.TokenError):
        return None
    finder = _Finder(data, comments)
    try:
        finder.visit(tree)
        alternatives = _alternatives(tree)
    except RecursionError:
        return None
    return Source(tuple(_unambiguous(finder)), alternatives)


def _comments(data: bytes) -> Iterator[tuple[int, str]]:
    for token in tokenize.tokenize(io.BytesIO(data).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string.lstrip("#").strip()


def _unambiguous(finder: _Finder) -> Iterator[Literal]:
    """A name bound once is a constant, bound twice a variable; calls are numbered instead."""
    times = Counter(literal.name for literal in finder.found)
    seen: Counter[str] = Counter()
    for literal in sorted(finder.found, key=lambda literal: literal.start):
        seen[literal.name] += 1
        if literal.place is Place.CALL:
            nth = seen[literal.name]
            yield literal if nth == 1 else replace(literal, name=f"{literal.name}#{nth}")
        elif times[literal.name] == 1 and literal.name not in finder.rebound:
            yield literal


class _Finder(ast.NodeVisitor):
    """Walks a module and collects literals with the scope they stand in."""

    def __init__(self, data: bytes, comments: dict[int, str]) -> None:
        self.found: list[Literal] = []
        self.rebound: set[str] = set()
        self._data, self._comments = data, comments
        self._starts = [0]
        for line in data.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        self._scope: tuple[str, ...] = ()
        self._place = Place.MODULE

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._inside(node.name, Place.FIELD, node.body)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for argument, default in _defaults(node.args):
            name = f"{node.name}({argument.arg})"
            self._bind(name, argument.arg, default, Place.DEFAULT, _declared(argument.annotation))
        self._inside(node.name, Place.LOCAL, node.body)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 - ast chose the name

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self._bind(target.id, target.id, node.value, self._place)
            elif isinstance(target, ast.Attribute):
                self._bind(ast.unparse(target), target.attr, node.value, Place.LOCAL)
            elif isinstance(target, ast.Tuple):
                self.rebound.update(self._dotted(name.id) for name in ast.walk(target) if isinstance(name, ast.Name))
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if isinstance(node.target, ast.Name) and node.value is not None:
            default = _field_default(node.value)
            self._bind(node.target.id, node.target.id, default, self._place, _declared(node.annotation))
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self.rebound.add(self._dotted(node.target.id))
        self.generic_visit(node)

    def visit_Global(self, node: ast.Global) -> None:
        self.rebound.update(node.names)

    def visit_Call(self, node: ast.Call) -> None:
        called = _last_name(node.func)
        option = _option(node) if called == "add_argument" else ""
        for keyword in node.keywords:
            if option and keyword.arg == "default":
                choices = next((k.value for k in node.keywords if k.arg == "choices"), None)
                self._bind(f"--{option}", option, keyword.value, Place.OPTION, _constants(choices))
            elif not option and keyword.arg and called not in ("", "field"):
                self._bind(f"{called}({keyword.arg})", keyword.arg, keyword.value, Place.CALL)
        self.generic_visit(node)

    def _inside(self, name: str, place: Place, body: Iterable[ast.stmt]) -> None:
        outer = self._scope, self._place
        self._scope, self._place = (*self._scope, name), place
        for statement in body:
            self.visit(statement)
        self._scope, self._place = outer

    def _dotted(self, name: str) -> str:
        return ".".join((*self._scope, name))

    def _bind(
        self,
        name: str,
        word: str,
        node: ast.expr,
        place: Place,
        options: tuple[Value, ...] = (),
        *,
        exponent: bool = False,
    ) -> None:
        """Record what `node` holds under `name`: a literal, a power of two, or a display of literals."""
        match node:
            case ast.BinOp(left=ast.Constant(value=base), op=op, right=ast.Constant(value=int()) as power) if (
                base,
                type(op),
            ) in _BINARY:
                self._bind(name, word, power, place, exponent=True)
            case ast.Tuple(elts=elements) if len(elements) <= 8:
                for i, element in enumerate(elements):
                    self._bind(f"{name}[{i}]", word, element, place)
            case ast.Dict(keys=keys, values=values) if place in (Place.MODULE, Place.ENTRY):
                for key, value in zip(keys, values, strict=True):
                    if isinstance(key, ast.Constant) and isinstance(key.value, str) and key.value.isidentifier():
                        self._bind(f"{name}[{key.value}]", key.value, value, Place.ENTRY)
            case _:
                self._literal(Literal(self._dotted(name), word, place, 0, 0, "", 0, "", options, exponent), node)

    def _literal(self, named: Literal, node: ast.expr) -> None:
        start = self._starts[node.lineno - 1] + node.col_offset
        end = self._starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
        text = self._data[start:end].decode("utf-8")
        value = _value(node)
        if value is not None and "\n" not in text:
            comment = self._comments.get(node.end_lineno or node.lineno, "")
            self.found.append(replace(named, start=start, end=end, text=text, value=value, comment=comment))


_BINARY = {(2, ast.Pow), (1, ast.LShift)}


def _value(node: ast.expr) -> Value | None:
    """The value of a literal or of a negated one; None for everything else, bytes and complex numbers included."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _value(node.operand)
        return -inner if isinstance(inner, int | float) and not isinstance(inner, bool) else None
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, bool | int | float | str) else None


def _defaults(arguments: ast.arguments) -> Iterator[tuple[ast.arg, ast.expr]]:
    positional = [*arguments.posonlyargs, *arguments.args]
    first = len(positional) - len(arguments.defaults)
    yield from zip(positional[first:], arguments.defaults, strict=True)
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if default is not None:
            yield argument, default


def _field_default(node: ast.expr) -> ast.expr:
    """`x` of `field(default=x)`, else the expression itself."""
    if isinstance(node, ast.Call) and _last_name(node.func) == "field":
        return next((keyword.value for keyword in node.keywords if keyword.arg == "default"), node)
    return node


def _declared(annotation: ast.expr | None) -> tuple[Value, ...]:
    """The values of a `Literal[...]` annotation."""
    if isinstance(annotation, ast.Subscript) and _last_name(annotation.value) == "Literal":
        return _constants(annotation.slice)
    return ()


def _constants(node: ast.expr | None) -> tuple[Value, ...]:
    """The literals of a tuple, list or set display, or of a lone literal."""
    elements = node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else [node] if node else []
    values = [_value(element) for element in elements]
    return tuple(value for value in values if value is not None)


def _option(call: ast.Call) -> str:
    """The name of the option an `add_argument` call adds, without dashes."""
    names = [arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
    return max(names, key=len).lstrip("-").replace("-", "_") if names else ""


def _last_name(node: ast.expr | ast.pattern | None) -> str:
    """`lr` of `lr`, `config.lr` and `config["lr"]`; empty for anything else."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Subscript(slice=ast.Constant(value=str(name))):
            return name
    return ""


def _alternatives(tree: ast.Module) -> dict[str, frozenset[str]]:
    """Strings the code compares each name with: `==`, `in`, `match`, and look-ups in a dictionary display."""
    displays = {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    found: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        for name, strings in _compared(node, displays):
            found.setdefault(name.lower(), set()).update(strings)
    return {name: frozenset(strings) for name, strings in found.items() if strings}


def _compared(node: ast.AST, displays: dict[str, ast.Dict]) -> Iterator[tuple[str, list[str]]]:
    match node:
        case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq() | ast.In() | ast.NotIn()], comparators=[right]):
            yield _last_name(left), _strings(right)
            yield _last_name(right), _strings(left)
        case ast.Match(subject=subject, cases=cases):
            patterns = [inner for case in cases for inner in ast.walk(case.pattern)]
            values = [inner.value for inner in patterns if isinstance(inner, ast.MatchValue)]
            yield _last_name(subject), [string for value in values for string in _strings(value)]
        case ast.Subscript(value=ast.Dict() as display, slice=key):
            yield _last_name(key), _keys(display)
        case ast.Subscript(value=ast.Name(id=table), slice=key) if table in displays:
            yield _last_name(key), _keys(displays[table])


def _strings(node: ast.expr) -> list[str]:
    return [value for value in _constants(node) if isinstance(value, str)]


def _keys(display: ast.Dict) -> list[str]:
    return [key.value for key in display.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)]
