"""A conversation with a model: asked patiently, counted, written down."""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from autoresearch import clean
from autoresearch.agents.llm.edits import Unfit
from autoresearch.agents.llm.endpoint import Endpoint
from autoresearch.agents.llm.post import Response, TooLong, Unreachable, post
from autoresearch.agents.llm.wires import Ask, End, Reply, Turn
from autoresearch.agents.patience import Busy, Patience
from autoresearch.agents.trouble import cause_of, passes
from autoresearch.budget import Left, least
from autoresearch.causes import Cause
from autoresearch.errors import Foul
from autoresearch.records import Outcome
from autoresearch.uplink.prices import MILLION
from autoresearch.uplink.trouble import refused, said
from autoresearch.uplink.usage import Usage

LEAST_TOKENS: Final = 256
"""An answer that may not even have so many is not worth asking for."""
MOST_NAMED: Final = 100
"""Characters of the name a model gives itself."""
BYTES_PER_TOKEN: Final = 3
"""Fewer than there are in most text, so that an estimate from bytes errs to the safe side."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one attempt may use."""

    seconds: float
    """Of the model's own time, waits for a busy provider left out."""
    written: int
    """Tokens of one answer."""
    tokens: int | None = None
    """Of all questions and answers together; None is no limit."""
    cost_usd: float | None = None
    """Of the same; None is no limit. A cost that is not known is above any limit."""

    def within(self, left: Left) -> Allowance:
        """The same, with no more than the night has left."""
        return replace(self, tokens=least(self.tokens, left.tokens), cost_usd=least(self.cost_usd, left.cost_usd))


