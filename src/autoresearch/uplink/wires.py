"""What providers speak: which calls there are, where a key goes, and what an error looks like."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

TOLD = ("authorization", "x-api-key", "x-goog-api-key", "api-key")
"""Headers in which clients carry a key, whatever they speak."""


@dataclass(frozen=True, slots=True)
class Call:
    """One thing a provider can be asked for."""

    method: str
    path: re.Pattern[str]
    """Below the base URL. The group `model` is the model's name, where the path has it."""
    thinks: bool = True
    """Whether a model answers, which costs tokens."""


@dataclass(frozen=True, slots=True)
class Wire:
    """One provider's interface, as far as a coding agent needs it."""

    name: str
    key_header: str
    calls: tuple[Call, ...]
    failed: Callable[[int, str], object]
    """The body of an error, from its status and a sentence."""
    url_env: tuple[str, ...]
    key_env: str
    """Environment variables in which programs that speak it look for a base URL, and for a key."""

    def find(self, method: str, path: str) -> tuple[Call, str] | None:
        """The call a request makes, and the model its path names; None for everything that is none."""
        for call in self.calls:
            if call.method == method and (match := call.path.fullmatch(path)):
                return call, match.groupdict().get("model") or ""
        return None

    def error(self, status: int, sentence: str) -> bytes:
        """An answer that its clients take for an error of the provider's."""
        return json.dumps(self.failed(status, sentence)).encode()


def _call(method: str, path: str, *, thinks: bool = True) -> Call:
    return Call(method, re.compile(path), thinks)


_NAME = r"[A-Za-z0-9][A-Za-z0-9._:@-]*"
"""Never `..`: a path must not lead anywhere else than it says."""
_LISTED = rf"/models(/{_NAME}(/{_NAME})?)?"
"""The list of models, or one of them; names such as vendor/model have a slash."""

_OPENAI_CALLS = (
    _call("POST", "/chat/completions"),
    _call("POST", "/responses"),
    _call("GET", _LISTED, thinks=False),
)
_OPENAI_URLS = ("OPENAI_BASE_URL", "OPENAI_API_BASE")


def _anthropic_failed(status: int, sentence: str) -> object:
    kinds = {401: "authentication_error", 403: "permission_error", 502: "api_error"}
    return {"type": "error", "error": {"type": kinds.get(status, "invalid_request_error"), "message": sentence}}


def _openai_failed(status: int, sentence: str) -> object:
    kind = "server_error" if status >= 500 else "invalid_request_error"
    return {"error": {"message": sentence, "type": kind, "param": None, "code": None}}


def _gemini_failed(status: int, sentence: str) -> object:
    kinds = {401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 502: "UNAVAILABLE"}
    return {"error": {"code": status, "message": sentence, "status": kinds.get(status, "FAILED_PRECONDITION")}}


WIRES: Mapping[str, Wire] = {
    wire.name: wire
    for wire in (
        Wire(
            "anthropic",
            "x-api-key",
            (
                _call("POST", "/v1/messages"),
                _call("POST", "/v1/messages/count_tokens", thinks=False),
                _call("GET", f"/v1{_LISTED}", thinks=False),
            ),
            _anthropic_failed,
            ("ANTHROPIC_BASE_URL",),
            "ANTHROPIC_API_KEY",
        ),
        Wire("openai", "authorization", _OPENAI_CALLS, _openai_failed, _OPENAI_URLS, "OPENAI_API_KEY"),
        Wire("responses", "authorization", _OPENAI_CALLS, _openai_failed, _OPENAI_URLS, "OPENAI_API_KEY"),
        Wire(
            "gemini",
            "x-goog-api-key",
            (
                _call("POST", rf"/v1(beta|alpha)?/models/(?P<model>{_NAME}):(streamGenerateContent|generateContent)"),
                _call("POST", rf"/v1(beta|alpha)?/models/{_NAME}:countTokens", thinks=False),
                _call("GET", rf"/v1(beta|alpha)?{_LISTED}", thinks=False),
            ),
            _gemini_failed,
            ("GOOGLE_GEMINI_BASE_URL",),
            "GEMINI_API_KEY",
        ),
    )
}
"""By name. Who speaks "openai" may be asked for responses as well, and the other way round."""
