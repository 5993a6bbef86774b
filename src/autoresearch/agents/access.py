"""Access: which provider an agent's program may ask, how much, and what that costs, as the task file says it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

from autoresearch.agents.options import Options
from autoresearch.budget import Left, least
from autoresearch.errors import TaskError, UserError
from autoresearch.task import Budget
from autoresearch.uplink import Prices, Provider, Uplink, named
from autoresearch.uplink.prices import listed

TOKENS = 2_000_000
"""Of one attempt, unless the task file says otherwise: a program that loops ends here."""


@dataclass(frozen=True, slots=True)
class Access:
    """The terms of every uplink of one agent."""

    provider: Provider
    tokens: int | None
    """Of one attempt; None is without limit."""
    cost_usd: float | None
    """Of one attempt; None is without limit."""
    prices: Prices

    def uplink(self) -> Uplink:
        """A fresh one, for one attempt. Raises UserError when the key is missing."""
        return Uplink(self.provider, tokens=self.tokens, cost_usd=self.cost_usd, prices=self.prices)

    def within(self, left: Left) -> Access:
        """The same, with no more for the attempt than the night has left."""
        return replace(self, tokens=least(self.tokens, left.tokens), cost_usd=least(self.cost_usd, left.cost_usd))

    def problems(self, model: str = "") -> list[str]:
        """Why no uplink can be had, or its limits not be held for `model`, a sentence each; empty when all is well."""
        unpriced = self.prices.missing(model) if model and self.cost_usd is not None else ""
        try:
            self.provider.key()
        except UserError as error:
            return [error.sentences]
        return [f"{unpriced[0].upper()}{unpriced[1:]}."] if unpriced else []


def read(options: Options, *, night: Budget, provider: str = "", wire: str = "") -> Access:
    """The options `provider`, `base_url`, `wire`, `key_env`, `tokens`, `cost_usd` and `prices` of an agent.

    No attempt may use more than all of a `night` of the task's. `provider` and `wire` are what the agent uses where the
    task file does not say. Raises TaskError.
    """
    name, url = options.word("provider", provider), options.word("base_url")
    spoken, key_env = options.word("wire", wire), options.word("key_env")
    found = named(name or "local", url=url or None, wire=spoken or None, key_env=[key_env] if key_env else None)
    tokens = options.limit("tokens", example=TOKENS) or TOKENS
    terms = Access(found, tokens, options.amount("cost_usd"), _prices(options))
    return terms.within(Left(cost_usd=night.cost_usd, tokens=night.tokens))


def _prices(options: Options) -> Prices:
    """The listed ones, with those of a table or a TOML file of the user's own."""
    own = options.raw("prices")
    if own is None:
        return listed()
    if isinstance(own, str):
        try:
            own = tomllib.loads(Path(own).expanduser().read_text())
        except (OSError, ValueError) as error:
            raise TaskError(f"agent.prices = {own!r} cannot be read: {error}.", fix="name a TOML file") from None
        own = own.get("models", own)
    return listed().changed(own)
