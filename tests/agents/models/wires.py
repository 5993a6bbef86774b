"""The four dialects: what was asked, in one neutral form, and how an answer is written in each."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
Event = tuple[str, Any]
"""Name, empty where the dialect has none, and data."""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn. Results of tools have the role "tool"."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Ask:
    """One request to the model."""

    wire: str
    """anthropic | openai | responses | gemini"""
    model: str
    stream: bool
    tools: Mapping[str, Json]
    """JSON Schema of the arguments, by name; {"freeform": True} where it takes text."""
    messages: list[Message]
    system: str = ""
    options: Mapping[str, bool] = field(default_factory=dict)

    @property
    def prompt(self) -> str:
        """The latest thing the user said."""
        return next((message.text for message in reversed(self.messages) if message.role == "user"), "")


@dataclass(frozen=True, slots=True)
class Call:
    """A tool to be called, with arguments, or with text where it is free-form."""

    tool: str
    arguments: Json | str


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call."""

    read: int
    written: int


def parse(path: str, body: Json) -> Ask | None:
    """The request at `path`, None where no model is asked."""
    if path.endswith("/messages"):
        return _anthropic(body)
    if path.endswith("/chat/completions"):
        return _chat(body)
    if path.endswith("/responses"):
        return _responses(body)
    if found := re.search(r"/models/([^:/]+):(stream)?[gG]enerateContent$", path):
        return _gemini(body, found[1], bool(found[2]))
    return None


def _text(content: Any) -> str:
    """The words in a message's content, whichever dialect wrote it."""
    if isinstance(content, str):
        return content
    parts = [content] if isinstance(content, dict) else content or []
    return "\n".join(part["text"] for part in parts if isinstance(part, dict) and isinstance(part.get("text"), str))


def _anthropic(body: Json) -> Ask:
    tools = {tool["name"]: tool.get("input_schema", {}) for tool in body.get("tools", []) if "name" in tool}
    messages = []
    for each in body.get("messages", []):
        content = each["content"]
        is_result = not isinstance(content, str) and any(part.get("type") == "tool_result" for part in content)
        messages.append(Message("tool" if is_result else each["role"], _text(content)))
    return Ask("anthropic", body.get("model", ""), bool(body.get("stream")), tools, messages, _text(body.get("system")))


def _chat(body: Json) -> Ask:
    functions = [tool["function"] for tool in body.get("tools") or [] if tool.get("type") == "function"]
    tools = {function["name"]: function.get("parameters", {}) for function in functions}
    messages = [Message(each["role"], _text(each.get("content"))) for each in body.get("messages", [])]
    told = [message for message in messages if message.role not in ("system", "developer")]
    system = "\n".join(message.text for message in messages if message.role in ("system", "developer"))
    options = body.get("stream_options") or {}
    return Ask("openai", body.get("model", ""), bool(body.get("stream")), tools, told, system, options)


def _responses(body: Json) -> Ask:
    tools: dict[str, Json] = {}
    for tool in body.get("tools") or []:
        if tool.get("type") == "function":
            tools[tool["name"]] = tool.get("parameters", {})
        elif tool.get("type") == "custom":
            tools[tool["name"]] = {"freeform": True}
    items = body.get("input", [])
    items = [{"role": "user", "content": items}] if isinstance(items, str) else items
    messages = []
    for item in items:
        kind = item.get("type", "message")
        if kind in ("function_call", "custom_tool_call"):
            messages.append(Message("assistant", ""))
        elif kind == "message":
            messages.append(Message(item.get("role", ""), _text(item.get("content"))))
    return Ask(
        "responses",
        body.get("model", ""),
        bool(body.get("stream")),
        tools,
        [message for message in messages if message.role in ("user", "assistant")],
        body.get("instructions") or "",
    )


def _gemini(body: Json, model: str, stream: bool) -> Ask:
    declared = [each for tool in body.get("tools", []) for each in tool.get("functionDeclarations", [])]
    tools = {each["name"]: each.get("parametersJsonSchema") or each.get("parameters") or {} for each in declared}
    messages = []
    for each in body.get("contents", []):
        parts = each.get("parts", [])
        role = "assistant" if each.get("role") == "model" else "user"
        role = "tool" if any("functionResponse" in part for part in parts) else role
        messages.append(Message(role, _text(parts)))
    return Ask("gemini", model, stream, tools, messages, _text(body.get("systemInstruction", {}).get("parts")))


def events(ask: Ask, said: str | Call, usage: Usage, ident: str) -> Iterator[Event]:
    """The answer in the client's dialect, event by event; of one that does not stream there is only one."""
    write = {"anthropic": _to_anthropic, "openai": _to_chat, "responses": _to_responses, "gemini": _to_gemini}
    return write[ask.wire](ask, said, usage, ident)


