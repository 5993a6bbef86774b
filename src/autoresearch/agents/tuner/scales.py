"""How a constant moves: coordinates in which one unit is one first step, and the values worth standing on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from autoresearch.agents.tuner.hints import Kind, Value

OFFSETS = (1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 0.25, -0.25, 3.0, -3.0)
"""Steps tried around a value, in coordinates: double, halve, then finer and wider."""

REACH = 3.0
"""How far from the current value a sampler may look, in coordinates: x/8 to 8x on a log scale."""

_MANTISSAS = (1.0, 1.2, 1.5, 1.8, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 7.0, 7.5, 8.0, 9.0, 10.0)
_SOFT = 0.05
"""Keeps 0 and 1 at a finite coordinate on the fraction scale."""
_NO_LIMIT = 2**31
"""Bound of whole numbers nobody declared a range for: what still fits a C int."""
_ZERO_STEP = 0.01
"""First step away from a zero."""


class Scale(Protocol):
    """The values a constant may take and the distance between them."""

    def coordinate(self, value: Value) -> float:
        """Where `value` stands; defined for any value of the literal's type."""
        ...

    def neighbours(self, value: Value) -> tuple[Value, ...]:
        """Other values to try from `value`, the natural first steps first."""
        ...

    def describe(self) -> str:
        """The scale in a few words, for people."""
        ...


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few values that have no distance."""

    options: tuple[Value, ...]

    def coordinate(self, value: Value) -> float:
        """The option's index; one past the last for a value that is no longer on offer."""
        same = [i for i, option in enumerate(self.options) if option == value]
        return float(same[0] if same else len(self.options))

    def neighbours(self, value: Value) -> tuple[Value, ...]:
        """Every other option."""
        return tuple(option for option in self.options if option != value)

    def describe(self) -> str:
        """`a | b | c`."""
        return " | ".join(map(str, self.options))


class Shape(StrEnum):
    """The transform between a number and its coordinate."""

    LINEAR = "linear"
    LOG = "log"
    FROM_ZERO = "log from 0"
    FRACTION = "fraction"
    BETA = "log of 1 - x"


@dataclass(frozen=True, slots=True)
class Ladder:
    """A number that moves in steps of equal worth."""

    shape: Shape
    origin: float
    """The value the scale was made for: gives the sign, and the multiples a size keeps to."""
    low: float
    high: float
    """Bounds, inclusive."""
    whole: bool = False
    divisible: bool = False
    """Whether only halves, doubles and their midpoints of `origin` are stood on."""
    removable: bool = False
    """Whether 0 is a neighbour of everything: it takes the thing away."""
    stride: float = 1.0
    """Doublings of a first step on the log scale."""

    def coordinate(self, value: Value) -> float:
        """Where `value` stands, in first steps."""
        number = float(value)
        match self.shape:
            case Shape.LINEAR:
                return 2 * REACH * (number - self.low) / (self.high - self.low)
            case Shape.LOG:
                return math.log2(max(abs(number), abs(self.origin) / 1024**2)) / self.stride
            case Shape.FROM_ZERO:
                return math.log2(1 + max(0.0, number) / _ZERO_STEP)
            case Shape.FRACTION:
                share = min(1.0, max(0.0, number))
                return math.log2((share + _SOFT) / (1 - share + _SOFT))
            case Shape.BETA:
                return -math.log2(max(1e-9, 1 - number))

    def value(self, coordinate: float) -> int | float:
        """The value nearest to `coordinate` that is worth standing on, within bounds."""
        if self.divisible:
            return int(self._bounded(_divisible(int(self.origin), self._raw(coordinate))))
        raw = self._bounded(self._raw(coordinate))
        return round(raw) if self.whole else self._bounded(self._tidy(raw))

    def neighbours(self, value: Value) -> tuple[Value, ...]:
        """Values a few steps up and down, first steps first; 0 last where it takes the thing away."""
        here = self.coordinate(value)
        found = dict.fromkeys(self.value(here + offset) for offset in OFFSETS)
        if self.removable and self.low <= 0:
            found[0 if self.whole else 0.0] = None
        return tuple(near for near in found if near != value)

    def describe(self) -> str:
        """The shape, the bounds where both are real limits, and what keeps it whole."""
        bounds = f"{self.low:g}..{self.high:g} " if max(abs(self.low), abs(self.high)) < _NO_LIMIT else ""
        steps = ", halves and doubles" if self.divisible else ", whole" if self.whole else ""
        return f"{bounds}{self.shape}{steps}"

    def _bounded(self, number: float) -> float:
        return min(self.high, max(self.low, number))

    def _raw(self, coordinate: float) -> float:
        match self.shape:
            case Shape.LINEAR:
                return self.low + coordinate * (self.high - self.low) / (2 * REACH)
            case Shape.LOG:
                return math.copysign(math.exp2(min(coordinate * self.stride, 1000.0)), self.origin)
            case Shape.FROM_ZERO:
                return _ZERO_STEP * (math.exp2(coordinate) - 1)
            case Shape.FRACTION:
                odds = math.exp2(coordinate)
                return (odds * (1 + _SOFT) - _SOFT) / (1 + odds)
            case Shape.BETA:
                return 1 - math.exp2(-coordinate)

    def _tidy(self, number: float) -> float:
        if self.shape is Shape.BETA or (self.shape is Shape.FRACTION and number > 0.9):
            return round(1 - tidy(1 - number), 9)
        if self.shape is Shape.FRACTION and number > 0.25:
            return round(round(number * 20) / 20, 2)
        return tidy(number)


