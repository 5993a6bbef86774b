"""A new value written the way the old one was."""

from __future__ import annotations

import ast
import math
import re
from decimal import Decimal

from autoresearch.agents.tuner.hints import Value


def render(value: Value, like: str) -> str:
    """Python text of `value` in the style of the literal `like`: `3e-3` stays scientific, `1_000` keeps underscores.

    The text always reads back as exactly `value`, of the same type.
    """
    text = _styled(value, like.strip())
    return text if _reads_back(text, value) else repr(value)


def _reads_back(text: str, value: Value) -> bool:
    try:
        read = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return False
    return type(read) is type(value) and bool(read == value)


def _styled(value: Value, like: str) -> str:
    if isinstance(value, bool):
        return repr(value)
    if isinstance(value, int):
        return _whole(value, like)
    if isinstance(value, float):
        return _real(value, like)
    return _string(value, like)


def _whole(value: int, like: str) -> str:
    if like[:2].lower() in ("0x", "0o", "0b"):
        return format(value, "#" + like[1])
    return f"{value:_}" if "_" in like else str(value)


def _real(value: float, like: str) -> str:
    if not math.isfinite(value):
        return repr(value)
    scientific = re.search(r"([eE])([+-]?)(0?)\d+$", like)
    if scientific:
        return _scientific(value, *scientific.groups())
    text = format(Decimal(repr(value)), "f")
    whole, _, rest = text.partition(".")
    whole = f"{int(whole):_}" if "_" in like and abs(value) >= 1 else whole
    if like.lstrip("-").startswith(".") and whole in ("0", "-0") and rest.strip("0"):
        return f"{whole[:-1]}.{rest}"
    return f"{whole}." if like.endswith(".") and not rest.strip("0") else f"{whole}.{rest or '0'}"


def _scientific(value: float, e: str, plus: str, zero: str) -> str:
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    power = int(exponent) + len(digits) - 1
    tail = "".join(map(str, digits[1:]))
    mantissa = f"{'-' if sign else ''}{digits[0]}" + (f".{tail}" if tail else "")
    mark = "-" if power < 0 else "+" if plus == "+" else ""
    return f"{mantissa}{e}{mark}{'0' if zero and abs(power) < 10 else ''}{abs(power)}"


def _string(value: str, like: str) -> str:
    quote = like[-1:]
    plain = value.isprintable() and not set(value) & {quote, "\\", "{", "}"}
    return f"{quote}{value}{quote}" if plain and quote in ("'", '"') else repr(value)
