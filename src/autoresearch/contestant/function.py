"""Calling a function that lives in a contestant: plain data there and back, timed and compared on this side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from autoresearch.contestant.line import CANDIDATE, Contestant, ContestantError
from autoresearch.plain import NotPlain, decode, encode

READY = encode(None)
"""The first question to every process; any answer will do."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one call came to: a value, or the name of the exception it raised."""

    value: Any = None
    raised: str = ""
    """Type of the exception, such as "ValueError"; empty when the call returned."""
    seconds: float = math.nan
    """From the first byte of the question to the last of the answer, on our monotonic clock."""


class Function(Contestant):
    """The candidate's function in a fresh process, behind `python -m autoresearch.respond`.

        with Function() as function:
            answer = function("a question", within=1.0)

    Entering the block waits until the process is ready, so that importing and starting are in no call's time.
    """

    def __init__(self, side: str = CANDIDATE, *, start: float = 30.0, patience: float = 60.0) -> None:
        """`start`: seconds it may take to be ready; `patience`: those for all answers together."""
        super().__init__(side, patience=start + patience)
        self.start = start

    def __enter__(self) -> Self:
        """Ask the referee for a fresh process, and wait for it. Raises DoorError, ContestantError."""
        super().__enter__()
        try:
            self.ask(READY, within=self.start)
        except ContestantError as fault:
            self.__exit__(None, None, None)
            raise type(fault)(f"It did not start. {fault}") from fault
        return self

    def __call__(self, *arguments: object, within: float = math.inf) -> Answer:
        """The answer to one call, which may take `within` seconds. Raises ContestantError."""
        return self.named("", *arguments, within=within)

    def named(self, name: str, *arguments: object, within: float = math.inf) -> Answer:
        """The answer of the function `name`, where the command names a module only. Raises ContestantError."""
        return self.answer(question(arguments, name), within=within)

    def answer(self, question: bytes, *, within: float = math.inf) -> Answer:
        """The answer to a question made beforehand, so that making it is not timed. Raises ContestantError."""
        frame = self.ask(question, within=within)
        try:
            said = decode(frame)
        except NotPlain as error:
            raise ContestantError(f"The contestant answered nonsense: {error}.") from None
        match said:
            case {"returned": value, **rest} if not rest:
                return Answer(value, seconds=self.waited)
            case {"raised": str(name), **rest} if not rest:
                return Answer(raised=name[:80], seconds=self.waited)
        raise ContestantError("The contestant answered nonsense: neither a value nor an exception.")


def question(arguments: Sequence[object], name: str = "") -> bytes:
    """The frame that calls a function with `arguments`; `name` says which, where the command does not."""
    return encode([name, list(arguments)])


def outcome(function: Any, arguments: Sequence[object]) -> Answer:
    """What a trusted function of our own answers, in the form a contestant's answer comes in."""
    try:
        return Answer(decode(encode(function(*arguments))))
    except Exception as error:
        return Answer(raised=type(error).__name__)


def same(one: Answer, other: Answer, *, tolerance: float = 0.0) -> bool:
    """Whether two calls came to the same: equal values of the same types, or exceptions of the same name.

    `tolerance` is relative, for floats and arrays of floats; without it they must agree to the last bit. NaN agrees
    with NaN.
    """
    if one.raised or other.raised:
        return one.raised == other.raised
    return _equal(one.value, other.value, tolerance)


def _equal(one: Any, other: Any, tolerance: float) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        return one == other or (one != one and other != other) or math.isclose(one, other, rel_tol=tolerance)
    if isinstance(one, list):
        return len(one) == len(other) and all(_equal(a, b, tolerance) for a, b in zip(one, other, strict=True))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_equal(item, other[key], tolerance) for key, item in one.items())
    if hasattr(one, "dtype"):
        return _equal_arrays(one, other, tolerance)
    return bool(one == other)


def _equal_arrays(one: Any, other: Any, tolerance: float) -> bool:
    import numpy

    if one.dtype != other.dtype or one.shape != other.shape:
        return False
    if one.dtype.kind in "fc":
        return bool(numpy.allclose(one, other, rtol=tolerance, atol=0.0, equal_nan=True))
    return bool(numpy.array_equal(one, other))
