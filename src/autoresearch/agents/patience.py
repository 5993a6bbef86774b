"""Waiting for a provider without losing the experiment: one mechanism for every agent that talks to one.

    patience = Patience(3600.0)
    proposal = patience.through(attempt, stop=self.stop, seed=brief.number, say=self.on_phase)

`attempt` raises Busy when waiting may help; it is then called again, later, until it returns or patience is at its end.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from autoresearch.causes import Cause
from autoresearch.errors import Foul, Interrupted
from autoresearch.records import Outcome

T = TypeVar("T")

HOUR = 3600.0
FIRST_SECONDS = 2.0
LONGEST_SECONDS = 300.0
"""The first wait, and the longest that nobody asked for."""
OUTAGE_SECONDS = 300.0
"""How long all waits for a provider that is down may take: unlike a rate limit, nothing says that it will end."""


class Busy(Exception):
    """The provider cannot answer now. Waiting may help; `after` is how many seconds it asked for, 0 for none.

    `cost_usd` and `tokens` are what this try used up; None is unknown. `log` is its transcript.
    """

    def __init__(
        self,
        cause: Cause,
        reason: str,
        *,
        after: float = 0.0,
        log: bytes = b"",
        cost_usd: float | None = None,
        tokens: int | None = None,
    ) -> None:
        super().__init__(reason)
        self.cause = cause
        self.reason = reason
        self.after = after
        self.log = log
        self.cost_usd = cost_usd
        self.tokens = tokens


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one experiment may wait for its provider, all waits together."""

    seconds: float = HOUR
    first: float = FIRST_SECONDS

    def within(self, seconds: float | None) -> Patience:
        """No more of it than `seconds`; None is no limit."""
        return self if seconds is None else replace(self, seconds=min(self.seconds, seconds))

    def through(
        self,
        attempt: Callable[[], T],
        *,
        stop: threading.Event,
        seed: int | str,
        say: Callable[[str, float], None] = lambda *_: None,
    ) -> T:
        """What `attempt` returns, however often it has to be made.

        `say` hears what is waited for and for how many seconds. Raises Foul (CRASH, with the last cause) when the next
        wait would be longer than what is left, Interrupted when `stop` is set, and whatever else `attempt` raises.
        """
        waited, waits = 0.0, self._waits(seed)
        while True:
            try:
                return attempt()
            except Busy as busy:
                wait = max(next(waits), busy.after)
                if waited + wait > self._limit(busy.cause):
                    raise self._given_up(busy, waited, wait) from busy
                say(f"waiting for the provider ({busy.cause})", wait)
                if stop.wait(wait):
                    raise Interrupted("stopped while waiting for the provider; nothing recorded is lost") from busy
                waited += wait

    def _limit(self, cause: Cause) -> float:
        return min(self.seconds, OUTAGE_SECONDS) if cause is Cause.MODEL else self.seconds

    def _waits(self, seed: int | str) -> Iterator[float]:
        """Doubling waits, each spread over its upper half, so that many agents do not come back at once."""
        chance, wait = random.Random(f"patience {seed}"), self.first
        while True:
            yield wait * chance.uniform(0.5, 1.0)
            wait = min(2 * wait, LONGEST_SECONDS)

    def _given_up(self, busy: Busy, waited: float, wait: float) -> Foul:
        end = f"after {waited:.0f} s of waiting" if waited else f"and {wait:.0f} s is longer than we wait"
        reason = f"{busy.reason}, {end}"
        return Foul(
            Outcome.CRASH, reason, log=busy.log, cost_usd=busy.cost_usd, tokens=busy.tokens, cause=str(busy.cause)
        )
