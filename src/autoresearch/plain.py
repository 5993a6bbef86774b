"""Plain data as bytes and back: JSON, with byte strings and NumPy arrays beside it. Nothing that is read can run.

A frame is the length of the JSON in four bytes, little-endian, the JSON, and then the attachments it mentions, each
after its own length in eight bytes. In the JSON an attachment is `{"$": ["bytes", i]}` or `{"$": ["npy", i]}`; a
dictionary of the caller's is a list of pairs under the same sign, so that no key can be mistaken for ours.

Rejected: pickle, which runs what it reads; msgpack, a dependency on both sides for what these two formats hold.
"""

from __future__ import annotations

import io
import json
from typing import Any

JSON_LENGTH, PART_LENGTH = 4, 8
SIGN = "$"


class NotPlain(ValueError):
    """The data, or the bytes, are not what this module speaks of."""


def encode(value: object) -> bytes:
    """`value` as one frame: None, bool, int, float, str, bytes, arrays, and lists, tuples and dictionaries of such.

    A tuple comes back as a list. Raises NotPlain for anything else: objects, sets, arrays of objects.
    """
    parts: list[bytes] = []
    try:
        head = json.dumps(_packed(value, parts), separators=(",", ":")).encode()
    except RecursionError:
        raise NotPlain("the data is nested too deeply") from None
    frame = [len(head).to_bytes(JSON_LENGTH, "little"), head]
    for part in parts:
        frame += (len(part).to_bytes(PART_LENGTH, "little"), part)
    return b"".join(frame)


def decode(frame: bytes) -> Any:
    """The data of one frame. Raises NotPlain when it is torn, hides objects, or is not such a frame at all."""
    end = JSON_LENGTH + int.from_bytes(frame[:JSON_LENGTH], "little")
    try:
        return _unpacked(json.loads(frame[JSON_LENGTH:end]), _parts(frame, end))
    except NotPlain:
        raise
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise NotPlain(f"no plain data: {type(error).__name__}") from None


def _packed(value: Any, parts: list[bytes]) -> Any:
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        return [_packed(item, parts) for item in value]
    if isinstance(value, dict):
        return {SIGN: ["pairs", [[_packed(key, parts), _packed(item, parts)] for key, item in value.items()]]}
    if isinstance(value, (bytes, bytearray)):
        return _attached("bytes", bytes(value), parts)
    if hasattr(value, "__array__") and hasattr(value, "dtype"):
        return _attached("npy", _npy(value), parts)
    raise NotPlain(f"{type(value).__name__} is not plain data")


def _attached(kind: str, data: bytes, parts: list[bytes]) -> dict[str, list[object]]:
    parts.append(data)
    return {SIGN: [kind, len(parts) - 1]}


def _npy(value: Any) -> bytes:
    import numpy

    buffer = io.BytesIO()
    try:
        numpy.save(buffer, value, allow_pickle=False)
    except ValueError:
        raise NotPlain(f"an array of {value.dtype} is not plain data") from None
    return buffer.getvalue()


def _parts(frame: bytes, at: int) -> list[bytes]:
    parts = []
    while at < len(frame):
        start = at + PART_LENGTH
        at = start + int.from_bytes(frame[at:start], "little")
        if at > len(frame):
            raise NotPlain("the frame is torn")
        parts.append(frame[start:at])
    return parts


def _unpacked(value: Any, parts: list[bytes]) -> Any:
    if isinstance(value, list):
        return [_unpacked(item, parts) for item in value]
    if not isinstance(value, dict):
        return value
    kind, held = value[SIGN]
    match kind:
        case "pairs":
            return {_unpacked(key, parts): _unpacked(item, parts) for key, item in held}
        case "bytes":
            return parts[held]
        case "npy":
            return _array(parts[held])
    raise NotPlain("the frame mentions something unknown")


def _array(data: bytes) -> Any:
    """The array in `data`, which must be exactly as long as its own header says: nothing is reserved on its word."""
    import numpy
    from numpy.lib import format as npy

    file = io.BytesIO(data)
    version = npy.read_magic(file)
    read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, by_column, dtype = read_header(file)
    rest = memoryview(data)[file.tell() :]
    n_items = 1
    for length in shape:
        n_items *= length
    if dtype.hasobject or n_items < 0 or n_items * dtype.itemsize != len(rest):
        raise NotPlain("an array is not as long as it says, or holds objects")
    return numpy.frombuffer(rest, dtype, count=n_items).reshape(shape, order="F" if by_column else "C")
