"""Prices: what a million tokens cost, by model. Whoever is not listed has an unknown price, which is not zero."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from autoresearch.errors import TaskError
from autoresearch.uplink.usage import Usage

TABLE = Path(__file__).with_name("prices.toml")
MILLION = 1_000_000
KINDS = ("input", "cached", "written", "output")


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars for a million tokens of each kind, as `Usage` counts them."""

    input: float
    output: float
    cached: float
    written: float

    def of(self, usage: Usage) -> float:
        """What `usage` costs, in dollars."""
        fresh, cache = usage.input * self.input, usage.cached * self.cached + usage.written * self.written
        return (fresh + cache + usage.output * self.output) / MILLION


@dataclass(frozen=True, slots=True)
class Prices:
    """Price by model."""

    models: Mapping[str, Price]

    def of(self, model: str) -> Price | None:
        """The price of `model`, also where its name has a date behind it; None is unknown."""
        dated = re.sub(r"(-\d{8}|-\d{4}-\d{2}-\d{2}|-latest)$", "", model.removeprefix("models/"))
        return self.models.get(model) or self.models.get(dated)

    def changed(self, own: object, *, where: str = "agent.prices") -> Prices:
        """These with some of the user's own, from tables such as `{"my-model": {"input": 1.0, "output": 2.0}}`.

        Raises TaskError naming the key below `where`.
        """
        if not isinstance(own, dict):
            raise _wrong(where)
        return Prices({**self.models, **{name: _price(said, f'{where}."{name}"') for name, said in own.items()}})


@cache
def listed() -> Prices:
    """Those of the table that comes with the package."""
    return Prices({}).changed(tomllib.loads(TABLE.read_text())["models"], where=TABLE.name)


def _price(said: object, where: str) -> Price:
    """One price. What is not said of the cache costs what fresh input does."""
    if not isinstance(said, dict) or not {"input", "output"} <= said.keys() <= {*KINDS, "source"}:
        raise _wrong(where)
    dollars = {kind: _dollars(said.get(kind, said["input"]), where) for kind in KINDS}
    return Price(**dollars)


def _dollars(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise _wrong(where)
    return float(value)


def _wrong(where: str) -> TaskError:
    return TaskError(
        f"{where} is no price of a model.",
        fix='write [agent.prices."name-of-model"] with input and output, in dollars per million tokens',
    )
