"""Lines of JSON-RPC on one socket, with requests in both directions."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from typing import Any

MAX_LINE = 16 * 2**20
NOT_OFFERED, REFUSED = -32601, -32000
"""Error codes: there is no such method; you may not."""


class Broken(Exception):
    """The other side hung up, failed, or spoke nonsense. The message says which."""


class Refusal(Exception):
    """What a handler raises to answer a request with an error."""

    def __init__(self, sentence: str, code: int = REFUSED) -> None:
        super().__init__(sentence)
        self.code = code


class Wire:
    """Our side of the line. Not thread-safe: one thread talks."""

    def __init__(
        self, line: socket.socket, *, asked: Callable[[str, Any], Any], told: Callable[[str, Any], None]
    ) -> None:
        """`asked` answers the other side's requests, or raises Refusal; `told` hears its notifications."""
        self._line = line
        self._asked = asked
        self._told = told
        self._lines = self._read()
        self._last = 0

    def ask(self, method: str, params: Any) -> dict[str, Any]:
        """The answer to a request; what the other side asks meanwhile is answered. Raises Broken."""
        self._last += 1
        mine = self._last
        self._send({"id": mine, "method": method, "params": params})
        for message in self._lines:
            if "method" in message:
                self._hear(message)
            elif message.get("id") == mine:
                if "error" in message:
                    raise Broken(f"{method}: {_sentence(message['error'])}")
                result = message.get("result")
                return result if isinstance(result, dict) else {}
        raise Broken(f"it ended during {method}")

    def tell(self, method: str, params: Any) -> None:
        """Send a notification."""
        self._send({"method": method, "params": params})

    def _hear(self, message: dict[str, Any]) -> None:
        method, params = str(message["method"]), message.get("params")
        if "id" not in message:
            self._told(method, params)
            return
        try:
            answer: dict[str, Any] = {"result": self._asked(method, params)}
        except Refusal as refusal:
            answer = {"error": {"code": refusal.code, "message": str(refusal)}}
        self._send({"id": message["id"], **answer})

    def _send(self, message: dict[str, Any]) -> None:
        try:
            self._line.sendall(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        except OSError as error:
            raise Broken("it hung up") from error

    def _read(self) -> Iterator[dict[str, Any]]:
        """The messages as they come; a banner or other stray lines are passed over."""
        rest = b""
        while chunk := self._received():
            *lines, rest = (rest + chunk).split(b"\n")
            if len(rest) > MAX_LINE:
                raise Broken("it sent a line without end")
            yield from filter(None, map(_message, lines))

    def _received(self) -> bytes:
        try:
            return self._line.recv(1 << 16)
        except OSError:
            return b""


def _message(line: bytes) -> dict[str, Any] | None:
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) else None


def _sentence(error: object) -> str:
    if isinstance(error, dict):
        detail = error.get("data")
        return f"{error.get('message', 'an error')}" + (f" ({detail})" if detail else "")
    return str(error)
