"""One attempt's uplink, from the key in our environment to the bill."""

from __future__ import annotations

from types import TracebackType
from typing import Self, TypeVar

from autoresearch.box import Endpoint
from autoresearch.uplink import prices as tables
from autoresearch.uplink.gate import Gate
from autoresearch.uplink.prices import Prices
from autoresearch.uplink.providers import Provider
from autoresearch.uplink.proxy import Proxy
from autoresearch.uplink.trouble import Trouble
from autoresearch.uplink.usage import Usage

T = TypeVar("T", int, float)
URL, KEY = "AUTORESEARCH_MODEL_URL", "AUTORESEARCH_MODEL_KEY"


class Uplink:
    """A way to one provider, for the length of a `with` block; what it tells afterwards stays readable. Thread-safe."""

    def __init__(
        self,
        provider: Provider,
        *,
        tokens: int | None = None,
        cost_usd: float | None = None,
        prices: Prices | None = None,
    ) -> None:
        """Nothing more is asked of the model once `tokens` or `cost_usd` are used up; None is without limit.

        `prices` default to those that come with the package. Raises UserError when the provider asks for a key and
        our environment holds none.
        """
        key, prices = provider.key(), prices or tables.listed()
        self._gate = Gate(provider, key, tokens=tokens, cost_usd=cost_usd, prices=prices)
        self._proxy: Proxy | None = None

    def __enter__(self) -> Self:
        self._proxy = Proxy(self._gate)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    @property
    def _open(self) -> Proxy:
        if self._proxy is None:
            raise RuntimeError("an uplink is open within its with block")
        return self._proxy

    @property
    def address(self) -> Endpoint:
        """For `Box(..., uplink=...)`. It is of use while the block lasts; several boxes may share it."""
        return Endpoint(self._open.port, self._open.listeners.fileno())

    @property
    def url(self) -> str:
        """Base URL for the program inside: the provider's own with our address in the place of its host.

        It has the provider's path behind it, so http://127.0.0.1:PORT/v1 where that is https://api.openai.com/v1.
        """
        return f"http://127.0.0.1:{self._open.port}{self._gate.provider.path}"

    @property
    def key(self) -> str:
        """What the program inside is told as key: random, worth something here only, and only while the block lasts."""
        return self._gate.token

    @property
    def env(self) -> dict[str, str]:
        """Where programs of that provider look for the two: its own variables, and `URL` and `KEY` for any program."""
        wire = self._gate.provider.speaks
        return {**dict.fromkeys((*wire.url_env, URL), self.url), **dict.fromkeys((wire.key_env, KEY), self.key)}

    @property
    def provider(self) -> Provider:
        """Who answers."""
        return self._gate.provider

    @property
    def usage(self) -> Usage:
        """Tokens, as the provider's own answers count them."""
        return self._gate.usage

    @property
    def tokens(self) -> int | None:
        """All tokens used; None when any answer did not say how many."""
        return None if self._gate.unmetered else self._gate.usage.total

    @property
    def cost_usd(self) -> float | None:
        """Dollars for them; None where a price or a count is unknown, which is not zero."""
        return self._gate.cost

    def bill(self, *, tokens: int | None = None, cost_usd: float | None = None) -> tuple[int | None, float | None]:
        """Tokens and dollars to be charged, given what the program itself says.

        Its own figure counts, unless ours is known and larger: it may know more than passed here, and has no reason to
        say less.
        """
        return _larger(tokens, self.tokens), _larger(cost_usd, self.cost_usd)

    @property
    def trouble(self) -> Trouble | None:
        """The provider's last error; None when its last answer was none."""
        return self._gate.trouble

    @property
    def limited(self) -> float:
        """Seconds the provider asked us to wait with its last answer; 0 when it did not."""
        return self._gate.trouble.wait if self._gate.trouble else 0.0

    @property
    def exhausted(self) -> bool:
        """Whether the program was turned away because the attempt's tokens or money were used up."""
        return self._gate.turned_away

    @property
    def refusals(self) -> tuple[str, ...]:
        """Requests that were not let through, a line each: where the program wanted to go instead."""
        return self._gate.refusals

    def transcript(self) -> bytes:
        """What passed, a line of JSON for each request, with neither key nor token in it, bounded at a megabyte."""
        return self._gate.minutes.text


def _larger(said: T | None, metered: T | None) -> T | None:
    return metered if said is None else said if metered is None else max(said, metered)
