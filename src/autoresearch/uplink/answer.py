"""The provider's answer to one request, on its way back to the program."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from autoresearch.uplink.asking import Request
from autoresearch.uplink.minutes import short
from autoresearch.uplink.providers import ANSWER_SECONDS
from autoresearch.uplink.trouble import Trouble, line, refused
from autoresearch.uplink.usage import Meter, Usage
from autoresearch.uplink.wires import Call

if TYPE_CHECKING:
    from autoresearch.uplink.exchange import Exchange

MOST_BYTES = 64 * 2**20
MOST_KEPT = 2**20
CHUNK = 1 << 16
PASSED_ON = (
    *("accept", "content-type", "user-agent", "anthropic-version", "anthropic-beta", "openai-beta", "x-app"),
    *("x-goog-api-client", "http-referer", "x-title"),
)
"""Headers of a request that reach the provider; the others are dropped, cookies and keys among them."""
HANDED_BACK = ("content-type", "retry-after", "retry-after-ms", "request-id", "x-request-id", "x-should-retry")
"""Headers of an answer that reach the program."""


@dataclass(frozen=True, slots=True)
class Question:
    """A request that may be passed on."""

    call: Call
    method: str
    target: str
    """Path and query at the provider."""
    model: str
    request: Request


class Answer:
    """One answer, from the connection to its last byte."""

    def __init__(self, exchange: Exchange, question: Question) -> None:
        self._exchange = exchange
        self._gate = exchange.gate
        self._question = question
        self._meter = Meter("")
        self._kept = bytearray()
        self._passed = 0

    def fetch(self) -> None:
        """Ask the provider, and pass its answer on as it comes."""
        connection = self._gate.provider.connection()
        try:
            connection.connect()
            with self._exchange.proxy.watching(connection.sock):
                self._ask(connection)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._fail(502, f"{self._gate.provider.url} cannot be reached: {str(error) or type(error).__name__}")
        finally:
            connection.close()

    def _ask(self, connection: http.client.HTTPConnection) -> None:
        question = self._question
        connection.sock.settimeout(ANSWER_SECONDS)
        body = question.request.body if question.method == "POST" else None
        connection.request(question.method, question.target, body, self._headers())
        with connection.getresponse() as answer:
            if answer.getheader("content-encoding", "identity") != "identity" or 300 <= answer.status < 400:
                self._fail(502, f"the provider answered {answer.status} in a way that is not passed on")
            else:
                self._take(answer)

    def _headers(self) -> dict[str, str]:
        given, key = self._exchange.headers, self._gate.key
        headers = {name.lower(): value for name, value in given.items() if _is_passed_on(name.lower())}
        for name, value in (key.headers if key else {}).items():
            beside = headers.get(name) if name == "anthropic-beta" else None
            headers[name] = f"{beside},{value}" if beside else value
        return headers | {"accept-encoding": "identity", "connection": "close"}

    def _take(self, answer: http.client.HTTPResponse) -> None:
        """Pass it on; what was used is booked even when it breaks off, or nobody waits for it any more."""
        self._meter = Meter(answer.getheader("content-type", ""))
        blotter, end, trouble = self._gate.blotter(), "", None
        try:
            self._begin(answer)
            for data in self._pieces(answer):
                self._send(self._read(blotter.feed(data)))
        except _NobodyThere:
            end = "the program went away"
        except (OSError, http.client.HTTPException) as error:
            end = f"the answer broke off: {str(error) or type(error).__name__}"
            trouble = Trouble(None, line(end))
        rest = self._read(blotter.rest())
        self._settle(answer, end, trouble)
        if not end:  # in the books before the program can know that it is whole
            with suppress(_NobodyThere):
                self._send(rest, last=True)

    def _read(self, clean: bytes) -> bytes:
        """Note a piece without the key in it: what is kept, counted and said of an answer must not have it either."""
        self._kept += clean[: MOST_KEPT - len(self._kept)]
        self._meter.feed(clean)
        return clean

    def _begin(self, answer: http.client.HTTPResponse) -> None:
        blotter = self._gate.blotter()
        found = {name: answer.getheader(name) for name in HANDED_BACK}
        headers = {name: blotter.whole(value.encode()).decode() for name, value in found.items() if value}
        if self._in_chunks:
            headers["transfer-encoding"] = "chunked"
        try:
            self._exchange.begin(answer.status, headers)
        except OSError:
            raise _NobodyThere from None

    def _pieces(self, answer: http.client.HTTPResponse) -> Iterator[bytes]:
        """The answer as it comes. Raises HTTPException when it ends too early, or never."""
        while data := answer.read1(CHUNK):
            self._passed += len(data)
            if self._passed > MOST_BYTES:
                raise http.client.HTTPException("it is too long")
            yield data
        if answer.length:
            raise http.client.IncompleteRead(b"", answer.length)

    @property
    def _in_chunks(self) -> bool:
        """Whether the program can tell a whole answer from a broken one."""
        return self._exchange.request_version == "HTTP/1.1"

    def _send(self, data: bytes, *, last: bool = False) -> None:
        if self._in_chunks:
            data = (b"%x\r\n%b\r\n" % (len(data), data) if data else b"") + (b"0\r\n\r\n" if last else b"")
        try:
            self._exchange.wfile.write(data)
        except OSError:
            raise _NobodyThere from None

    def _settle(self, answer: http.client.HTTPResponse, end: str, trouble: Trouble | None) -> None:
        """Into the books."""
        usage = self._meter.usage()
        if not end and not self._meter.ended:
            trouble = Trouble(None, "the answer ended in the middle")
        if answer.status >= 400:
            self._gate.fail(refused(answer.status, answer.getheader, bytes(self._kept)))
        elif self._question.call.thinks:
            passed = self._passed + (0 if usage else len(self._question.request.body))
            unknown = passed if usage is None or end or trouble else 0
            self._gate.book(self._question.model, usage, self._meter.trouble or trouble, unknown=unknown)
        self._note(answer.status, bytes(self._kept), usage, end)

    def _fail(self, status: int, why: str) -> None:
        """Answer in the place of a provider that did not."""
        self._gate.fail(Trouble(None, line(why)))
        self._note(status, why.encode(), None, "")
        self._exchange.reply(status, self._gate.provider.speaks.error(status, why))

    def _note(self, status: int, said: bytes, usage: Usage | None, end: str) -> None:
        question, minutes = self._question, self._gate.minutes
        minutes.note(
            asked=f"{question.method} {question.target}",
            taken_out=question.request.taken_out,
            said=minutes.news(question.request.body) if question.call.thinks else "",
            status=status,
            answer=short(said) if question.call.thinks or status >= 400 else "",
            tokens=usage.total if usage else None,
            end=end,
        )


class _NobodyThere(Exception):
    """The program does not wait for its answer any more."""


def _is_passed_on(name: str) -> bool:
    return name in PASSED_ON or name.startswith("x-stainless-")
