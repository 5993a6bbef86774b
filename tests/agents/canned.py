"""A server on loopback that answers each request with the next of some prepared answers, the last one ever after."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Answer:
    """One prepared answer."""

    body: Any
    """JSON-able, or bytes."""
    status: int = 200
    after: float = 0.0
    """Seconds of silence before it."""
    drip: float = 0.0
    """Seconds before each byte of its body."""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Canned:
    """What was asked so far."""

    url: str
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)


@contextmanager
def canned(*answers: Answer | Callable[[int], Answer]) -> Iterator[Canned]:
    """Serve `answers`; a function makes one of the number of the request, counted from 0."""
    heard = Canned("")

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_POST(self) -> None:
            heard.asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            heard.headers.append({name.lower(): value for name, value in self.headers.items()})
            heard.paths.append(self.path)
            number = len(heard.asked) - 1
            answer = answers[min(number, len(answers) - 1)]
            answer = answer if isinstance(answer, Answer) else answer(number)
            time.sleep(answer.after)
            body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            try:
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                for i in range(len(body) if answer.drip else 0):
                    time.sleep(answer.drip)
                    self.wfile.write(body[i : i + 1])
                self.wfile.write(b"" if answer.drip else body)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        heard.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield heard
        finally:
            server.shutdown()
            thread.join()


def chat(text: str | None, *, ended: str = "stop", **message: Any) -> dict[str, Any]:
    """An answer as OpenAI's chat completions have it."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": "local-1",
        "choices": [{"index": 0, "finish_reason": ended, "message": {"role": "assistant", "content": text, **message}}],
        "usage": {"prompt_tokens": 1000, "completion_tokens": 50, "total_tokens": 1050},
    }


def messages(text: str, *, ended: str = "end_turn") -> dict[str, Any]:
    """An answer as Anthropic's Messages have it, thought before it included."""
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-1",
        "content": [{"type": "thinking", "thinking": "LR?", "signature": "s"}, {"type": "text", "text": text}],
        "stop_reason": ended,
        "usage": {"input_tokens": 900, "cache_read_input_tokens": 100, "output_tokens": 50},
    }


def edit(old: str, new: str, *, path: str = "train.py") -> str:
    """A complete answer."""
    return (
        "SUMMARY: larger steps\nHYPOTHESIS: they reach further\n"
        "EXPECTED: 0.1 lower\nRISK: it diverges\nNOTE: #3 did\n\n"
        f"FILE: {path}\n<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE\n"
    )
