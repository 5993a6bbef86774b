"""The moves on offer: single steps, unions of steps that came close, and points a sampler likes."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from autoresearch.agents.tuner.hints import Value
from autoresearch.agents.tuner.scales import Choice
from autoresearch.agents.tuner.space import Constant, Space, signature
from autoresearch.agents.tuner.trials import Trial

MANY = 8
"""How many of the best single steps are tried in union."""
TAINT = 0.02
"""What is left of a move's promise for every crash it goes at least as far as."""


@dataclass(frozen=True, slots=True)
class Move:
    """New values for one or more constants."""

    changes: Mapping[str, Value]

    @property
    def is_single(self) -> bool:
        """Whether its effect can be attributed to one constant."""
        return len(self.changes) == 1


def singles(space: Space) -> list[Move]:
    """Every neighbour of every constant."""
    return [
        Move({constant.key: near}) for constant in space.constants for near in constant.scale.neighbours(constant.value)
    ]


def removals(space: Space) -> list[Move]:
    """Steps that take something away: a switch off, a penalty to zero."""
    return [
        Move({constant.key: type(constant.value)(0)})
        for constant in space.constants
        if constant.value and (constant.value is True or 0 in constant.scale.neighbours(constant.value))
    ]


def unions(steps: Iterable[Move]) -> Iterator[Move]:
    """Pairs of single steps in different constants."""
    for one, other in itertools.combinations(steps, 2):
        if one.changes.keys() != other.changes.keys():
            yield Move({**one.changes, **other.changes})


def untried(moves: Iterable[Move], *, space: Space, shape: str, tried: frozenset[str]) -> list[Move]:
    """The moves that lead to an assignment nobody has measured or is measuring."""
    values = space.values
    return [move for move in moves if signature(shape, {**values, **move.changes}) not in tried]


def risk(move: Move, constants: Mapping[str, Constant], failures: Iterable[Trial]) -> float:
    """What crashes leave of a move's promise, in (0, 1]: a crash taints every step that goes at least as far."""
    left = 1.0
    for failure in failures:
        is_related = not move.changes.keys().isdisjoint(failure.changed)
        if is_related and all(_as_far(move, constants.get(key), *pair) for key, pair in failure.changed.items()):
            left *= TAINT
    return left


def _as_far(move: Move, constant: Constant | None, old: Value, new: Value) -> bool:
    """Whether the move leaves `constant` at least as far from `old` as `new` was, on the same side."""
    if constant is None:
        return False
    value = move.changes.get(constant.key, constant.value)
    if isinstance(constant.scale, Choice):
        return value == new
    before, crashed, ours = map(constant.scale.coordinate, (old, new, value))
    return ours >= crashed if crashed > before else ours <= crashed


def tie_break(move: Move, seed: str) -> str:
    """An order among equals that is fixed for a study and different between studies."""
    return hashlib.sha256(f"{seed}{sorted(move.changes.items())}".encode()).hexdigest()
