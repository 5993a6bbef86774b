"""What a request may ask of the provider: an answer of the model's, and nothing that fetches from elsewhere.

Providers offer to search the web, to open a URL or to run code for the model. That would be a network after all, by way
of the provider: such tools are taken out of the request, and a request that names a URL to be fetched is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Body = dict[str, Any]

OF_THE_CLIENT = (
    *("custom", "function", "local_shell", "shell", "apply_patch", "namespace", "tool_search"),
    *("bash_", "text_editor_", "computer_", "memory_"),
)
"""Beginnings of the types of tools that the client runs itself, in the box."""
OF_GEMINI = ("functionDeclarations", "function_declarations")
TAKEN_OUT = ("mcp_servers", "plugins", "web_search_options", "background", "service_tier", "speed")
"""Keys of a request by which a provider is told to go and get something, or to charge other than the table says."""
LINKS = ("image_url", "file_url", "fileUri", "file_uri", "url")
"""Keys whose value the provider fetches when it is a link."""
CALLS = ("tool_use", "function_call", "custom_tool_call", "local_shell_call")
"""Parts that quote what a model asked its client to do: their arguments are text."""


@dataclass(frozen=True, slots=True)
class Request:
    """A body that may be sent."""

    body: bytes
    model: str = ""
    taken_out: tuple[str, ...] = ()
    """What was in it and is not any more."""


class NotAsked(Exception):
    """A request that may not be passed on; the message says why."""


def tamed(body: bytes, *, wire: str, path: str) -> Request:
    """The request as it may be sent, written anew so that nobody reads it differently.

    Raises NotAsked for what is no JSON object, or names a link to be fetched.
    """
    try:
        return _tamed(json.loads(body), wire=wire, path=path)
    except (ValueError, RecursionError):
        raise NotAsked("the request is no JSON") from None


def _tamed(asked: object, *, wire: str, path: str) -> Request:
    if not isinstance(asked, dict):
        raise NotAsked("the request is no JSON object")
    for link in _links([asked.get(part) for part in ("messages", "input", "contents", "system", "systemInstruction")]):
        raise NotAsked(f"the provider would have to fetch {link[:80]}")
    removed = _without_fetching(asked)
    if wire in ("openai", "responses") and path.endswith("/chat/completions") and asked.get("stream"):
        asked["stream_options"] = {**_object(asked.get("stream_options")), "include_usage": True}
    body = json.dumps(asked, separators=(",", ":"), allow_nan=False).encode()
    return Request(body, str(asked.get("model", "")), tuple(removed))


def _without_fetching(asked: Body) -> list[str]:
    removed = [name for name in TAKEN_OUT if asked.pop(name, None) is not None]
    tools = asked.get("tools")
    if not isinstance(tools, list):
        return removed
    kept = [tool for tool in map(_kept, tools) if tool]
    removed += [_type(tool) for tool in tools if _kept(tool) != tool]
    asked["tools"] = kept
    if not kept:
        del asked["tools"]
    return removed


def _kept(tool: object) -> Body | None:
    """The tool as far as its client runs it."""
    if not isinstance(tool, dict):
        return None
    if any(name in tool for name in OF_GEMINI):
        return {name: value for name, value in tool.items() if name in OF_GEMINI}
    if "type" not in tool:
        return tool if "name" in tool else None
    return tool if str(tool["type"]).startswith(OF_THE_CLIENT) else None


def _type(tool: object) -> str:
    told = _object(tool)
    return str(told.get("type") or ", ".join(name for name in told if name not in OF_GEMINI))[:80]


def _links(part: object) -> Iterator[str]:
    if isinstance(part, list):
        for one in part:
            yield from _links(one)
    if not isinstance(part, dict) or part.get("type") in CALLS:
        return
    for name, value in part.items():
        if name in LINKS and isinstance(value, str) and not value.startswith("data:"):
            yield value
        elif name not in ("functionCall", "functionResponse"):
            yield from _links(value)


def _object(value: object) -> Body:
    return value if isinstance(value, dict) else {}
