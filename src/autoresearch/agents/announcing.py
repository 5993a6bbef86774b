"""Agents that say what they are doing, for `status` and the display."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable


@runtime_checkable
class Announcing(Protocol):
    """Optional for an agent: one without is merely silent. An agent made of agents passes it on."""

    on_phase: Callable[[str, float], None]
    """Hears the name of what begins, and its limit in seconds; replaced by the engine's own."""
