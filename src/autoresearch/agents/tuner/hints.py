"""What a constant's name says about its values: a table of words, and the readings it leads to."""

from __future__ import annotations

import re
from enum import StrEnum

Value = bool | int | float | str
"""What a literal can be."""


class Kind(StrEnum):
    """How a number wants to be moved."""

    RATE = "rate"
    """By factors: a learning rate, a penalty, a tolerance."""
    SIZE = "size"
    """By factors that keep it divisible: a width, a batch."""
    FRACTION = "fraction"
    """Inside [0, 1]: a dropout, a share."""
    BETA = "beta"
    """By factors of its distance to 1: a momentum, a decay of an average."""
    COUNT = "count"
    """By whole steps, then by factors: layers, rounds."""


def _split(words: str) -> frozenset[str]:
    return frozenset(words.split())


_LEFT_ALONE = _split(
    "axis budget byte bytes checkpoint classes clock date day deadline debug device dir directory dtype encoding eval "
    "fd file filename host hour hours id indent index key level locale log magic minute minutes month ms name path "
    "platform port print salt save sec second seconds secs seed signature split test thread threads time timeout title "
    "token tokens url user valid validation val verbose version vocab vocabulary workers year"
)
"""Words of things that identify, label, time or judge. Moving them cannot make the work better, only the number."""

_KIND = (
    dict.fromkeys(
        _split("accum count depth epochs every interval iterations iters layer layers n num rounds steps"), Kind.COUNT
    )
    | dict.fromkeys(
        _split(
            "batch bins block buckets buffer cache capacity channels chunk context ctx dim dims embd embed embedding "
            "features head heads hidden len length rank size sizes units width window"
        ),
        Kind.SIZE,
    )
    | dict.fromkeys(
        _split(
            "alpha cap clip coef coefficient cutoff decay dt eps epsilon factor gain init l lam lambda learning lr "
            "mult multiplier noise penalty rate reg scale sigma speed std step strength temp temperature threshold tol "
            "tolerance wd weight"
        ),
        Kind.RATE,
    )
    | dict.fromkeys(_split("beta betas discount ema gamma momentum"), Kind.BETA)
    | dict.fromkeys(
        _split(
            "cooldown drop dropout frac fraction keep mix mixup p percent prob probability proportion quantile ratio "
            "share smoothing warmdown warmup"
        ),
        Kind.FRACTION,
    )
)

_PENALTIES = _split("decay drop dropout jitter l mixup noise penalty reg smoothing warmdown warmup wd")
"""Words of things that can be taken away: zero is their neutral value."""

_TOLERANCES = _split("eps epsilon tol tolerance")

_PROMISE = dict.fromkeys(_split("lr learning"), 1.5) | dict.fromkeys(_split("rate batch"), 1.3)
_PROMISE |= dict.fromkeys(_split("width depth layers"), 1.2) | dict.fromkeys(_TOLERANCES, 0.6)
_PROMISE_OF = {Kind.RATE: 1.0, Kind.SIZE: 1.1, Kind.FRACTION: 0.8, Kind.BETA: 0.7, Kind.COUNT: 0.9}
_UNKNOWN = 0.7


def words(name: str) -> tuple[str, ...]:
    """The words of an identifier, lower case, digits dropped: `headDim2` and `HEAD_DIM` are (head, dim)."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return tuple(word for word in re.split(r"[^a-z]+", spaced.lower()) if word)


def left_alone(name: str) -> bool:
    """Whether the name says that this is no quantity to tune: a seed, a clock, a version, a place."""
    parts = set(words(name))
    return name.startswith("__") or (bool(parts & _LEFT_ALONE) and not {"time", "step"} <= parts)


def kind_of(name: str, value: float) -> Kind | None:
    """The reading of a number called `name`, or None when the name says nothing."""
    named = [_KIND[word] for word in words(name) if word in _KIND]
    if isinstance(value, int):
        return _whole(named)
    if Kind.FRACTION in named and 0 <= value <= 1:
        return Kind.FRACTION
    if Kind.BETA in named and (0.5 if "gamma" in words(name) else 0.0) <= value < 1:
        return Kind.BETA
    return Kind.RATE if named else None


def _whole(named: list[Kind]) -> Kind | None:
    if Kind.SIZE in named:
        return Kind.SIZE
    return Kind.COUNT if named else None


def is_penalty(name: str) -> bool:
    """Whether setting it to zero takes something away."""
    return not _PENALTIES.isdisjoint(words(name))


def is_tolerance(name: str) -> bool:
    """Whether it moves over powers of ten rather than of two: an epsilon, a tolerance."""
    return not _TOLERANCES.isdisjoint(words(name))


def promise(name: str, kind: Kind | None) -> float:
    """How much a first step usually moves a metric, relative to a plain rate (1.0). A prior, not a measurement."""
    if kind is None:
        return _UNKNOWN
    by_word = [_PROMISE[word] for word in words(name) if word in _PROMISE]
    return by_word[0] if by_word and kind is not Kind.FRACTION else _PROMISE_OF[kind]
