"""Where a model is asked: address, dialect, key and prices, from a provider's name or an address of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import urlsplit

from autoresearch.agents.llm.wires import Anthropic, OpenAI, Wire
from autoresearch.uplink.prices import Prices, listed
from autoresearch.uplink.providers import Key, Provider, named
from autoresearch.uplink.secret import Blotter
from autoresearch.uplink.usage import Usage

LOCAL: Final[Mapping[str, str]] = {
    "ollama": "http://127.0.0.1:11434/v1",
    "llama.cpp": "http://127.0.0.1:8080/v1",
    "vllm": "http://127.0.0.1:8000/v1",
}
"""Servers of one's own, where they listen unless told otherwise. They ask for no key and cost nothing."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One place to ask."""

    provider: Provider
    wire: Wire
    key: Key | None = None
    prices: Prices = field(default_factory=listed)

    @property
    def host(self) -> str:
        """Name and port, for sentences."""
        return urlsplit(self.provider.url).netloc

    @property
    def target(self) -> str:
        """Path of a question."""
        return self.provider.path.removesuffix(self.wire.version) + self.wire.version + self.wire.path

    @property
    def headers(self) -> dict[str, str]:
        """What goes beside every question."""
        return {"content-type": "application/json", **self.wire.headers, **(self.key.headers if self.key else {})}

    def cost(self, model: str, usage: Usage) -> float | None:
        """Dollars; None where the model's price is unknown."""
        if self.provider.name in LOCAL:
            return 0.0
        price = self.prices.of(model)
        return price.of(usage) if price else None

    def without_key(self, text: str) -> str:
        """`text` with the key taken out, should it stand there."""
        return Blotter([self.key.value] if self.key else []).whole(text.encode()).decode()


def endpoint(provider: str, *, base_url: str = "", key_env: str = "", prices: object = None) -> Endpoint:
    """The place `provider` is asked at, or `base_url` in its stead, which gets a key only where `key_env` names one.

    `prices` are the user's own, by model. Raises TaskError for what is no provider, address or price, UserError where
    a key is missing.
    """
    url = base_url or LOCAL.get(provider)
    found = named(provider, url=url, key_env=[key_env] if key_env else None)
    if found.wire == "gemini":
        found = replace(found, url=found.url if base_url else f"{found.url}/v1beta/openai", wire="openai")
    wire = Anthropic() if found.wire == "anthropic" else OpenAI(renamed=provider == "openai" and not base_url)
    return Endpoint(found, wire, found.key(), listed().changed(prices or {}))
