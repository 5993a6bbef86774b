"""Secrets kept out of what is written or passed on."""

from __future__ import annotations

from collections.abc import Iterable

BLANK = b"[key]"


class Blotter:
    """Takes secrets out of one stream of bytes, also where the stream was cut in the middle of one."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = tuple(secret.encode() for secret in secrets if secret)
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """The next piece without them. What may be the beginning of one is held back until it is known."""
        text = self._blotted(self._held + data)
        held = max((_beginning(text, secret) for secret in self._secrets), default=0)
        self._held = text[len(text) - held :]
        return text[: len(text) - held]

    def rest(self) -> bytes:
        """What was held back, at the end of the stream."""
        text, self._held = self._held, b""
        return text

    def whole(self, data: bytes) -> bytes:
        """`data`, complete, without them."""
        return self._blotted(data)

    def _blotted(self, text: bytes) -> bytes:
        for secret in self._secrets:
            text = text.replace(secret, BLANK)
        return text


def _beginning(text: bytes, secret: bytes) -> int:
    """Length of the longest end of `text` that `secret` begins with."""
    longest = min(len(text), len(secret) - 1)
    return next((size for size in range(longest, 0, -1) if secret.startswith(text[-size:])), 0)
