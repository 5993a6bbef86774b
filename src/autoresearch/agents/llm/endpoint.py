"""Where a model is asked: address, dialect, key and prices, from a provider's name or an address of one's own."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import urlsplit

from autoresearch.agents.llm.wires import Anthropic, OpenAI, Wire
from autoresearch.uplink.prices import Prices, listed
from autoresearch.uplink.providers import PROVIDERS, Key, Provider
from autoresearch.uplink.secret import Blotter
from autoresearch.uplink.usage import Usage

LOCAL: Final = frozenset({"ollama", "llama.cpp", "vllm"})
"""Providers that are servers of one's own: nobody sends a bill."""


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

    def unpriced(self, model: str) -> str:
        """Why no limit of dollars can be held, and what to write; empty where one can."""
        return "" if self.provider.name in LOCAL else self.prices.missing(model)

    def problems(self) -> list[str]:
        """Why nobody could be asked, a sentence each. Only this machine is looked at."""
        url = urlsplit(self.provider.url)
        if url.scheme != "http":  # plain http is for this machine only
            return []
        try:
            socket.create_connection((url.hostname or "", url.port or 80), timeout=2.0).close()
        except OSError as error:
            return [
                f"Nobody answers at {self.host} ({error.strerror or error}): start the server or mend agent.base_url."
            ]
        return []

    def without_key(self, text: str) -> str:
        """`text` with the key taken out, should it stand there."""
        return Blotter([self.key.value] if self.key else []).whole(text.encode()).decode()


def endpoint(provider: Provider, prices: Prices | None = None) -> Endpoint:
    """Where and how `provider` is asked; its key comes from our environment. Raises UserError where it is missing."""
    if provider.wire == "gemini":  # which speaks chat completions, too, in a folder of its own
        provider = replace(provider, url=f"{provider.url}/v1beta/openai", wire="openai")
    anthropic, renamed = provider.wire == "anthropic", provider.url == PROVIDERS["openai"].url
    wire = Anthropic() if anthropic else OpenAI(renamed=renamed)
    return Endpoint(provider, wire, provider.key(), prices or listed())
