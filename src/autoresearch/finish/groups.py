"""Which changes must be handed over together: those that touch one file, or a folder and a file in its place. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from autoresearch.errors import UserError
from autoresearch.views.words import numbers, plain

Touched = Mapping[int, frozenset[str]]
"""The files each experiment changed, by its number."""


@dataclass(frozen=True, slots=True)
class Group:
    """Changes that share files with one another and with no other group."""

    experiments: tuple[int, ...]
    """Their numbers, oldest first."""
    paths: tuple[str, ...]
    """Every file one of them touched, sorted."""


@dataclass(frozen=True, slots=True)
class _Link:
    """Two experiments that touch the same place."""

    one: int
    other: int
    path: str


def grouped(touched: Touched, asked: Sequence[Sequence[int]] = ()) -> list[Group]:
    """The groups in the order of their oldest experiment: those `asked` for as they are, the rest as small as may be.

    Raises UserError when what is asked for names a change twice, one that there is not, or would put one file in two
    groups.
    """
    _refuse_unknown(touched, asked)
    home = {number: number for number in touched}
    for together in asked:
        home |= dict.fromkeys(together, min(together))
    fixed = {number for together in asked for number in together}
    for link in _links(touched):
        if home[link.one] == home[link.other]:
            continue
        if fixed & {link.one, link.other}:
            raise _overlap(link)
        merged = {home[link.one], home[link.other]}
        home = {number: min(merged) if at in merged else at for number, at in home.items()}
    return [_group(touched, [n for n in touched if home[n] == at]) for at in sorted(set(home.values()))]


def _group(touched: Touched, members: Sequence[int]) -> Group:
    paths = frozenset[str]().union(*(touched[number] for number in members))
    return Group(tuple(sorted(members)), tuple(sorted(paths)))


def _links(touched: Touched) -> Iterator[_Link]:
    """Every file with the first that touched it and each later one; a path below another one is the same place."""
    first: dict[str, int] = {}
    for number, paths in sorted(touched.items()):
        for path in sorted(paths):
            if first.setdefault(path, number) != number:
                yield _Link(first[path], number, path)
    for path, number in first.items():
        parts = path.split("/")
        for depth in range(1, len(parts)):
            above = "/".join(parts[:depth])
            if above in first and first[above] != number:
                yield _Link(first[above], number, above)


def _refuse_unknown(touched: Touched, asked: Sequence[Sequence[int]]) -> None:
    named = [number for together in asked for number in together]
    if strange := [number for number in named if number not in touched]:
        known = numbers(sorted(touched), limit=20)
        raise UserError(
            f"Experiment {strange[0]} is not one of the changes to hand over: {known}.",
            fix="autoresearch finish --dry-run",
        )
    if twice := [number for number in named if named.count(number) > 1]:
        raise UserError(f"Experiment {twice[0]} is in two groups.", fix="name it once, in one --group")


def _overlap(link: _Link) -> UserError:
    return UserError(
        f"{plain(link.path)!r} would be in two groups: experiments {link.one} and {link.other} both changed it.",
        fix=f"put the two into one: --group {link.one},{link.other}, or leave --group out",
    )
