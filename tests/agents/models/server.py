"""The server: requests in, the script's answers out, and a list of all that was asked."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from models import moves, wires
from models.script import Fail, Player, Script
from models.wires import Ask, Call, Usage

KINDS = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error", 529: "overloaded_error"}


@dataclass(frozen=True, slots=True)
class Seen:
    """One request, and what was answered."""

    number: int
    """From 1, requests to the model only."""
    ask: Ask
    headers: Mapping[str, str]
    """Names in small letters."""
    body: bytes
    answer: str | Call | Fail
    usage: Usage | None
    """None where it failed."""


class Models:
    """A provider on loopback for the length of a `with` block. Thread-safe."""

    def __init__(
        self,
        script: Script = (),
        *,
        failures: Mapping[int, Fail] | None = None,
        delay: float = 0.0,
        usage: Usage | None = None,
    ) -> None:
        """`failures` by number of the request, instead of the script. `delay` in seconds, before each answer.

        `usage` is what each call is said to have used; None makes it a quarter of its bytes.
        """
        self.seen: list[Seen] = []
        self._player = Player(script)
        self._failures = failures or {}
        self._delay = delay
        self._usage = usage
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.models = self  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def port(self) -> int:
        """Where it listens on 127.0.0.1."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Its base, without the `/v1` that some clients want."""
        return f"http://127.0.0.1:{self.port}"

    def answer(self, ask: Ask, headers: Mapping[str, str], body: bytes) -> Seen:
        """Decide, and note, what to say."""
        with self._lock:
            number = len(self.seen) + 1
            said = self._failures.get(number) or self._said(ask)
            usage = None if isinstance(said, Fail) else self._usage or _usage(body, said)
            seen = Seen(number, ask, headers, body, said, usage)
            self.seen.append(seen)
        time.sleep(said.after if isinstance(said, Fail) else self._delay)
        return seen

    def _said(self, ask: Ask) -> str | Call | Fail:
        steps = self._player.steps(ask)
        return steps[0] if isinstance(steps[0], Fail) else moves.move(steps, ask)


def _usage(body: bytes, said: str | Call) -> Usage:
    length = len(said) if isinstance(said, str) else len(json.dumps(said.arguments))
    return Usage(max(1, len(body) // 4), max(1, length // 4))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Silence."""

    def do_GET(self) -> None:
        known = self.path.split("?")[0].rstrip("/").endswith("/models")
        self._json(
            {"object": "list", "data": [{"id": "scripted", "object": "model"}], "models": []}, 200 if known else 404
        )

    def do_HEAD(self) -> None:
        self._json({}, 200)

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.split("?")[0]
        if path.endswith("/count_tokens"):
            return self._json({"input_tokens": len(raw) // 4}, 200)
        if path.endswith(":countTokens"):
            return self._json({"totalTokens": len(raw) // 4}, 200)
        try:
            ask = wires.parse(path, json.loads(raw or b"{}"))
        except ValueError:
            return self._error(Fail(400))
        if ask is None:
            return self._error(Fail(404))
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            self._answer(self.server.models.answer(ask, headers, raw))  # type: ignore[attr-defined]
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the client was killed, or lost patience

    def _answer(self, seen: Seen) -> None:
        if isinstance(seen.answer, Fail):
            return self._error(seen.answer)
        assert seen.usage is not None
        events = wires.events(seen.ask, seen.answer, seen.usage, f"{seen.number:08d}")
        if not seen.ask.stream:
            return self._json(next(events)[1], 200)
        self._begin_stream()
        for name, data in events:
            text = data if isinstance(data, str) else json.dumps(data)
            self.wfile.write((f"event: {name}\n" if name else "").encode() + f"data: {text}\n\n".encode())
        return None

    def _begin_stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True

    def _error(self, fail: Fail) -> None:
        if fail.hang_up:
            self._begin_stream()
            self.wfile.write(b"event: message_start\ndata: {")
            return
        kind = KINDS.get(fail.status, "api_error")
        text = f"scripted failure {fail.status}"
        error = {"type": kind, "message": text, "code": fail.status, "status": kind.upper()}
        self._json({"type": "error", "error": error}, fail.status, retry_after=fail.retry_after)

    def _json(self, data: Any, status: int, *, retry_after: float | None = None) -> None:
        body = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if retry_after is not None:
            self.send_header("Retry-After", f"{retry_after:g}")
        self.end_headers()
        self.wfile.write(body)
