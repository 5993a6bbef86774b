"""Globs: which paths of a tree a pattern means. Pure.

A pattern is relative to the repository root, `/`-separated and matches whole paths of files:

    *      any characters within one component, none included; a leading dot is nothing special
    ?      one character, not `/`
    [ab]   one of these characters; `[!ab]` any other one, but never `/`
    **     as a whole component: any number of components, none included
    dir/   everything below `dir`, the same as `dir/**`

`train.py` is only the one at the root; `**/train.py` is every one. To mean a `[` write `[[]`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from autoresearch.errors import UserError


@dataclass(frozen=True, slots=True)
class Globs:
    """A set of patterns; a path is in it when any pattern matches.

    Raises UserError for a pattern that could match nothing, or something above the root.
    """

    patterns: tuple[str, ...]
    _matcher: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        either = "|".join(map(translate, self.patterns))
        object.__setattr__(self, "_matcher", re.compile(either or "(?!)", re.DOTALL))

    def __contains__(self, path: str) -> bool:
        return self._matcher.fullmatch(path) is not None


def translate(pattern: str) -> str:
    """The regular expression that matches, in full, the paths `pattern` means. Raises UserError."""
    try:
        return _join(_components(pattern))
    except ValueError as flaw:
        raise UserError(
            f"The pattern {pattern!r} {flaw}.",
            fix="write it relative to the repository root, like train.py, src/** or **/*.py",
        ) from None


def _components(pattern: str) -> list[str]:
    parts = (pattern + "**" if pattern.endswith("/") else pattern).split("/")
    if parts[0] == "":
        raise ValueError("is empty or starts with a slash")
    if any(part in {"", ".", ".."} for part in parts):
        raise ValueError("has an empty, `.` or `..` component")
    if any("**" in part and part != "**" for part in parts):
        raise ValueError("has `**` inside a component, where it means nothing")
    return parts


def _join(parts: Sequence[str]) -> str:
    above = ("(?:[^/]+/)*" if part == "**" else _component(part) + "/" for part in parts[:-1])
    last = "(?:[^/]+/)*[^/]+" if parts[-1] == "**" else _component(parts[-1])
    return "".join(above) + last


_TOKEN = re.compile(r"\*|\?|\[(!?)(\]?[^]/]*)\]|.", re.DOTALL)


def _component(part: str) -> str:
    return "".join(map(_token, _TOKEN.finditer(part)))


def _token(found: re.Match[str]) -> str:
    text, negated, members = found.group(0, 1, 2)
    if text == "*":
        return "[^/]*"
    if text == "?":
        return "[^/]"
    if members:
        return f"(?!/)[{'^' if negated else ''}{''.join(_ranges(members))}]"
    return re.escape(text)


def _ranges(members: str) -> Iterator[str]:
    for low, high, single in re.findall(r"(.)-(.)|(.)", members, re.DOTALL):
        if low > high:
            raise ValueError(f"has the range `{low}-{high}`, which runs backwards")
        yield re.escape(single) if single else f"{re.escape(low)}-{re.escape(high)}"