@dataclass(slots=True)
class Talk:
    """One attempt's conversation."""

    model: str
    system: str
    endpoint: Endpoint
    allowance: Allowance
    temperature: float | None
    turns: list[Turn] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    seconds: float = 0.0
    """Spent on answers and on failed tries."""
    lost: bool = False
    """Whether a try broke off whose tokens nobody counted."""
    pages: list[str] = field(default_factory=list)
    """The transcript."""

    def say(
        self, text: str, *, patience: Patience, stop: threading.Event, seed: str, tell: Callable[[str, float], None]
    ) -> str:
        """Put `text` to the model and give its answer.

        Raises Unfit for an answer that is no use (cut off, declined), Foul when none is to be had, Interrupted.
        """
        self.turns.append(Turn("user", text))
        self._note("user", text)
        reply = patience.through(lambda: self._asked(stop, tell), stop=stop, seed=seed, say=tell)
        self.replies.append(reply)
        self.turns.append(Turn("assistant", reply.text or "(nothing)"))
        tokens = reply.usage.total if reply.usage else "unknown"
        self._note(f"{reply.model or 'assistant'} (tokens: {tokens})", reply.text)
        if reply.end is End.REFUSED:
            raise Unfit(Cause.REFUSED, "the model declined")
        if reply.end is End.LENGTH:
            raise Unfit(Cause.TRUNCATED, "the answer was cut off at its limit of tokens", detail="Make a smaller edit.")
        return reply.text

    @property
    def tokens(self) -> int | None:
        """Of everything so far; None is unknown."""
        used = [reply.usage.total for reply in self.replies if reply.usage]
        return None if self.lost or len(used) < len(self.replies) else sum(used)

    @property
    def cost_usd(self) -> float | None:
        """Of everything so far; None is unknown."""
        if self.tokens is None:
            return None
        costs = [self._cost(reply.model, reply.usage) for reply in self.replies if reply.usage]
        known = [cost for cost in costs if cost is not None]
        return None if len(known) < len(costs) else sum(known)

    def _cost(self, answered: str, usage: Usage) -> float | None:
        """Of one answer: at the price of the name it came under, else of the one that was asked for."""
        cost = self.endpoint.cost(answered or self.model, usage)
        return self.endpoint.cost(self.model, usage) if cost is None else cost

    def transcript(self) -> bytes:
        """The whole conversation as text, without the key."""
        head = f"{self.model} at {self.endpoint.provider.url}\n\n======== system\n{self.system}\n"
        return self.endpoint.without_key(head + "".join(self.pages)).encode()

    def _note(self, who: str, text: str) -> None:
        self.pages.append(f"\n======== {who}\n{text}\n")

    def _asked(self, stop: threading.Event, tell: Callable[[str, float], None]) -> Reply:
        """One try. Raises Busy when another may fare better."""
        ask = Ask(self.model, self.system, self.turns, self._room(), self.temperature)
        left, place = max(1.0, self.allowance.seconds - self.seconds), self.endpoint
        tell(f"asking {self.model}", left)
        began = time.monotonic()
        try:
            data = json.dumps(place.wire.body(ask)).encode()
            connection = place.provider.connection()
            return self._reply(post(connection, place.target, place.headers, data, seconds=left, stop=stop))
        except Unreachable as error:
            self.lost |= error.sent
            raise self._busy(Cause.MODEL, f"{place.host} cannot be reached: {error}") from None
        except TimeoutError:
            self.lost = True
            raise Foul(Outcome.TIMEOUT, f"the model ran into its limit of {self.allowance.seconds:g} s") from None
        except TooLong as error:
            self.lost = True
            raise Foul(Outcome.CRASH, str(error), cause=Cause.FLOOD) from None
        finally:
            self.seconds += time.monotonic() - began

    def _room(self) -> int:
        """Tokens the next answer may have. Raises Foul when the attempt's own limits leave too few."""
        room: float = self.allowance.written
        tokens, cost = self.allowance.tokens, self.allowance.cost_usd
        read = (len(self.system) + sum(len(turn.text.encode()) for turn in self.turns)) // BYTES_PER_TOKEN
        if tokens is not None:
            used = self.tokens if self.tokens is not None else 2 * read
            room = min(room, _enough(tokens - used - read, f"{tokens:,} tokens"))
        if cost is not None:
            room = min(room, _enough(self._bought(cost, read), f"{cost:g} US$"))
        return int(room)

    def _bought(self, most: float, read: int) -> float:
        """Tokens of an answer that `most` dollars pay for after a question of `read` tokens. Raises Foul: unknown."""
        if why := self.endpoint.unpriced(self.model):
            raise Foul(Outcome.CRASH, why, cause=Cause.TOKENS)
        question = self.endpoint.cost(self.model, Usage(input=read))
        both = self.endpoint.cost(self.model, Usage(input=read, output=MILLION))
        if self.cost_usd is None or question is None or both is None:
            raise Foul(
                Outcome.CRASH, f"what it cost is unknown, so its limit of {most:g} US$ ends it", cause=Cause.TOKENS
            )
        left = most - self.cost_usd - question
        return left / (both - question) * MILLION if both > question else math.copysign(math.inf, left)

    def _reply(self, response: Response) -> Reply:
        body = _json(response.body)
        if response.status != 200 or "error" in body:
            raise self._trouble(response, body)
        try:
            reply = self.endpoint.wire.reply(body)
            return replace(reply, text=clean.writable(reply.text), model=clean.line(reply.model, MOST_NAMED))
        except (KeyError, TypeError, ValueError, IndexError, AttributeError):
            self.lost = True
            reason = f"{self.endpoint.host} answered in no form we know: {said(response.body)}"
            raise Foul(Outcome.CRASH, self.endpoint.without_key(reason), cause=Cause.MODEL) from None

    def _trouble(self, response: Response, body: dict[str, Any]) -> Exception:
        """The provider's error, as something that passes or does not."""
        status = response.status if response.status != 200 else _code(body)
        trouble = refused(status, response.headers.get, response.body)
        cause = cause_of(status, trouble.text)
        reason = f"{self.endpoint.host} answered with status {status}: {trouble.text}"
        if passes(status, cause):
            return self._busy(cause, reason, after=trouble.wait)
        return Foul(Outcome.CRASH, self.endpoint.without_key(reason), cause=cause)

    def _busy(self, cause: Cause, reason: str, *, after: float = 0.0) -> Busy:
        self._note("no answer", reason)
        return Busy(cause, self.endpoint.without_key(reason), after=after)


def _enough(tokens: float, limit: str) -> float:
    """`tokens`, as far as they are worth an answer. Raises Foul."""
    if tokens < LEAST_TOKENS:
        raise Foul(Outcome.CRASH, f"its limit of {limit} allows no answer", cause=Cause.TOKENS)
    return tokens


def _json(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _code(body: dict[str, Any]) -> int:
    """The status an error inside of a good answer claims."""
    error = body.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, int) else 500