def tidy(number: float) -> float:
    """The nearest number a person would have typed: one or two digits and a power of ten."""
    if number == 0 or not math.isfinite(number):
        return number
    power = math.floor(math.log10(abs(number)))
    mantissa = abs(number) / 10.0**power
    best = min(_MANTISSAS, key=lambda m: abs(math.log(m / mantissa)))
    return math.copysign(float(f"{best:g}e{power}"), number)


def _divisible(origin: int, wanted: float) -> int:
    """The power-of-two multiple of `origin`, or midpoint between two, nearest to `wanted`. 128: 64 96 128 192 256."""
    rungs = [origin]
    between = (2, 3) if origin % 3 == 0 else (3, 2)
    for numerator, denominator in ((1, 1), between):
        for doublings in range(-12, 13):
            top, bottom = numerator * origin << max(0, doublings), denominator << max(0, -doublings)
            if top % bottom == 0:
                rungs.append(top // bottom)
    return min(rungs, key=lambda rung: abs(math.log(rung / max(wanted, 0.5))))


def ladder(kind: Kind | None, value: float, *, removable: bool = False, stride: float = 1.0) -> Ladder:
    """The scale of a number read as `kind`. `value` is positive, or a float that is zero or negative."""
    if isinstance(value, int):
        return Ladder(Shape.LOG, value, 1, _NO_LIMIT, whole=True, divisible=kind is Kind.SIZE or _round_binary(value))
    if kind is Kind.FRACTION:
        return Ladder(Shape.FRACTION, value, 0.0, max(0.95, value), removable=removable)
    if kind is Kind.BETA:
        return Ladder(Shape.BETA, value, 0.5 if value >= 0.5 else 0.0, 0.99999)
    if value == 0:
        return Ladder(Shape.FROM_ZERO, value, 0.0, math.inf)
    if value < 0:
        return Ladder(Shape.LOG, value, -math.inf, 0.0, removable=removable)
    return Ladder(Shape.LOG, value, 0.0, math.inf, removable=removable, stride=stride)


def _round_binary(value: int) -> bool:
    """Whether the number looks like a size whatever it is called: 32 or more and a small multiple of a power of two."""
    return value >= 32 and value // (value & -value) in (1, 3)