def _to_anthropic(ask: Ask, said: str | Call, usage: Usage, ident: str) -> Iterator[Event]:
    if isinstance(said, str):
        block: Json = {"type": "text", "text": said}
        empty, delta = {**block, "text": ""}, {"type": "text_delta", "text": said}
    else:
        block = {"type": "tool_use", "id": f"toolu_{ident}", "name": said.tool, "input": said.arguments}
        empty, delta = {**block, "input": {}}, {"type": "input_json_delta", "partial_json": json.dumps(said.arguments)}
    stop = {"stop_reason": "end_turn" if isinstance(said, str) else "tool_use", "stop_sequence": None}
    used = {"input_tokens": usage.read, "output_tokens": usage.written}
    used |= {"cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}
    head = {"id": f"msg_{ident}", "type": "message", "role": "assistant", "model": ask.model}
    if not ask.stream:
        yield "", {**head, "content": [block], **stop, "usage": used}
        return
    begun = {**head, "content": [], "stop_reason": None, "stop_sequence": None, "usage": {**used, "output_tokens": 1}}
    for event in (
        {"type": "message_start", "message": begun},
        {"type": "content_block_start", "index": 0, "content_block": empty},
        {"type": "content_block_delta", "index": 0, "delta": delta},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": stop, "usage": {"output_tokens": usage.written}},
        {"type": "message_stop"},
    ):
        yield str(event["type"]), event


def _to_chat(ask: Ask, said: str | Call, usage: Usage, ident: str) -> Iterator[Event]:
    used = {"prompt_tokens": usage.read, "completion_tokens": usage.written}
    used["total_tokens"] = usage.read + usage.written
    head: Json = {"id": f"chatcmpl-{ident}", "created": 0, "model": ask.model}
    finish = "stop" if isinstance(said, str) else "tool_calls"
    message: Json = {"role": "assistant", "content": said if isinstance(said, str) else None}
    if isinstance(said, Call):
        function = {"name": said.tool, "arguments": json.dumps(said.arguments)}
        message["tool_calls"] = [{"index": 0, "id": f"call_{ident}", "type": "function", "function": function}]
    if not ask.stream:
        choice = {"index": 0, "message": message, "finish_reason": finish}
        yield "", {**head, "object": "chat.completion", "choices": [choice], "usage": used}
        return
    head["object"] = "chat.completion.chunk"
    yield "", {**head, "choices": [{"index": 0, "delta": message, "finish_reason": None}]}
    yield "", {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": finish}]}
    if ask.options.get("include_usage"):
        yield "", {**head, "choices": [], "usage": used}
    yield "", "[DONE]"


def _to_responses(ask: Ask, said: str | Call, usage: Usage, ident: str) -> Iterator[Event]:
    item = _item(said, ident)
    used = {"input_tokens": usage.read, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": usage.written}
    used |= {"output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": usage.read + usage.written}
    head: Json = {"id": f"resp_{ident}", "object": "response", "created_at": 0, "model": ask.model}
    whole = {**head, "status": "completed", "output": [item], "usage": used}
    if not ask.stream:
        yield "", whole
        return
    at = {"item_id": item["id"], "output_index": 0, "content_index": 0}
    story: list[Json] = [
        {"type": "response.created", "response": {**head, "status": "in_progress", "output": []}},
        {"type": "response.output_item.added", "output_index": 0, "item": {**item, "status": "in_progress"}},
    ]
    if isinstance(said, str):
        part = {"type": "output_text", "text": "", "annotations": []}
        story += [
            {**at, "type": "response.content_part.added", "part": part},
            {**at, "type": "response.output_text.delta", "delta": said},
            {**at, "type": "response.output_text.done", "text": said},
        ]
    elif isinstance(said.arguments, dict):
        arguments = item["arguments"]
        story += [
            {**at, "type": "response.function_call_arguments.delta", "delta": arguments},
            {**at, "type": "response.function_call_arguments.done", "arguments": arguments},
        ]
    story.append({"type": "response.output_item.done", "output_index": 0, "item": item})
    story.append({"type": "response.completed", "response": whole})
    for number, event in enumerate(story):
        yield event["type"], {**event, "sequence_number": number}


def _item(said: str | Call, ident: str) -> Json:
    if isinstance(said, str):
        content = [{"type": "output_text", "text": said, "annotations": []}]
        return {"type": "message", "id": f"msg_{ident}", "role": "assistant", "status": "completed", "content": content}
    called = {"id": f"fc_{ident}", "call_id": f"call_{ident}", "name": said.tool, "status": "completed"}
    if isinstance(said.arguments, str):
        return {**called, "type": "custom_tool_call", "input": said.arguments}
    return {**called, "type": "function_call", "arguments": json.dumps(said.arguments)}


def _to_gemini(ask: Ask, said: str | Call, usage: Usage, ident: str) -> Iterator[Event]:
    part: Json = {"text": said} if isinstance(said, str) else {}
    if isinstance(said, Call):
        part = {"functionCall": {"id": f"call_{ident}", "name": said.tool, "args": said.arguments}}
    used = {"promptTokenCount": usage.read, "candidatesTokenCount": usage.written}
    used["totalTokenCount"] = usage.read + usage.written
    candidate = {"content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0}
    yield "", {"candidates": [candidate], "usageMetadata": used, "modelVersion": ask.model}
