"""Which way is better, where the file does not say: from the metric's name, else from what they kept, and said so."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from autoresearch.readers.foreign import Reader, Row
from autoresearch.readers.words import outcome_of
from autoresearch.records import Direction, Outcome

_LOWER = frozenset(
    "bpb loss rmse mae mse mape error errors err wer cer ppl perplexity nll time latency seconds sec secs ms us ns µs"  # noqa: SIM905
    " duration bytes kb mb size cost regret memory allocations failures failed misses entropy wall runtime".split()
)
_HIGHER = frozenset(
    "acc accuracy psnr ssim f1 auc auroc reward throughput tflops gflops flops mfu fps ops sharpe speedup qps"  # noqa: SIM905
    " rps bleu rouge iou map r2 coverage passed passing tok tokens precision recall wins elo efficiency".split()
)


def way(found: Reader) -> tuple[Direction, str]:
    """Which way a segment improves, and the doubt there is in that."""
    if found.direction is not None:
        return found.direction, ""
    said, seen = named(f"{found.metric} {found.unit}"), _kept(found.rows)
    if said is not None:
        odd = seen is not None and seen is not said
        return said, f"{found.metric}: its name says {said}, what they kept says {seen}" if odd else ""
    if seen is not None:
        return seen, f"{found.metric}: the file does not say which way is better; what they kept says {seen}"
    assumed = _assumed(found.metric)
    return assumed, f"{found.metric}: nothing says which way is better; {assumed} is assumed"


def likely(name: str) -> Direction:
    """Which way a metric of this name most likely improves: a guess, to be told as one."""
    return named(name) or _assumed(name)


def named(name: str) -> Direction | None:
    """Which way a metric of this name improves; None where the name does not tell."""
    words = set(re.findall(r"[a-zµ]+[0-9]*", name.lower().replace("\u03bc", "µ")))
    rate = bool(re.search(r"/\s*s(ec)?\b|_per_(s|sec|second)\b", name.lower()))
    low, high = bool(words & _LOWER) and not rate, bool(words & _HIGHER) or rate
    if low == high:
        return None
    return Direction.MINIMIZE if low else Direction.MAXIMIZE


def _assumed(name: str) -> Direction:
    return Direction.MAXIMIZE if "score" in name.lower() else Direction.MINIMIZE


def _kept(rows: Sequence[Row]) -> Direction | None:
    """Where most of the steps from keep to keep go; None when there are fewer than two, or as many down as up."""
    kept = [r.value for r in rows if r.value is not None and outcome_of(r.status, is_first=False)[0] is Outcome.KEEP]
    down = sum(b < a for a, b in pairwise(kept))
    up = sum(b > a for a, b in pairwise(kept))
    if down + up < 2 or down == up:
        return None
    return Direction.MINIMIZE if down > up else Direction.MAXIMIZE
