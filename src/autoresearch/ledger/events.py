"""Records as ledger lines: versioned JSON, one object a line, each carrying the hash of the line before.

An envelope is `{"schema", "seq", "prev", "type", "at", "body"}`. JSON has no infinity, so an unbounded interval end is
written as the string "inf" or "-inf" and read back as the float.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from autoresearch import amounts
from autoresearch.hearsay import Hearsay, Imported
from autoresearch.history import (
    Asked,
    Control,
    Ended,
    Epoch,
    Finish,
    Night,
    Note,
    Revalidation,
    SelfTested,
    StudyStart,
    Vault,
)
from autoresearch.records import Candidate, Certificate, Experiment, Measurement

if TYPE_CHECKING:
    from pydantic import TypeAdapter

SCHEMA = 1
"""Rises when a line written today could not be read by yesterday's version."""

GENESIS = "0" * 64
"""`prev` of the first line."""

TYPES: Mapping[str, type] = {
    "study": StudyStart,
    "epoch": Epoch,
    "night": Night,
    "asked": Asked,
    "candidate": Candidate,
    "measurement": Measurement,
    "experiment": Experiment,
    "certificate": Certificate,
    "vault": Vault,
    "control": Control,
    "note": Note,
    "selftest": SelfTested,
    "revalidation": Revalidation,
    "finish": Finish,
    "ended": Ended,
    "imported": Imported,
    "hearsay": Hearsay,
}
_NAMES = {kind: name for name, kind in TYPES.items()}


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the ledger, read."""

    seq: int
    type: str
    at: str
    """When it was appended, ISO 8601, UTC."""
    record: Any
    """An instance of `TYPES[type]`."""


def digest(line: bytes) -> str:
    """The hash the next line must carry: sha256 of the line without its newline, hex."""
    return hashlib.sha256(line).hexdigest()


def encode(record: object, *, seq: int, prev: str, at: str) -> bytes:
    """`record` as one line, without its newline."""
    envelope = {"schema": SCHEMA, "seq": seq, "prev": prev, "type": _NAMES[type(record)], "at": at}
    return json.dumps(envelope | {"body": _plain(record)}, separators=(",", ":"), allow_nan=False).encode()


def decode(line: bytes, *, seq: int, prev: str) -> Event:
    """The event in `line`, which must be number `seq` and follow the line that hashes to `prev`.

    Raises ValueError saying what does not hold.
    """
    event = _quickly(line, seq, prev)
    if event is not None:
        return event
    envelope = json.loads(line)
    if not isinstance(envelope, dict):
        raise ValueError("is not a JSON object")
    if envelope.get("schema") != SCHEMA:
        raise ValueError(f"has schema {envelope.get('schema')!r}; this version reads {SCHEMA}")
    if envelope.get("seq") != seq:
        raise ValueError(f"is numbered {envelope.get('seq')!r} where {seq} belongs")
    if envelope.get("prev") != prev:
        raise ValueError("does not follow from the line before it: one of the two was changed")
    kind = envelope["type"]
    if kind not in TYPES:
        raise ValueError(f"has the unknown type {kind!r}")
    return Event(seq, kind, envelope["at"], _believed(_adapter(kind).validate_python(envelope["body"])))


def _believed(record: Any) -> Any:
    """`record` without a bill that nobody can have run up: it is unknown, whoever wrote it down."""
    if not isinstance(record, Experiment | Candidate):
        return record
    if isinstance(record, Experiment) and (made := _believed(record.candidate)) is not record.candidate:
        record = replace(record, candidate=made)
    bill = amounts.usd(record.cost_usd), amounts.tokens(record.tokens)
    return record if bill == (record.cost_usd, record.tokens) else replace(record, cost_usd=bill[0], tokens=bill[1])


def _quickly(line: bytes, seq: int, prev: str) -> Event | None:
    """The event in a line laid out as `encode` lays it out, whose body is parsed once; None sends it the long way."""
    start, _, rest = line.partition(b',"body":')
    try:
        envelope = json.loads(start + b"}")
        known = (envelope["schema"], envelope["seq"], envelope["prev"]) == (SCHEMA, seq, prev)
        if not known or not rest.endswith(b"}}"):
            return None
        record = _adapter(envelope["type"]).validate_json(rest[:-1])
        return Event(seq, envelope["type"], envelope["at"], _believed(record))
    except (ValueError, KeyError, TypeError):
        return None


@cache
def _adapter(kind: str) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter  # 0.1 s that `--help` need not pay

    return TypeAdapter(TYPES[kind])


def _plain(value: object) -> object:
    """`value` with records as dicts and infinities as strings."""
    if is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float) and math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return value
