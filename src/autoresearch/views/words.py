"""Numbers and strangers' text, made fit for a sentence."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from autoresearch.records import TrustClass

MINUS = "−"


@dataclass(frozen=True, slots=True)
class Figures:
    """How one epoch's numbers are written: as many decimals as its noise makes meaningful, and the unit."""

    unit: str = ""
    decimals: int | None = None
    """None writes six significant digits."""

    @classmethod
    def of(cls, unit: str, sigma: float | None) -> Figures:
        """Two significant digits of `sigma`, the standard deviation of one run."""
        if not sigma or not math.isfinite(sigma):
            return cls(unit)
        return cls(unit, min(12, max(0, 1 - math.floor(math.log10(sigma)))))

    def value(self, number: float | None) -> str:
        """`number` without its unit; "unknown" when there is none, or it is not a number."""
        if number is None or math.isnan(number):
            return "unknown"
        if math.isinf(number):
            return "∞" if number > 0 else MINUS + "∞"
        wide = self.decimals is None or abs(number) >= 1e15
        text = f"{number:.6g}" if wide else f"{number:,.{self.decimals}f}"
        return text.replace("-", MINUS) if text.strip("-0.") else text.lstrip("-")

    def signed(self, number: float | None) -> str:
        """`number` with its sign."""
        text = self.value(number)
        return "+" + text if number is not None and number > 0 else text

    def with_unit(self, number: float | None) -> str:
        """`number` and its unit."""
        return f"{self.value(number)} {self.unit}".rstrip()

    def interval(self, low: float, high: float) -> str:
        """A range of signed numbers."""
        return f"{self.signed(low)} .. {self.signed(high)}"

    def span(self, low: float, high: float) -> str:
        """A range of plain numbers."""
        return f"{self.value(low)} .. {self.value(high)}"


def count(number: int, noun: str) -> str:
    """`number` and `noun`, in the plural where it belongs."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def certified_as(trust_class: str) -> str:
    """The word a certificate is told with: where candidate and metric share a process it says so, every time."""
    return "self-reported, certified" if trust_class == TrustClass.SELF_REPORTED else "certified"


def plain(text: str, limit: int = 200) -> str:
    """Strangers' text as one line: control and direction-changing characters shown as �, at most `limit` characters."""
    line = " ".join(text[: 4 * limit + 100].split())
    line = "".join(char if is_harmless(char) else "�" for char in line)
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def muted(text: str, limit: int = 160) -> str:
    """Strangers' text as one line that mentions nobody, links nothing and closes no issue where it is read."""
    text = re.sub(r"([#@])(?=\w)", r"\1 ", plain(text, limit))
    return re.sub(r"(?i)\b(GH)-(?=\d)", r"\1 ", text).replace("://", ": //")


def is_harmless(char: str) -> bool:
    """Whether `char` neither controls a terminal nor reorders or hides its neighbours."""
    return char == "\u200d" or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def duration(seconds: float) -> str:
    """`seconds` as people say it: 0.4 s, 12 s, 5 min 20 s, 7 h 05 min."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600:,} h {whole % 3600 // 60:02d} min"


def numbers(items: Sequence[int], limit: int = 8) -> str:
    """`items` as a list for reading, cut after `limit`."""
    shown = ", ".join(str(item) for item in items[:limit])
    return shown if len(items) <= limit else f"{shown} and {len(items) - limit:,} more"
