"""How several named values of one run become the one number that counts, when no single one does.

Pure, and said aloud: `describe` is what `check`, the brief and the report print. Whatever is missing, not finite
or beyond `MOST` leaves no number at all.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from statistics import fmean, geometric_mean

AGAINST = "@incumbent"
"""What an evaluation that measures both sides appends to the names of the incumbent's values."""

OVER: Mapping[str, tuple[str, Callable[[Sequence[float]], float]]] = {
    "max_over": ("largest", max),
    "min_over": ("smallest", min),
    "mean_over": ("mean", fmean),
    "geometric_over": ("geometric mean", geometric_mean),
}
MOST = 1e100
"""Size of the largest value that is read: sums and squares of what is within it are finite."""

KINDS = (*OVER, "weighted", "lexicographic", "time_to_target")


def usable(value: float) -> bool:
    """Whether a value is a number one can reckon with: finite, and not of a size whose square overflows."""
    return -MOST <= value <= MOST


@dataclass(frozen=True, slots=True)
class Rank:
    """One place in a lexicographic order."""

    name: str
    step: float
    """Values that round to the same multiple of it count as equal."""
    low: float = -math.inf
    high: float = math.inf
    """Where the values lie; needed for all but the first place, and outside them there is no number."""
    reverse: bool = False
    """Whether better is the other way than for the metric as a whole."""


@dataclass(frozen=True, slots=True)
class Objective:
    """A scalarisation. Only the fields of its kind are set."""

    kind: str
    over: tuple[str, ...] = ()
    """Names, or patterns with `*`, of the values taken together."""
    floor: float = 0.0
    """Of a geometric mean: smaller values count as this, so that one near 0 cannot make up for all the others."""
    weights: Mapping[str, float] = field(default_factory=dict)
    order: tuple[Rank, ...] = ()
    reach: str = ""
    """Of time_to_target: the value that must be good enough for the time to count."""
    at_most: float = math.inf
    at_least: float = -math.inf

    def __post_init__(self) -> None:
        if problem := "; ".join(_problems(self)):
            raise ValueError(problem)

    def uses(self, name: str) -> bool:
        """Whether the value `name` is one of its parts."""
        if name.endswith(AGAINST):
            return False
        named = (*self.weights, *(rank.name for rank in self.order), self.reach)
        return name in named or any(fnmatchcase(name, pattern) for pattern in self.over)

    def number(self, values: Mapping[str, float], *, seconds: float) -> float | None:
        """The one number of a run that gave `values`; None where there is none, or none that is `usable`.

        `seconds` is the candidate's wall time on the referee's clock.
        """
        parts = {name: value for name, value in values.items() if self.uses(name)}
        if not parts or not all(map(usable, parts.values())):
            return None
        try:
            made = self._made(parts, seconds)
        except (OverflowError, ValueError):  # of weights or steps: their products may be infinite, of either sign
            return None
        return made if made is not None and usable(made) else None

    def _made(self, parts: Mapping[str, float], seconds: float) -> float | None:
        match self.kind:
            case "weighted":
                return _sum(self.weights, parts)
            case "lexicographic":
                return _ordered(self.order, parts)
            case "time_to_target":
                return seconds if self.at_least <= parts[self.reach] <= self.at_most else None
        return self._over(parts)

    def _over(self, parts: Mapping[str, float]) -> float | None:
        if any(not any(fnmatchcase(name, pattern) for name in parts) for pattern in self.over):
            return None
        values = list(parts.values())
        if self.kind == "geometric_over":
            values = [max(value, self.floor) for value in values]
        return OVER[self.kind][1](values)

    def describe(self) -> str:
        """The scalarisation in words, for a person and an agent."""
        match self.kind:
            case "weighted":
                return " ".join(f"{weight:+g} x {name}" for name, weight in self.weights.items())
            case "lexicographic":
                return ", then ".join(map(_place, self.order))
            case "time_to_target":
                limit = f"<= {self.at_most:g}" if self.at_most < math.inf else f">= {self.at_least:g}"
                return f"seconds until the run ends, on the referee's clock; no number unless {self.reach} {limit}"
        floor = f", none counted below {self.floor:g}" if self.floor else ""
        return f"{OVER[self.kind][0]} of {', '.join(self.over)}{floor}"


def _sum(weights: Mapping[str, float], parts: Mapping[str, float]) -> float | None:
    if weights.keys() - parts.keys():
        return None
    return math.fsum(weight * parts[name] for name, weight in weights.items())


def _ordered(order: Sequence[Rank], parts: Mapping[str, float]) -> float | None:
    """The first value rounded to its step, plus less than one step for all the others: mixed-radix digits."""
    below, first = 0.0, order[0]
    for rank in reversed(order[1:]):
        value = parts.get(rank.name)
        if value is None or not rank.low <= value <= rank.high:
            return None
        size = _digit(rank.high - rank.low, rank.step)
        digit = _digit(rank.high - value if rank.reverse else value - rank.low, rank.step)
        below = (digit + below) / (size + 1)
    if first.name not in parts:
        return None
    return first.step * (_digit(parts[first.name], first.step) + below)


def _digit(value: float, step: float) -> int:
    return math.floor(value / step + 0.5)


def _place(rank: Rank) -> str:
    way = ", the other way round" if rank.reverse else ""
    return f"{rank.name} in steps of {rank.step:g}{way}"


def _problems(made: Objective) -> list[str]:
    """What does not fit in an objective, a phrase each."""
    if made.kind not in KINDS:
        return [f"objective {made.kind!r} is not one of {', '.join(KINDS)}"]
    found = []
    if made.kind in OVER and not made.over:
        found.append(f'{made.kind} needs over, for example over = "tests/*"')
    if made.kind == "geometric_over" and not made.floor > 0:
        found.append("geometric_over needs a floor above 0")
    if made.kind == "weighted" and not made.weights:
        found.append("weighted needs weights, for example weights = { loss = 1.0, seconds = 0.01 }")
    if made.kind == "lexicographic":
        found += _misplaced(made.order)
    if made.kind == "time_to_target" and not made.reach:
        found.append('time_to_target needs reach, for example reach = "val_loss <= 3.28"')
    return found


def _misplaced(order: Sequence[Rank]) -> list[str]:
    if len(order) < 2:
        return ["lexicographic needs an order of two values or more"]
    found = [f"{rank.name}: step must be above 0" for rank in order if not rank.step > 0]
    open_ends = [rank.name for rank in order[1:] if not math.isfinite(rank.high - rank.low) or rank.high <= rank.low]
    return found + [f"{name}: all but the first place need bounds" for name in open_ends]
