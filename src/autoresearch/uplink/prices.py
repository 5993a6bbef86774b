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
KINDS = ("input", "output", "cached", "written")


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars for a million tokens of each kind, as `Usage` counts them."""

    input: float
    output: float
    cached: float
    written: float
    above: float = math.inf
    long: Price | None = None
    """What a request costs that reads more than `above` tokens."""

    def of(self, usage: Usage) -> float:
        """What one answer with this `usage` costs, in dollars."""
        if self.long and usage.total - usage.output > self.above:
            return self.long.of(usage)
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

    def missing(self, model: str) -> str:
        """Why no limit of dollars can be held for `model`, and what to write; empty where its price is known."""
        if self.of(model):
            return ""
        return f'the price of {model} is unknown, so no limit in dollars can be held; add [agent.prices."{model}"]'

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
    if not isinstance(said, dict) or not {"input", "output"} <= said.keys() <= {*KINDS, "source", "long", "above"}:
        raise _wrong(where)
    fresh, output, cached, written = (_amount(said.get(kind, said["input"]), where) for kind in KINDS)
    long = _price(said["long"], where) if "long" in said else None
    above = _amount(said["long"].get("above"), where) if long else math.inf
    return Price(fresh, output, cached, written, above, long)


def _amount(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise _wrong(where)
    return float(value)


def _wrong(where: str) -> TaskError:
    return TaskError(
        f"{where} is no price of a model.",
        fix='write [agent.prices."name-of-model"] with input and output, in dollars per million tokens',
    )
