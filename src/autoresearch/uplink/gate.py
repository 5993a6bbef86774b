"""The gate: what one attempt may still use, and what it has used. Shared by all connections of its proxy."""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Iterable

from autoresearch.uplink.minutes import Minutes
from autoresearch.uplink.prices import Prices
from autoresearch.uplink.providers import Key, Provider
from autoresearch.uplink.secret import Blotter
from autoresearch.uplink.trouble import Trouble
from autoresearch.uplink.usage import Usage

BYTES_PER_TOKEN = 4
"""A guess, for what answers do not say or were cut before: it counts against the limit and is reported nowhere."""
MOST_REFUSALS = 100


class Gate:
    """Who gets through, and the books on it. Thread-safe."""

    def __init__(
        self, provider: Provider, key: Key | None, *, tokens: int | None, cost_usd: float | None, prices: Prices
    ) -> None:
        self.provider = provider
        self.key = key
        self.token = f"uplink-{secrets.token_hex(24)}"
        self.minutes = Minutes(self.blotter())
        self._most_tokens = tokens
        self._most_cost = cost_usd
        self._prices = prices
        self._lock = threading.Lock()
        self._usage = Usage()
        self._cost: float | None = 0.0
        self._guessed = 0
        self._unmetered = 0
        self._trouble: Trouble | None = None
        self._refusals: list[str] = []
        self._turned_away = False

    def blotter(self) -> Blotter:
        """For one stream of bytes that neither the key nor the token may be in."""
        key = self.key.value if self.key else ""
        return Blotter([key, key.replace("/", "\\/"), self.token])  # JSON may write a slash in two ways

    def knows(self, told: Iterable[str]) -> bool:
        """Whether any of what a request offers as a key is this attempt's token."""
        return sum(hmac.compare_digest(one.encode(), self.token.encode()) for one in told) > 0

    def spent(self) -> str:
        """Why nothing more may be asked of the model; empty while something may."""
        with self._lock:
            if self._most_tokens is not None and self._usage.total + self._guessed >= self._most_tokens:
                return f"this attempt's limit of {self._most_tokens} tokens is used up"
            if self._most_cost is not None and self._cost is not None and self._cost >= self._most_cost:
                return f"this attempt's limit of {self._most_cost:g} dollars is used up"
            return ""

    def turn_away(self) -> None:
        """Note that the limit was seen to hold."""
        with self._lock:
            self._turned_away = True

    def book(self, model: str, usage: Usage | None, trouble: Trouble | None, *, unknown: int) -> None:
        """Note an answer of the model's, what was wrong with it, and how many bytes of it nobody counted."""
        price = self._prices.of(model)
        with self._lock:
            self._trouble = trouble
            self._guessed += unknown // BYTES_PER_TOKEN
            if usage is None:
                self._unmetered += 1
                self._cost = None
                return
            self._usage += usage
            self._cost = None if self._cost is None or price is None else self._cost + price.of(usage)

    def fail(self, trouble: Trouble) -> None:
        """Note that the provider did not answer."""
        with self._lock:
            self._trouble = trouble

    def refuse(self, what: str) -> None:
        """Note a request that was not let through."""
        with self._lock:
            if len(self._refusals) < MOST_REFUSALS:
                self._refusals.append(what)

    @property
    def usage(self) -> Usage:
        """What the answers so far say they used."""
        with self._lock:
            return self._usage

    @property
    def unmetered(self) -> int:
        """How many answers did not say what they used."""
        with self._lock:
            return self._unmetered

    @property
    def cost(self) -> float | None:
        """Dollars so far; None where a price or a count is unknown."""
        with self._lock:
            return self._cost

    @property
    def trouble(self) -> Trouble | None:
        """See `Trouble`; None when the last answer was one."""
        with self._lock:
            return self._trouble

    @property
    def refusals(self) -> tuple[str, ...]:
        """What was not let through, the first hundred."""
        with self._lock:
            return tuple(self._refusals)

    @property
    def turned_away(self) -> bool:
        """Whether anything was refused because the limit was used up."""
        with self._lock:
            return self._turned_away
