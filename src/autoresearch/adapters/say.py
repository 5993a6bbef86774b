"""`METRIC name=value`, one line a number; and how an adapter ends when there is none."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Mapping
from typing import NoReturn


def metrics(values: Mapping[str, float]) -> None:
    """Print every finite number under a name a task file can ask for. The first of two that end up alike stays."""
    said: set[str] = set()
    sys.stdout.flush()
    for name, value in values.items():
        safe = metric_name(name)
        if math.isfinite(value) and safe not in said:
            said.add(safe)
            print(f"METRIC {safe}={value!r}", flush=True)


def metric_name(name: str) -> str:
    """`name` in the letters a task file allows: µ becomes u, anything else an underscore."""
    safe = re.sub(r"[^A-Za-z0-9_./-]", "_", name.replace("\u00b5", "u").replace("\u03bc", "u"))
    return (safe if re.match(r"[A-Za-z_]", safe) else f"_{safe}")[:64]


def numbers(found: object, prefix: str = "") -> dict[str, float]:
    """Every number in nested dictionaries, by its dotted path. Booleans count as 0 and 1, as other tools count them."""
    if isinstance(found, (bool, int, float)):
        try:
            return {prefix: float(found)} if prefix else {}
        except OverflowError:
            return {}
    if not isinstance(found, Mapping):
        return {}
    values: dict[str, float] = {}
    for name, each in found.items():
        values |= numbers(each, f"{prefix}.{name}" if prefix else str(name))
    return values


def fail(reason: str) -> NoReturn:
    """End without a number: a crash of the candidate's, never a zero."""
    sys.stdout.flush()
    print(reason, file=sys.stderr, flush=True)
    raise SystemExit(1)
