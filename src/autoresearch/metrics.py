"""Reading a number from what a process wrote: strictly, because it may lie. Missing is never 0."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping

from autoresearch.errors import Foul
from autoresearch.objectives import AGAINST, MOST, usable
from autoresearch.records import Measurement, Metric, Outcome

OWN = "run."
"""Names that begin so are the referee's: what a run writes under them is not read."""

OF_A_RUN: Mapping[str, Callable[[Measurement], float | None]] = {
    "run.seconds": lambda run: run.seconds,
    "run.evaluation_seconds": lambda run: run.evaluation_seconds,
    "run.peak_memory_mb": lambda run: None if run.peak_memory_bytes is None else run.peak_memory_bytes / 1e6,
}
"""What the referee itself knows of every run, by name; None where the machine does not tell."""

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


def from_json(data: bytes, metric: Metric, *, seconds: float = 0.0) -> dict[str, float]:
    """Metrics from a JSON object of name -> number. `seconds` is the candidate's time, which an objective may count.

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
    return checked({name: _as_float(value) for name, value in found.items()}, metric, seconds=seconds)


def records(data: bytes, score: float | None) -> tuple[float, ...]:
    """The scores of single records in a metrics file that `from_json` has read, in its order; empty without any.

    Raises Foul when they are not `usable` numbers, too many, or their mean is not the score: an interval of their mean
    would then be about something else than the metric.
    """
    found = json.loads(data).get(RECORDS)
    if found is None or score is None:
        return ()
    if not isinstance(found, list) or not all(type(each) in (int, float) and usable(each) for each in found):
        raise Foul(Outcome.CRASH, f"{RECORDS} is not a list of finite numbers, {MOST:g} at most")
    if not 0 < len(found) <= MAX_RECORDS:
        raise Foul(Outcome.CRASH, f"{RECORDS} has {len(found)} entries; 1 to {MAX_RECORDS} are read")
    mean = math.fsum(found) / len(found)
    if not math.isclose(mean, score, rel_tol=1e-6, abs_tol=1e-9 * max(map(abs, found))):
        raise Foul(Outcome.CRASH, f"the mean of {RECORDS} is {mean:g}, but the score is {score:g}")
    return tuple(map(float, found))


def from_output(output: bytes, metric: Metric, *, seconds: float = 0.0) -> dict[str, float]:
    """Metrics from `METRIC name=value` lines, else from `name: value` lines.

    Raises Foul when `metric`, or a part of it, is missing or printed twice with different values.
    """
    lines = output.decode("utf-8", "replace").replace("\r", "\n").splitlines()
    tagged = [found for line in lines if (found := _TAGGED.match(line.strip()))]
    matches = tagged or [found for line in lines if (found := _PLAIN.match(line.strip()))]
    values: dict[str, float] = {}
    for found in matches:
        name, value = found[1], float(found[2])
        if _counts(name, metric) and name in values and values[name] != value:
            raise Foul(Outcome.CRASH, f"{name} was printed more than once, with different values")
        values[name] = value
    return checked(values, metric, seconds=seconds)


def checked(values: Mapping[str, float], metric: Metric, *, seconds: float = 0.0) -> dict[str, float]:
    """`values`, once the one that counts is there, `usable` and physically possible. Raises Foul otherwise.

    It is left out when a time to target does not count, because the target was not reached.
    """
    values = {name: value for name, value in values.items() if not name.startswith(OWN)}
    if metric.objective is not None:
        values |= _made(values, metric, seconds)
        if metric.name not in values:
            return _finite(values)
    if metric.name not in values:
        near = f"; found {', '.join(sorted(values)[:5])}" if values else ""
        raise Foul(Outcome.CRASH, f"no number named {metric.name!r} came out{near}")
    value = values[metric.name]
    if not math.isfinite(value):
        raise Foul(Outcome.CRASH, f"{metric.name} is {value}, not a finite number")
    if not metric.low <= value <= metric.high:
        bounds = f"[{metric.low:g}, {metric.high:g}]"
        raise Foul(Outcome.VIOLATION, f"{metric.name} = {value:g} is outside its physical bounds {bounds}")
    if not usable(value):
        raise Foul(Outcome.CRASH, f"{metric.name} = {value:g} is too large to reckon with, beyond {MOST:g}")
    return _finite(values)


def named(run: Measurement, name: str) -> float | None:
    """The value `name` of a run, its own or the referee's; None when it has no such number."""
    own = OF_A_RUN.get(name)
    value = own(run) if own else run.values.get(name)
    return value if value is not None and math.isfinite(value) else None


def _made(values: Mapping[str, float], metric: Metric, seconds: float) -> dict[str, float]:
    """The number made of several, and the incumbent's where both were measured. Raises Foul for a missing part."""
    assert metric.objective is not None
    if metric.name in values:
        raise Foul(Outcome.CRASH, f"{metric.name} came out, though it is to be made of {metric.objective.describe()}")
    theirs = {name.removesuffix(AGAINST): value for name, value in values.items() if name.endswith(AGAINST)}
    made = {metric.name: metric.objective.number(values, seconds=seconds)}
    if theirs and metric.objective.kind != "time_to_target":
        made[metric.name + AGAINST] = metric.objective.number(theirs, seconds=seconds)
    if None in made.values() and not _too_far(values, metric):
        parts = sorted(name for name in values if metric.objective.uses(name))
        some = f"; found {', '.join(f'{name} = {values[name]:g}' for name in parts[:5])}" if parts else ""
        raise Foul(Outcome.CRASH, f"{metric.name} needs {metric.objective.describe()}{some}")
    return {name: value for name, value in made.items() if value is not None}


def _too_far(values: Mapping[str, float], metric: Metric) -> bool:
    """Whether a time does not count because its target, though measured, was not reached."""
    objective = metric.objective
    return (
        objective is not None and objective.kind == "time_to_target" and usable(values.get(objective.reach, math.nan))
    )


def _counts(name: str, metric: Metric) -> bool:
    """Whether the metric is the value `name`, or made of it."""
    return name == metric.name or (metric.objective is not None and metric.objective.uses(name))


def _finite(values: Mapping[str, float]) -> dict[str, float]:
    return {name: number for name, number in values.items() if usable(number)}


def _as_float(value: float) -> float:
    """A whole number beyond every float counts as infinite, so that it is refused like one."""
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise ValueError("a key stands twice")
    return dict(pairs)
