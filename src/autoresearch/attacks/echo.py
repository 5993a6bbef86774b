"""A provider that no one should have: it repeats whatever it is told, the key and the whole request included."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from autoresearch.agents.access import Access
from autoresearch.uplink import Prices, named

KEY_ENV = "ATTACK_KEY"
"""Environment variable of the engine's that holds the key attacks go for."""
TOKENS = 5_000
A_CALL = 500
"""Tokens of one attempt, and of every answer."""


class _Echo(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        asked = self.rfile.read(int(self.headers["content-length"]))
        told = {"type": "text", "text": f"{self.headers}\n{self.path}\n{asked.decode()}"}
        usage = {"input_tokens": A_CALL, "output_tokens": 0}
        body = json.dumps({"type": "message", "role": "assistant", "content": [told], "usage": usage}).encode()
        self._answer(200, body)

    def do_GET(self) -> None:
        self.send_response(302)
        self.send_header("location", "http://192.0.2.1/")
        self.send_header("content-length", "0")
        self.end_headers()

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def echo(*, key_env: str = "") -> Iterator[Access]:
    """Access to such a provider on this machine, with the key that is in `key_env`, if that is named."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Echo) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        provider = named("echo", url=url, wire="anthropic", key_env=[key_env] if key_env else None)
        try:
            yield Access(provider, TOKENS, None, Prices({}))
        finally:
            server.shutdown()
            thread.join()
