"""One request of a boxed program: checked, given the key, sent to the provider, and its answer passed back."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit

from autoresearch.uplink.answer import Answer, Question
from autoresearch.uplink.asking import NotAsked, Request, tamed
from autoresearch.uplink.trouble import line
from autoresearch.uplink.wires import TOLD, Call

if TYPE_CHECKING:
    from autoresearch.uplink.proxy import Proxy

REQUEST_SECONDS = 60.0
"""How long a program may take to send one request."""
MOST_REQUEST_BYTES = 16 * 2**20
MOST_TRAILERS = 100
CHUNK = 1 << 16
QUESTIONS = ("alt", "beta", "limit", "after_id", "before_id", "pageSize", "pageToken")
"""Parts of a query that reach the provider."""


class Refused(Exception):
    """A request that is not let through, and the status that says so."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status
        self.why = why


class Exchange(BaseHTTPRequestHandler):
    """A connection of a boxed program. It carries one request: a second one behind it is never read."""

    protocol_version = "HTTP/1.1"
    timeout = REQUEST_SECONDS

    def __init__(self, connection: socket.socket, proxy: Proxy) -> None:
        self.proxy = proxy
        self.gate = proxy.gate
        super().__init__(connection, ("", 0), None)  # type: ignore[arg-type]  # the class never looks at its server

    def handle_one_request(self) -> None:
        """Read one request and answer it."""
        with suppress(TimeoutError, ConnectionError):
            self.raw_requestline = self.rfile.readline(CHUNK + 1)
            if self.raw_requestline and self.parse_request():
                try:
                    self._serve()
                except Refused as refusal:
                    self._refuse(refusal.status, refusal.why)
        self.close_connection = True

    def _serve(self) -> None:
        call, model, path, query = self._asked()
        if call.thinks and (why := self.gate.spent()):
            self.gate.turn_away()
            raise Refused(400, why)
        body = self._body()
        request = self._tamed(body, path) if call.thinks else Request(body)
        target = self.gate.provider.path + path + (f"?{query}" if query else "")
        Answer(self, Question(call, self.command, target, model or request.model, request)).fetch()

    def _tamed(self, body: bytes, path: str) -> Request:
        """The body as it may be sent. One at a time: a text can be a hundred times larger once it is read."""
        try:
            with self.proxy.reading:
                return tamed(body, wire=self.gate.provider.wire, path=path)
        except NotAsked as error:
            raise Refused(403, str(error)) from None

    # What is asked for

    def _asked(self) -> tuple[Call, str, str, str]:
        """The call, its model, its path below the base URL and its query. Raises Refused."""
        if not self.path.startswith("/") or self.path.startswith("//"):
            raise Refused(403, "only paths of the provider can be asked for")
        parts = urlsplit(self.path)
        questions = parse_qsl(parts.query)
        if not self.gate.knows(self._keys(dict(questions).get("key", ""))):
            raise Refused(401, "this is not the key of this attempt")
        base = self.gate.provider.path
        below = parts.path.removeprefix(base)
        found = self.gate.provider.speaks.find(self.command, below) if parts.path.startswith(base) else None
        if found is None:
            raise Refused(403, "only the provider's models can be asked for")
        return *found, below, urlencode([(name, value) for name, value in questions if name in QUESTIONS])

    def _keys(self, asked: str) -> Iterator[str]:
        """Everything the request offers as a key."""
        yield asked
        for name in TOLD:
            for value in self.headers.get_all(name, []):
                yield value.removeprefix("Bearer ").strip()

    def _body(self) -> bytes:
        """The whole body, of one length that everybody agrees on. Raises Refused."""
        lengths, coded = self.headers.get_all("content-length", []), self.headers.get_all("transfer-encoding", [])
        if self.headers.get("content-encoding", "identity") != "identity":
            raise Refused(415, "a request must not be compressed")
        if coded:
            if lengths or [value.lower() for value in coded] != ["chunked"]:
                raise Refused(400, "the request has two lengths")
            return b"".join(self._chunks())
        if not lengths:
            return b""
        if len(lengths) > 1 or not re.fullmatch(r"[0-9]{1,12}", lengths[0]):
            raise Refused(400, "the request has no proper length")
        if int(lengths[0]) > MOST_REQUEST_BYTES:
            raise Refused(413, "the request is too large")
        return self._exactly(int(lengths[0]))

    def _chunks(self) -> Iterator[bytes]:
        total = 0
        while size := self._size():
            total += size
            if total > MOST_REQUEST_BYTES:
                raise Refused(413, "the request is too large")
            yield self._exactly(size)
            if self._exactly(2) != b"\r\n":
                raise Refused(400, "the request is cut into improper chunks")
        for _ in range(MOST_TRAILERS):
            if not self.rfile.readline(CHUNK).strip():
                return  # trailers say nothing that anybody here wants to know
        raise Refused(400, "the request does not end")

    def _size(self) -> int:
        size = self.rfile.readline(100).split(b";")[0].strip()
        if not re.fullmatch(rb"[0-9A-Fa-f]{1,8}", size):
            raise Refused(400, "the request is cut into improper chunks")
        return int(size, 16)

    def _exactly(self, size: int) -> bytes:
        data = self.rfile.read(size)
        if len(data) < size:
            raise ConnectionResetError("the program went away")
        return data

    # What is answered

    def _refuse(self, status: int, why: str) -> None:
        what = f"{status} {line(f'{self.command} {self.path}'[:200])}: {why}"
        self.gate.refuse(self.gate.blotter().whole(what.encode()).decode())
        self.gate.minutes.note(refused=what)
        self.reply(status, self.gate.provider.speaks.error(status, why))

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """What the parser of requests refuses by itself."""
        self.command, self.path = getattr(self, "command", None) or "", getattr(self, "path", "")
        self._refuse(code, message or "this is no request")

    def reply(self, status: int, body: bytes) -> None:
        """Answer in the provider's place."""
        self.begin(status, {"content-type": "application/json", "content-length": str(len(body))})
        if self.command != "HEAD":
            self.wfile.write(body)

    def begin(self, status: int, headers: dict[str, str]) -> None:
        """Send the head of an answer."""
        self.send_response_only(status)
        for name, value in {**headers, "connection": "close"}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is printed: the minutes have it."""
