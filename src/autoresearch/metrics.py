"""Reading a number from what a process wrote: strictly, because it may lie. Missing is never 0."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping

from autoresearch.errors import Foul
from autoresearch.records import Metric, Outcome

MAX_BYTES = 1 << 20
"""Of a metrics file. Larger ones are refused unread."""

RECORDS = "records"
"""Key of the scores of single records in a metrics file."""
MAX_RECORDS = 50_000

ACCUSATIONS = (Outcome.VIOLATION, Outcome.TIMEOUT, Outcome.CRASH)
"""What an evaluation may say of the candidate instead of a number."""

_NUMBER = r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?(?:nan|inf|infinity)"
_TAGGED = re.compile(rf"^METRIC\s+([A-Za-z_][\w./-]*)\s*=\s*({_NUMBER})\s*$", re.IGNORECASE)
_PLAIN = re.compile(rf"^([A-Za-z_][\w./-]*)\s*[:=]\s*({_NUMBER})\s*$", re.IGNORECASE)


def from_json(data: bytes, metric: Metric) -> dict[str, float]:
    """Metrics from a JSON object of name -> number.

    Raises Foul: what the evaluation accuses the candidate of (`{"violation": "why"}`, or timeout, or crash), and a
    crash when the file is not such an object, has duplicate keys, or lacks `metric`.
    """
    if len(data) > MAX_BYTES:
        raise Foul(Outcome.CRASH, f"the metrics file is larger than {MAX_BYTES} bytes")
    try:
        found = json.loads(data, object_pairs_hook=_unique, parse_constant=float)
    except (ValueError, RecursionError) as error:
        raise Foul(Outcome.CRASH, f"the metrics file is not a JSON object of numbers: {error}") from None
    if not isinstance(found, dict):
        raise Foul(Outcome.CRASH, "the metrics file is not a JSON object")
    for accusation in ACCUSATIONS:
        if isinstance(why := found.get(accusation), str):
            raise Foul(accusation, why)
    found.pop(RECORDS, None)
    for name, value in found.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise Foul(Outcome.CRASH, f"metric {name!r} is not a number but {type(value).__name__}")
    return checked({name: float(value) for name, value in found.items()}, metric)


def records(data: bytes, metric: Metric) -> tuple[float, ...]:
    """The scores of single records in a metrics file that `from_json` has read, in its order; empty without any.

    Raises Foul when they are not finite numbers, too many, or their mean is not the score: an interval of their mean
    would then be about something else than the metric.
    """
    found = json.loads(data).get(RECORDS)
    if found is None:
        return ()
    if not isinstance(found, list) or not all(type(each) in (int, float) and math.isfinite(each) for each in found):
        raise Foul(Outcome.CRASH, f"{RECORDS} is not a list of finite numbers")
    if not 0 < len(found) <= MAX_RECORDS:
        raise Foul(Outcome.CRASH, f"{RECORDS} has {len(found)} entries; 1 to {MAX_RECORDS} are read")
    mean, value = math.fsum(found) / len(found), float(json.loads(data)[metric.name])
    if not math.isclose(mean, value, rel_tol=1e-6, abs_tol=1e-9 * max(map(abs, found))):
        raise Foul(Outcome.CRASH, f"the mean of {RECORDS} is {mean:g}, but {metric.name} is {value:g}")
    return tuple(map(float, found))


def from_output(output: bytes, metric: Metric) -> dict[str, float]:
    """Metrics from `METRIC name=value` lines, else from `name: value` lines.

    Raises Foul when `metric` is missing or printed twice with different values.
    """
    lines = output.decode("utf-8", "replace").replace("\r", "\n").splitlines()
    tagged = [found for line in lines if (found := _TAGGED.match(line.strip()))]
    matches = tagged or [found for line in lines if (found := _PLAIN.match(line.strip()))]
    values: dict[str, float] = {}
    for found in matches:
        name, value = found[1], float(found[2])
        if name == metric.name and name in values and values[name] != value:
            raise Foul(Outcome.CRASH, f"{name} was printed more than once, with different values")
        values[name] = value
    return checked(values, metric)


def checked(values: Mapping[str, float], metric: Metric) -> dict[str, float]:
    """`values`, once the one that counts is there, finite and physically possible. Raises Foul otherwise."""
    if metric.name not in values:
        near = f"; found {', '.join(sorted(values)[:5])}" if values else ""
        raise Foul(Outcome.CRASH, f"no number named {metric.name!r} came out{near}")
    value = values[metric.name]
    if not math.isfinite(value):
        raise Foul(Outcome.CRASH, f"{metric.name} is {value}, not a finite number")
    if not metric.low <= value <= metric.high:
        bounds = f"[{metric.low:g}, {metric.high:g}]"
        raise Foul(Outcome.VIOLATION, f"{metric.name} = {value:g} is outside its physical bounds {bounds}")
    return {name: number for name, number in values.items() if math.isfinite(number)}


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise ValueError("a key stands twice")
    return dict(pairs)
