"""Sandboxes: each runs what we do not trust, and proves what it gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from autoresearch.errors import SandboxError, UserError
from autoresearch.protocols import Sandbox
from autoresearch.sandboxes.properties import PROPERTIES

__all__ = ["PROPERTIES", "choose", "make"]

BEST_FIRST = ("bubblewrap", "embedded", "seatbelt")


def make(name: str, *, hide: tuple[Path, ...] = ()) -> Sandbox:
    """The backend called `name` (`none` included); no box of it may be able to read `hide`. Raises UserError."""
    from autoresearch.sandboxes.bubblewrap import Bubblewrap
    from autoresearch.sandboxes.embedded import Embedded
    from autoresearch.sandboxes.seatbelt import Seatbelt
    from autoresearch.sandboxes.unsafe import Unsafe

    backends: dict[str, Callable[[], Sandbox]] = {
        "bubblewrap": lambda: Bubblewrap(hide=hide),
        "embedded": lambda: Embedded(hide=hide),
        "seatbelt": lambda: Seatbelt(hide=hide),
        "none": Unsafe,
    }
    if name not in backends:
        raise UserError(f"there is no sandbox called {name!r}", fix=f"use one of auto, {', '.join(backends)}")
    return backends[name]()


def choose(name: str, require: Iterable[str], *, hide: tuple[Path, ...] = ()) -> tuple[Sandbox, Mapping[str, bool]]:
    """The backend called `name`, or for `auto` the first on this machine that proves everything in `require`.

    Returns it with what its canary saw to hold. Raises SandboxError, with what would help, when none does; there is no
    fallback to less.
    """
    from autoresearch.sandboxes.advice import advice

    required = list(require)
    unknown = [item for item in required if item not in PROPERTIES]
    if unknown:
        raise SandboxError(
            f"no sandbox has a property called {unknown[0]!r}", fix=f"require only {', '.join(PROPERTIES)}"
        )
    refusals: dict[str, str] = {}
    for candidate in BEST_FIRST if name == "auto" else (name,):
        sandbox = make(candidate, hide=hide)
        try:
            proven = sandbox.probe()
        except SandboxError as error:
            refusals[candidate] = error.message
            continue
        missing = [item for item in required if not proven[item]]
        if not missing:
            return sandbox, proven
        refusals[candidate] = f"not proven here: {', '.join(missing)}"
    raise SandboxError(
        "no sandbox proves what the task requires ("
        + "; ".join(f"{key}: {why}" for key, why in refusals.items())
        + ")",
        fix=advice(refusals),
    )
