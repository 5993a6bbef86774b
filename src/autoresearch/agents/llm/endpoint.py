"""Where a model is asked: address, dialect and key, from a provider's name or an address of the user's own."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from autoresearch.agents.llm.wires import Anthropic, OpenAI, Wire
from autoresearch.errors import TaskError, UserError

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Provider:
    """Somebody who serves models."""

    base_url: str
    wire: str
    """"anthropic" or "openai"."""
    key_env: str
    """Environment variable with the key; empty where none is wanted."""


PROVIDERS: Final = {
    "anthropic": Provider("https://api.anthropic.com", "anthropic", "ANTHROPIC_API_KEY"),
    "openai": Provider("https://api.openai.com/v1", "openai", "OPENAI_API_KEY"),
    "gemini": Provider("https://generativelanguage.googleapis.com/v1beta/openai", "openai", "GEMINI_API_KEY"),
    "openrouter": Provider("https://openrouter.ai/api/v1", "openai", "OPENROUTER_API_KEY"),
    "ollama": Provider("http://127.0.0.1:11434/v1", "openai", ""),
    "llama.cpp": Provider("http://127.0.0.1:8080/v1", "openai", ""),
    "vllm": Provider("http://127.0.0.1:8000/v1", "openai", ""),
}
"""Those with a name. Any other address is given by `base_url`, and speaks the dialect of `provider`."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One place to ask."""

    base: str
    wire: Wire
    key: str = field(default="", repr=False)

    @property
    def host(self) -> str:
        """Name and port, for sentences."""
        return urlsplit(self.base).netloc

    def without_key(self, text: str) -> str:
        """`text` with the key taken out, should it stand there."""
        return text.replace(self.key, "[the key]") if self.key else text


def endpoint(provider: str, *, base_url: str = "", key_env: str = "") -> Endpoint:
    """The place `provider` is asked at, or `base_url` in its stead, which needs no key unless `key_env` names one.

    Raises TaskError for an unknown provider or an address that is none, UserError where a key is missing, or would
    travel unencrypted.
    """
    if provider not in PROVIDERS:
        raise TaskError(
            f'agent.provider = "{provider}" is not known.',
            fix=f'write one of {", ".join(PROVIDERS)}; for any other server, provider = "openai" and its base_url',
        )
    known = PROVIDERS[provider]
    base = base_url or known.base_url
    url = urlsplit(base)
    if url.scheme not in ("http", "https") or not url.hostname:
        raise TaskError(f"agent.base_url = {base!r} is no address.", fix='write base_url = "http://127.0.0.1:8080/v1"')
    name = key_env or ("" if base_url else known.key_env)
    key = _value(name) if name else ""
    if key and url.scheme == "http" and url.hostname not in LOOPBACK:
        raise UserError(f"The key in {name} would travel to {url.netloc} unencrypted.", fix="give an https address")
    return Endpoint(base, _wire(known.wire, provider, base_url), key)


def _wire(name: str, provider: str, base_url: str) -> Wire:
    if name == "anthropic":
        return Anthropic()
    return OpenAI(limit_name="max_completion_tokens" if provider == "openai" and not base_url else "max_tokens")


def _value(name: str) -> str:
    value = os.environ.get(name, "")
    if not value.strip():
        raise UserError(f"The llm agent needs a key in {name}, which is not set here.", fix=f"export {name}=...")
    return value.strip()
