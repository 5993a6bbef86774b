"""The two dialects: how a conversation is put to a provider, and what of its answer matters here."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Protocol

Json = Mapping[str, Any]


class End(StrEnum):
    """Why the model stopped."""

    DONE = "done"
    LENGTH = "length"
    """Cut off at its limit."""
    REFUSED = "refused"
    """It declined, or a filter of the provider's did for it."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of the conversation; `role` is "user" or "assistant"."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Ask:
    """One question, and how it is to be answered."""

    model: str
    system: str
    turns: Sequence[Turn]
    tokens: int
    """Most that may be written."""
    temperature: float | None = None
    """None leaves it to the provider."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, without the model's thinking. Counts that were not told are None, never zero."""

    text: str
    end: End
    model: str = ""
    read: int | None = None
    """Tokens of the prompt, cached ones included."""
    written: int | None = None

    @property
    def tokens(self) -> int | None:
        """Of the whole call."""
        return None if self.read is None or self.written is None else self.read + self.written


class Wire(Protocol):
    """One dialect."""

    def url(self, base: str) -> str:
        """Where questions go."""
        ...

    def headers(self, key: str) -> dict[str, str]:
        """What goes beside each question; `key` may be empty."""
        ...

    def body(self, ask: Ask) -> Json:
        """The question, JSON-able."""
        ...

    def reply(self, body: Json) -> Reply:
        """Read an answer. Raises KeyError, TypeError or ValueError for one in no form we know."""
        ...


class Anthropic:
    """Anthropic's Messages."""

    def url(self, base: str) -> str:
        """`base` with or without its version."""
        return f"{base.rstrip('/').removesuffix('/v1')}/v1/messages"

    def headers(self, key: str) -> dict[str, str]:
        """The key in a header of its own."""
        return {"anthropic-version": "2023-06-01"} | ({"x-api-key": key} if key else {})

    def body(self, ask: Ask) -> Json:
        """The instructions beside the turns."""
        turns = [{"role": turn.role, "content": turn.text} for turn in ask.turns]
        wanted = {"model": ask.model, "max_tokens": ask.tokens, "system": ask.system, "messages": turns}
        return wanted if ask.temperature is None else wanted | {"temperature": ask.temperature}

    def reply(self, body: Json) -> Reply:
        """Text blocks only: thinking has blocks of its own."""
        text = "".join(block["text"] for block in body["content"] if block["type"] == "text")
        ends = {"max_tokens": End.LENGTH, "model_context_window_exceeded": End.LENGTH, "refusal": End.REFUSED}
        end = ends.get(body.get("stop_reason") or "", End.DONE)
        used = body.get("usage") or {}
        cached = sum(used.get(name) or 0 for name in ("cache_creation_input_tokens", "cache_read_input_tokens"))
        read = _count(used.get("input_tokens"))
        return Reply(
            text,
            end,
            str(body.get("model") or ""),
            read=None if read is None else read + cached,
            written=_count(used.get("output_tokens")),
        )


class OpenAI:
    """OpenAI's chat completions, which nearly every local server speaks, too."""

    def __init__(self, *, limit_name: str = "max_tokens") -> None:
        """`limit_name` is the key of the output's limit: OpenAI itself renamed it, most others did not follow."""
        self._limit_name: Final = limit_name

    def url(self, base: str) -> str:
        """`base` ends in its version, as these servers document it."""
        return f"{base.rstrip('/')}/chat/completions"

    def headers(self, key: str) -> dict[str, str]:
        """The key as a bearer."""
        return {"authorization": f"Bearer {key}"} if key else {}

    def body(self, ask: Ask) -> Json:
        """The instructions as the first turn."""
        turns = [{"role": turn.role, "content": turn.text} for turn in (Turn("system", ask.system), *ask.turns)]
        wanted = {"model": ask.model, self._limit_name: ask.tokens, "messages": turns, "stream": False}
        return wanted if ask.temperature is None else wanted | {"temperature": ask.temperature}

    def reply(self, body: Json) -> Reply:
        """The first choice; thinking is dropped wherever the server leaves it."""
        choice = body["choices"][0]
        message, ended = choice["message"], choice.get("finish_reason")
        end = {"length": End.LENGTH, "content_filter": End.REFUSED}.get(ended or "", End.DONE)
        content = message.get("content") or ""
        if not isinstance(content, str):
            content = "".join(part.get("text") or "" for part in content)
        used = body.get("usage") or {}
        return Reply(
            without_thinking(content) or str(message.get("refusal") or ""),
            End.REFUSED if message.get("refusal") else end,
            str(body.get("model") or ""),
            read=_count(used.get("prompt_tokens")),
            written=_count(used.get("completion_tokens")),
        )


def without_thinking(text: str) -> str:
    """`text` without what a local model thought aloud before it; all of it where the thought never ended."""
    return re.sub(r"\A\s*<(think|thinking)>.*?(</\1>|\Z)", "", text, flags=re.DOTALL)


def message_of(body: bytes) -> str:
    """What a provider says went wrong, in one line: its own message where there is one, else how the body begins."""
    try:
        said = json.loads(body)
        error = said.get("error", said)
        text = error if isinstance(error, str) else error.get("message") or json.dumps(error)
    except (ValueError, AttributeError):
        text = body[:2000].decode(errors="replace")
    return " ".join("".join(char if char.isprintable() else " " for char in str(text)).split())[:300]


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
