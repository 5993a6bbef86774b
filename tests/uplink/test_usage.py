"""Tokens, read from answers of every provider's form."""

from __future__ import annotations

import json

import pytest

from autoresearch.uplink.usage import Meter, Usage, reported

ANTHROPIC = {"usage": {"input_tokens": 10, "cache_read_input_tokens": 3, "cache_creation_input_tokens": 2}}
OPENAI = {"usage": {"prompt_tokens": 13, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 3}}}
RESPONSES = {"usage": {"input_tokens": 13, "output_tokens": 5, "input_tokens_details": {"cached_tokens": 3}}}
GEMINI = {
    "usageMetadata": {
        "promptTokenCount": 13,
        "cachedContentTokenCount": 3,
        "candidatesTokenCount": 4,
        "thoughtsTokenCount": 1,
    }
}


@pytest.mark.parametrize(
    ("message", "usage"),
    [
        (ANTHROPIC, Usage(10, 3, 2, 0)),
        ({"type": "message_start", "message": ANTHROPIC}, Usage(10, 3, 2, 0)),
        (OPENAI, Usage(10, 3, 0, 5)),
        (RESPONSES, Usage(10, 3, 0, 5)),
        ({"type": "response.completed", "response": RESPONSES}, Usage(10, 3, 0, 5)),
        (GEMINI, Usage(10, 3, 0, 5)),
        ([GEMINI, GEMINI], Usage(10, 3, 0, 5)),
        ({"usage": None}, None),
        ({"usage": {}}, None),
        ({"usage": {"input_tokens": "many", "output_tokens": True}}, Usage()),
        ({"usage": {"output_tokens": 10**400}}, Usage(output=10**12)),
        ({"usage": {"input_tokens": -5, "output_tokens": 2}}, Usage(output=2)),
        ("text", None),
    ],
)
def test_every_form_is_read(message: object, usage: Usage | None) -> None:
    assert reported(message) == usage


def events(*messages: object) -> bytes:
    return b"".join(b"event: x\ndata: " + json.dumps(message).encode() + b"\n\n" for message in messages)


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_events_are_running_totals_however_they_are_cut(size: int) -> None:
    text = events(
        {"type": "message_start", "message": {"usage": {"input_tokens": 10, "output_tokens": 1}}},
        {"type": "content_block_delta", "delta": {"text": '"usage": {"input_tokens": 999}'}},
        {"type": "message_delta", "usage": {"output_tokens": 5}},
    )
    meter = Meter("text/event-stream; charset=utf-8")
    for start in range(0, len(text), size):
        meter.feed(text[start : start + size])
    assert meter.usage() == Usage(input=10, output=5)


def test_an_answer_that_says_nothing_is_not_free() -> None:
    meter = Meter("application/json")
    meter.feed(b'{"choices": []}')
    assert meter.usage() is None


def test_an_error_in_the_middle_of_a_stream_is_seen() -> None:
    meter = Meter("text/event-stream")
    meter.feed(events({"type": "error", "error": {"type": "overloaded_error", "message": "too\nbusy"}}))
    meter.usage()
    assert meter.trouble is not None
    assert (meter.trouble.status, meter.trouble.text) == (529, "too busy")
