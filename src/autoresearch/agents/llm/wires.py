"""The two dialects: how a conversation is put to a provider, and what of its answer matters here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, Protocol

from autoresearch.uplink.usage import Usage, reported

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
    """What came back, without the model's thinking."""

    text: str
    end: End
    model: str = ""
    usage: Usage | None = None
    """None where it was not told, which is not zero."""


class Wire(Protocol):
    """One dialect."""

    version: str
    """The part of the path that some give with the base URL, and some do not."""
    path: str
    """Where questions go, behind the version."""
    headers: Mapping[str, str]
    """What goes beside each question, the key left out."""

    def body(self, ask: Ask) -> Json:
        """The question, JSON-able."""
        ...

    def reply(self, body: Json) -> Reply:
        """Read an answer. Raises KeyError, IndexError, TypeError, ValueError or AttributeError for one of no form."""
        ...


class Anthropic:
    """Anthropic's Messages."""

    version = "/v1"
    path = "/messages"
    headers: Mapping[str, str] = MappingProxyType({"anthropic-version": "2023-06-01"})

    def body(self, ask: Ask) -> Json:
        """The instructions beside the turns."""
        turns = [{"role": turn.role, "content": turn.text} for turn in ask.turns]
        wanted = {"model": ask.model, "max_tokens": ask.tokens, "system": ask.system, "messages": turns}
        return wanted if ask.temperature is None else wanted | {"temperature": ask.temperature}

    def reply(self, body: Json) -> Reply:
        """Text blocks only: thinking has blocks of its own."""
        text = "".join(block["text"] for block in body["content"] if block["type"] == "text")
        ends = {"max_tokens": End.LENGTH, "model_context_window_exceeded": End.LENGTH, "refusal": End.REFUSED}
        return Reply(
            text, ends.get(body.get("stop_reason") or "", End.DONE), str(body.get("model") or ""), reported(body)
        )


class OpenAI:
    """OpenAI's chat completions, which nearly every local server speaks, too. Their version stands in the base URL."""

    version = ""
    path = "/chat/completions"
    headers: Mapping[str, str] = MappingProxyType({})

    def __init__(self, *, renamed: bool = False) -> None:
        """`renamed`: OpenAI itself calls the limit of the output by a newer name, which most others do not know."""
        self._limit: Final = "max_completion_tokens" if renamed else "max_tokens"

    def body(self, ask: Ask) -> Json:
        """The instructions as the first turn."""
        turns = [{"role": turn.role, "content": turn.text} for turn in (Turn("system", ask.system), *ask.turns)]
        wanted = {"model": ask.model, self._limit: ask.tokens, "messages": turns, "stream": False}
        return wanted if ask.temperature is None else wanted | {"temperature": ask.temperature}

    def reply(self, body: Json) -> Reply:
        """The first choice; thinking is dropped wherever the server leaves it."""
        choice = body["choices"][0]
        message, ended = choice["message"], choice.get("finish_reason")
        end = {"length": End.LENGTH, "content_filter": End.REFUSED}.get(ended or "", End.DONE)
        content = message.get("content") or ""
        if not isinstance(content, str):
            content = "".join(part.get("text") or "" for part in content)
        declined = str(message.get("refusal") or "")
        return Reply(
            without_thinking(content) or declined,
            End.REFUSED if declined else end,
            str(body.get("model") or ""),
            reported(body),
        )


def without_thinking(text: str) -> str:
    """`text` without what a local model thought aloud before it; all of it where the thought never ended."""
    return re.sub(r"\A\s*<(think|thinking)>.*?(</\1>|\Z)", "", text, flags=re.DOTALL)
