"""Providers of models, as data: where they are, what they speak, and how they want to see a key."""

from __future__ import annotations

import difflib
import http.client
import ipaddress
import os
import re
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from autoresearch.errors import TaskError, UserError
from autoresearch.uplink.wires import WIRES, Wire

CONNECT_SECONDS = 30.0
ANSWER_SECONDS = 600.0
"""How long a provider may be silent in the middle of an answer: models that think say nothing."""


@dataclass(frozen=True, slots=True)
class Key:
    """A secret, and the header it goes into."""

    value: str
    header: str
    prefix: str = ""
    """What stands before it, such as "Bearer "."""
    also: tuple[tuple[str, str], ...] = ()
    """Further headers that this kind of key needs."""

    def __repr__(self) -> str:
        return f"Key({self.header})"

    @property
    def headers(self) -> dict[str, str]:
        """What a request that carries it says."""
        return {**dict(self.also), self.header: self.prefix + self.value}


@dataclass(frozen=True, slots=True)
class Provider:
    """Somebody who runs models for us."""

    name: str
    url: str
    """Base URL: what programs and libraries of that provider are told, such as https://api.openai.com/v1."""
    wire: str
    """What it speaks: "anthropic", "openai" (chat completions), "responses" or "gemini"."""
    key_env: tuple[str, ...] = ()
    """Environment variables that may hold the key, the first that is set wins; none: it asks for no key."""

    @property
    def speaks(self) -> Wire:
        """Its wire."""
        return WIRES[self.wire]

    def key(self, environ: Mapping[str, str] = os.environ) -> Key | None:
        """The key our own environment holds; None where none is asked for. Raises UserError when it is missing."""
        for name in self.key_env:
            if value := environ.get(name, "").strip():
                return _key(self.wire, value, bearer=name in BEARERS)
        if not self.key_env:
            return None
        raise UserError(
            f"{' or '.join(self.key_env)} is not set, and {self.name} asks for a key.",
            fix=f"export {self.key_env[0]}=...",
        )

    @property
    def path(self) -> str:
        """Path of the base URL, without a slash at its end."""
        return urlsplit(self.url).path.rstrip("/")

    def connection(self) -> http.client.HTTPConnection:
        """A fresh connection, not yet opened. Certificates are checked; plain HTTP exists on this machine only."""
        parts = urlsplit(self.url)
        host = parts.hostname or ""
        if parts.scheme == "http":
            return http.client.HTTPConnection(host, parts.port, timeout=CONNECT_SECONDS)
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, parts.port, timeout=CONNECT_SECONDS, context=context)


OAUTH = (("anthropic-beta", "oauth-2025-04-20"),)
"""What Anthropic wants beside a token of a subscription."""
BEARERS = {"CLAUDE_CODE_OAUTH_TOKEN", "ANTHROPIC_AUTH_TOKEN"}
"""Variables whose value goes into Authorization, where the wire has a header of its own for keys."""


def _key(wire: str, value: str, *, bearer: bool) -> Key:
    if not re.fullmatch(r"[\x21-\x7e]+", value):
        raise UserError("the key has spaces or control characters in it", fix="export it again, without them")
    header = WIRES[wire].key_header
    if bearer or header == "authorization":
        return Key(value, "authorization", "Bearer ", OAUTH if bearer and wire == "anthropic" else ())
    return Key(value, header)


PROVIDERS: Mapping[str, Provider] = {
    found.name: found
    for found in (
        Provider(
            "anthropic",
            "https://api.anthropic.com",
            "anthropic",
            ("ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN", "ANTHROPIC_AUTH_TOKEN"),
        ),
        Provider("openai", "https://api.openai.com/v1", "responses", ("OPENAI_API_KEY",)),
        Provider(
            "gemini",
            "https://generativelanguage.googleapis.com",
            "gemini",
            ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
        ),
        Provider("openrouter", "https://openrouter.ai/api/v1", "openai", ("OPENROUTER_API_KEY",)),
        Provider("ollama", "http://127.0.0.1:11434/v1", "openai"),
        Provider("llama.cpp", "http://127.0.0.1:8080/v1", "openai"),
        Provider("vllm", "http://127.0.0.1:8000/v1", "openai"),
    )
}
"""Those known by name, servers of one's own where they listen unless told otherwise; any other is known by its URL."""


def named(
    name: str, *, url: str | None = None, wire: str | None = None, key_env: Sequence[str] | None = None
) -> Provider:
    """The provider called `name`, some of it replaced; any name will do with a URL.

    A provider with a URL of its own gets a key only where `key_env` names one: what is exported for somebody else is
    none of its business. Raises TaskError.
    """
    if name not in PROVIDERS and url is None:
        near = difflib.get_close_matches(name, PROVIDERS, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(PROVIDERS)}"
        raise TaskError(f"{name!r} is no provider known here; {hint}", fix='write base_url = "https://..." as well')
    found = PROVIDERS.get(name, Provider(name, "", "openai"))
    if url is not None:
        found = replace(found, url=_checked(url), key_env=())
    if wire is not None:
        if wire not in WIRES:
            raise TaskError(f"{wire!r} is nothing a provider speaks", fix=f"use one of {', '.join(WIRES)}")
        found = replace(found, wire=wire)
    return found if key_env is None else replace(found, key_env=tuple(key_env))


def _checked(url: str) -> str:
    """`url` without its last slash. Raises TaskError for what is no base URL, or would send a key in the open."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise TaskError(f"{url!r} is no base URL", fix='write one like "https://api.openai.com/v1"')
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise TaskError(f"{url!r} would go over the network unencrypted", fix="use https, or a tunnel to 127.0.0.1")
    return url.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
