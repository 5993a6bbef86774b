"""Access: which provider an agent's program may ask, how much, and what that costs, as the task file says it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from autoresearch.agents.options import Options
from autoresearch.errors import TaskError, UserError
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

    def problems(self) -> list[str]:
        """Why no uplink can be had, a sentence each; empty when one can."""
        try:
            self.provider.key()
        except UserError as error:
            return [f"{error.message} Type: {error.fix}"]
        return []


def read(options: Options, *, provider: str = "", wire: str = "") -> Access:
    """The options `provider`, `base_url`, `wire`, `key_env`, `tokens`, `cost_usd` and `prices` of an agent.

    `provider` and `wire` are what the agent uses where the task file does not say. Raises TaskError.
    """
    name, url = options.word("provider", provider), options.word("base_url")
    spoken, key_env = options.word("wire", wire), options.word("key_env")
    found = named(name or "local", url=url or None, wire=spoken or None, key_env=[key_env] if key_env else None)
    tokens = options.limit("tokens", example=TOKENS) or TOKENS
    return Access(found, tokens, options.amount("cost_usd"), _prices(options))


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
