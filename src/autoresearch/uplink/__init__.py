"""The uplink: all of a network that an agent box gets, and the one place where a model's key is.

A proxy of ours listens on this machine for one attempt. The boxed program is told its address as base URL and a random
token as key; the proxy lets calls of the provider's own interface through, puts the real key in, counts tokens as the
answers pass, and remembers what was said. `Box(..., uplink=up.address)` lets the program reach it, and nothing else.

    with Uplink(named("anthropic"), tokens=200_000) as up:
        box = Box(argv, ..., env={"ANTHROPIC_BASE_URL": up.url, "ANTHROPIC_API_KEY": up.key}, uplink=up.address)
        sandbox.run(box)
    print(up.usage.total, up.cost_usd, up.trouble)
"""

from __future__ import annotations

from autoresearch.uplink.prices import Price, Prices
from autoresearch.uplink.providers import PROVIDERS, Provider, named
from autoresearch.uplink.trouble import Trouble
from autoresearch.uplink.uplink import Uplink
from autoresearch.uplink.usage import Usage

__all__ = ["PROVIDERS", "Price", "Prices", "Provider", "Trouble", "Uplink", "Usage", "named"]
