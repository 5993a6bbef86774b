"""Usage: how many tokens an answer cost, read from the answer as it passes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from autoresearch.amounts import MOST_TOKENS
from autoresearch.uplink.trouble import Trouble, said

ERRORS = {"overloaded_error": 529, "rate_limit_error": 429, "api_error": 500}
"""The status that an error inside of an answer stands for."""
LAST = (
    *(b"[DONE]", b'"message_stop"', b'"finish_reason": "', b'"finish_reason":"', b'"finishReason"', b'"error"'),
    *(b'"response.completed"', b'"response.incomplete"', b'"response.failed"'),
)
"""What stands in the last event of a stream that did not break off."""
MOST_BYTES = 32 * 2**20
"""Of one answer, or one event of it; beyond that nobody counts."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens, by what they are charged as."""

    input: int = 0
    """Read afresh."""
    cached: int = 0
    """Read from the provider's cache."""
    written: int = 0
    """Read, and written to its cache."""
    output: int = 0
    """Written by the model, its thoughts included."""

    @property
    def total(self) -> int:
        """All of them."""
        return self.input + self.cached + self.written + self.output

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.input + other.input,
            self.cached + other.cached,
            self.written + other.written,
            self.output + other.output,
        )

    def most(self, other: Usage) -> Usage:
        """The larger of each: the reports within one answer are running totals."""
        return Usage(
            max(self.input, other.input),
            max(self.cached, other.cached),
            max(self.written, other.written),
            max(self.output, other.output),
        )


def reported(message: object) -> Usage | None:
    """What one message of any provider says about usage; None when it says nothing."""
    if isinstance(message, list):
        return _together(map(reported, message))
    if not isinstance(message, dict):
        return None
    inner = [message, message.get("message"), message.get("response")]
    return _together(_read(part) for part in inner if isinstance(part, dict))


def _together(found: Iterator[Usage | None]) -> Usage | None:
    total = None
    for one in found:
        if one is not None:
            total = one if total is None else total.most(one)
    return total


def _read(part: Mapping[str, Any]) -> Usage | None:
    if isinstance(said := part.get("usageMetadata"), dict):
        return _gemini(said)
    if not isinstance(said := part.get("usage"), dict):
        return None
    return _openai(said) if "prompt_tokens" in said else _responses_or_anthropic(said)


def _gemini(said: Mapping[str, Any]) -> Usage | None:
    prompt, cached = _count(said, "promptTokenCount"), _count(said, "cachedContentTokenCount")
    output = _count(said, "candidatesTokenCount") + _count(said, "thoughtsTokenCount")
    return Usage(input=max(0, prompt - cached) + _count(said, "toolUsePromptTokenCount"), cached=cached, output=output)


def _openai(said: Mapping[str, Any]) -> Usage:
    prompt, cached = _count(said, "prompt_tokens"), _count(said.get("prompt_tokens_details"), "cached_tokens")
    return Usage(input=max(0, prompt - cached), cached=cached, output=_count(said, "completion_tokens"))


def _responses_or_anthropic(said: Mapping[str, Any]) -> Usage | None:
    """Both say input_tokens; for OpenAI that includes what was cached, for Anthropic it does not."""
    if "input_tokens" not in said and "output_tokens" not in said:
        return None
    prompt, output = _count(said, "input_tokens"), _count(said, "output_tokens")
    if isinstance(details := said.get("input_tokens_details"), dict):
        cached = _count(details, "cached_tokens")
        return Usage(input=max(0, prompt - cached), cached=cached, output=output)
    cached, written = _count(said, "cache_read_input_tokens"), _count(said, "cache_creation_input_tokens")
    return Usage(input=prompt, cached=cached, written=written, output=output)


def _count(said: object, name: str) -> int:
    """What `said` counts; of more than anybody can have used, so much that no limit allows it."""
    value = said.get(name) if isinstance(said, dict) else None
    return min(value, MOST_TOKENS) if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


class Meter:
    """Reads one answer as it passes, whole or in events."""

    def __init__(self, content_type: str) -> None:
        self._events = content_type.startswith("text/event-stream")
        self._buffer = bytearray()
        self._lost = False
        self._found: Usage | None = None
        self.trouble: Trouble | None = None
        """An error in the middle of an answer that began well."""
        self.ended = not self._events
        """Whether the answer came to its end, as far as it says so itself."""

    def feed(self, data: bytes) -> None:
        """Take the next piece."""
        if len(self._buffer) + len(data) > MOST_BYTES:
            self._buffer.clear()
            self._lost = True
        if self._lost:
            return
        self._buffer += data
        if self._events:
            *lines, rest = self._buffer.split(b"\n")
            self._buffer = bytearray(rest)
            for line in lines:
                self._event(line)

    def usage(self) -> Usage | None:
        """What the answer said, once it has passed; None when it said nothing."""
        if self._events:
            self._event(self._buffer)
        else:
            self._note(self._buffer)
        return self._found

    def _event(self, line: bytes | bytearray) -> None:
        if line.startswith(b"data:"):
            self.ended = self.ended or any(mark in line for mark in LAST)
            self._note(line[5:])

    def _note(self, text: bytes | bytearray) -> None:
        if b'"usage' not in text and b'"error' not in text:
            return
        try:
            message = json.loads(text)
        except (ValueError, RecursionError):
            return
        found = reported(message)
        if found is not None:
            self._found = found if self._found is None else self._found.most(found)
        if isinstance(message, dict) and isinstance(error := message.get("error"), dict):
            self.trouble = Trouble(ERRORS.get(str(error.get("type"))), said(bytes(text)))
