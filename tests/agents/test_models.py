"""The scripted model: one script, four dialects, the same story in each."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest
from models import Ask, Edit, Fail, Models, Read, Scene, Step, Text

SCRIPT = [
    Scene("Experiment 1", Read("train.py"), Edit("train.py", "a = 1", "a = 2"), Text("done")),
    Scene("Experiment 2", Text("nothing to do")),
]
EDITOR = {"type": "object", "properties": {"path": {}, "old_text": {}, "new_text": {}}, "required": ["path", "why"]}
READER = {"type": "object", "properties": {"path": {}}}


def post(models: Models, path: str, body: Any, **headers: str) -> tuple[int, str]:
    request = urllib.request.Request(models.url + path, json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def anthropic(turns: int, *, stream: bool = False, prompt: str = "Experiment 1") -> Any:
    tools = [{"name": "edit", "input_schema": EDITOR}, {"name": "read", "input_schema": READER}]
    messages: list[Any] = [{"role": "user", "content": prompt}]
    for _ in range(turns):
        messages.append({"role": "assistant", "content": [{"type": "tool_use"}]})
        messages.append({"role": "user", "content": [{"type": "tool_result", "content": "Experiment 2"}]})
    return {"model": "m", "stream": stream, "tools": tools, "messages": messages}


def chat(turns: int, **more: Any) -> Any:
    tools = [{"type": "function", "function": {"name": "edit", "parameters": EDITOR}}]
    messages = [{"role": "system", "content": "Experiment 2"}, {"role": "user", "content": "Experiment 1"}]
    for _ in range(turns):
        messages += [{"role": "assistant", "content": ""}, {"role": "tool", "content": "ok"}]
    return {"model": "m", "tools": tools, "messages": messages, **more}


def test_anthropic_plays_the_scene_step_by_step() -> None:
    with Models(SCRIPT) as models:
        said = [json.loads(post(models, "/v1/messages", anthropic(turns))[1])["content"][0] for turns in range(4)]
        assert said[0]["name"] == "read"
        assert said[1]["input"] == {"path": "train.py", "old_text": "a = 1", "new_text": "a = 2", "why": "as scripted"}
        assert [each["text"] for each in said[2:]] == ["done", "done"]
        status, text = post(models, "/v1/messages", anthropic(1, stream=True))
        assert status == 200
        assert '"partial_json": "{\\"path\\": \\"train.py\\"' in text
        assert text.endswith('event: message_stop\ndata: {"type": "message_stop"}\n\n')


def test_a_session_that_goes_on_begins_the_next_scene() -> None:
    body = anthropic(3)
    body["messages"] += [{"role": "assistant", "content": "done"}, {"role": "user", "content": "Experiment 2"}]
    with Models(SCRIPT) as models:
        assert json.loads(post(models, "/v1/messages", body)[1])["content"][0]["text"] == "nothing to do"
        assert models.seen[0].ask.prompt == "Experiment 2"


def test_chat_says_what_it_used_when_it_is_asked_to() -> None:
    with Models(SCRIPT) as models:
        plain = json.loads(post(models, "/v1/chat/completions", chat(1), Authorization="Bearer sesame")[1])
        assert plain["choices"][0]["message"]["tool_calls"][0]["function"]["name"] == "edit"
        assert plain["usage"]["prompt_tokens"] == models.seen[0].usage.read  # type: ignore[union-attr]
        assert models.seen[0].headers["authorization"] == "Bearer sesame"
        more = {"stream": True, "stream_options": {"include_usage": True}}
        streamed = post(models, "/v1/chat/completions", chat(2, **more))[1]
        assert '"content": "done"' in streamed
        assert '"usage"' in streamed
        assert streamed.endswith("data: [DONE]\n\n")


def test_responses_patches_where_the_client_takes_patches() -> None:
    tools = [{"type": "custom", "name": "apply_patch"}]
    called = {"type": "function_call", "name": "shell"}
    body = {"model": "m", "tools": tools, "input": [{"role": "user", "content": "Experiment 1"}, called]}
    with Models(SCRIPT) as models:
        item = json.loads(post(models, "/v1/responses", body)[1])["output"][0]
        assert item["type"] == "custom_tool_call"
        assert item["input"].splitlines()[1:-1] == ["*** Update File: train.py", "@@", "-a = 1", "+a = 2"]
        assert "event: response.completed" in post(models, "/v1/responses", {**body, "stream": True})[1]


def test_gemini_calls_functions() -> None:
    tools = [{"functionDeclarations": [{"name": "read_file", "parametersJsonSchema": READER}]}]
    body = {"tools": tools, "contents": [{"role": "user", "parts": [{"text": "Experiment 1"}]}]}
    with Models(SCRIPT) as models:
        said = json.loads(post(models, "/v1beta/models/m:generateContent", body)[1])
        part = said["candidates"][0]["content"]["parts"][0]
        assert part["functionCall"]["args"] == {"path": "train.py"}
        assert said["usageMetadata"]["totalTokenCount"] > 0
        assert post(models, "/v1beta/models/m:streamGenerateContent?alt=sse", body)[1].startswith("data: {")


def test_without_tools_the_whole_scene_is_one_answer() -> None:
    with Models(SCRIPT) as models:
        body = {"messages": [{"role": "user", "content": "Experiment 1"}]}
        said = json.loads(post(models, "/v1/chat/completions", body)[1])["choices"][0]["message"]["content"]
        assert said.startswith("train.py\n```\n<<<<<<< SEARCH\na = 1\n=======\na = 2\n>>>>>>> REPLACE\n```")
        assert said.endswith("done")


def test_a_script_may_decide_by_itself() -> None:
    def script(ask: Ask) -> Step:
        return Text(ask.prompt[::-1])

    with Models(script) as models:
        said = json.loads(post(models, "/v1/messages", anthropic(0))[1])["content"][0]["text"]
        assert said == "Experiment 1"[::-1]


def test_failures_on_demand() -> None:
    script = [Scene("Experiment 1", Fail(529, times=2), Text("at last")), Scene("Experiment 2", Fail(401))]
    failures = {4: Fail(429, retry_after=7)}
    with Models(script, failures=failures) as models:
        statuses = [post(models, "/v1/messages", anthropic(0))[0] for _ in range(5)]
        assert statuses == [529, 529, 200, 429, 200]
        status, text = post(models, "/v1/messages", anthropic(0, prompt="Experiment 2"))
        assert (status, json.loads(text)["error"]["type"]) == (401, "authentication_error")
        assert models.seen[3].answer == failures[4]
        request = urllib.request.Request(models.url + "/v1/nothing", b"{}")
        with pytest.raises(urllib.error.HTTPError, match="404") as missing:
            urllib.request.urlopen(request)
        missing.value.close()


def test_it_hangs_up_in_the_middle() -> None:
    with Models([Fail(hang_up=True)]) as models:
        assert post(models, "/v1/messages", anthropic(0, stream=True)) == (200, "event: message_start\ndata: {")
