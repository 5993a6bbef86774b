"""Amounts: what somebody says was used. Beyond these bounds it is nobody's bill, and as unknown as none at all."""

from __future__ import annotations

MOST_TOKENS = 10**12
MOST_USD = 1e9


def tokens(value: object) -> int | None:
    """`value` as a count of tokens; None for what is none."""
    is_count = isinstance(value, int) and not isinstance(value, bool)
    return value if is_count and 0 <= value <= MOST_TOKENS else None  # type: ignore[operator, return-value]


def usd(value: object) -> float | None:
    """`value` as dollars; None for what is none."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value <= MOST_USD else None  # type: ignore[arg-type, operator]
