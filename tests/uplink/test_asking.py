"""What may be asked of a provider, and what is taken out of a request."""

from __future__ import annotations

import json
from typing import Any

import pytest

from autoresearch.uplink.asking import NotAsked, tamed

EDIT = {"name": "edit", "input_schema": {"type": "object", "properties": {"image_url": {"type": "string"}}}}


def sent(asked: dict[str, Any], *, wire: str = "anthropic", path: str = "/v1/messages") -> tuple[dict[str, Any], Any]:
    request = tamed(json.dumps(asked).encode(), wire=wire, path=path)
    return json.loads(request.body), list(request.taken_out)


@pytest.mark.parametrize(
    ("wire", "tools", "kept"),
    [
        ("anthropic", [EDIT, {"type": "web_search_20250305", "name": "web_search"}], [EDIT]),
        ("anthropic", [{"type": "bash_20250124", "name": "bash"}], [{"type": "bash_20250124", "name": "bash"}]),
        ("responses", [{"type": "function", "name": "f"}, {"type": "web_search"}], [{"type": "function", "name": "f"}]),
        ("responses", [{"type": "mcp", "server_url": "https://evil.example"}], None),
        (
            "gemini",
            [{"functionDeclarations": [1], "googleSearch": {}}, {"urlContext": {}}],
            [{"functionDeclarations": [1]}],
        ),
    ],
)
def test_tools_of_the_providers_own_are_taken_out(wire: str, tools: list[Any], kept: list[Any] | None) -> None:
    body, removed = sent({"tools": tools}, wire=wire)
    assert body.get("tools") == kept
    assert bool(removed) == (kept != tools)


def test_servers_of_tools_are_taken_out() -> None:
    assert sent({"mcp_servers": [{"url": "https://evil.example"}], "plugins": [{"id": "web"}]})[0] == {}


@pytest.mark.parametrize(
    "asked",
    [
        {"messages": [{"content": [{"type": "image", "source": {"type": "url", "url": "https://evil.example"}}]}]},
        {"messages": [{"content": [{"type": "image_url", "image_url": {"url": "https://evil.example"}}]}]},
        {"input": [{"content": [{"type": "input_file", "file_url": "https://evil.example"}]}]},
        {"contents": [{"parts": [{"fileData": {"fileUri": "https://evil.example"}}]}]},
    ],
)
def test_links_to_be_fetched_are_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(NotAsked, match=r"evil\.example"):
        sent(asked)


@pytest.mark.parametrize(
    "asked",
    [
        {"messages": [{"content": [{"type": "tool_use", "input": {"url": "https://example.org"}}]}]},
        {"messages": [{"content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}]}]},
        {"contents": [{"parts": [{"functionCall": {"args": {"url": "https://example.org"}}}]}]},
        {"messages": [{"content": "see https://example.org"}]},
    ],
)
def test_links_that_are_only_talked_about_pass(asked: dict[str, Any]) -> None:
    assert sent(asked) == (asked, [])


def test_a_stream_of_chat_is_asked_to_say_what_it_used() -> None:
    body, _ = sent({"stream": True}, wire="openai", path="/chat/completions")
    assert body["stream_options"] == {"include_usage": True}
    assert "stream_options" not in sent({"stream": True}, wire="openai", path="/responses")[0]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"[" * 100_000, b'{"n": NaN}'])
def test_what_is_no_request_is_refused(body: bytes) -> None:
    with pytest.raises(NotAsked):
        tamed(body, wire="openai", path="/responses")


def test_a_key_that_stands_twice_is_read_once_for_everybody() -> None:
    request = tamed(b'{"tools": [{"type": "web_search"}], "tools": []}', wire="responses", path="/responses")
    assert b"web_search" not in request.body


def test_what_nobody_would_count_is_taken_out() -> None:
    assert sent({"model": "m", "background": True, "service_tier": "priority"}) == (
        {"model": "m"},
        ["background", "service_tier"],
    )


@pytest.mark.parametrize("depth", range(50, 1200, 50))
def test_a_request_too_deep_to_be_gone_through_is_refused_and_no_more(depth: int) -> None:
    body = b'{"messages": ' + b"[" * depth + b"]" * depth + b"}"
    try:
        assert json.loads(tamed(body, wire="anthropic", path="/v1/messages").body) == json.loads(body)
    except NotAsked:
        assert depth > 300
