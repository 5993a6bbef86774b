from __future__ import annotations

import json
import os
import pickle
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch.plain import NotPlain, decode, encode

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
DATA = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers() | st.booleans(), inner),
    max_leaves=12,
)


@given(DATA)
def test_what_goes_in_comes_out_type_by_type(value):
    again = decode(encode(value))
    assert type(again) is type(value)
    assert repr(again) == repr(value)  # which tells 1 from True, 1.0 and NaN


@pytest.mark.parametrize("dtype", ["<f8", ">i4", "?", "<c16", "<U3", "<M8[s]"])
def test_arrays_keep_shape_and_type(dtype):
    array = np.zeros((2, 3), dtype)
    again = decode(encode({"a": [array, array.T]}))["a"]
    assert [each.dtype for each in again] == [array.dtype] * 2
    assert [each.shape for each in again] == [(2, 3), (3, 2)]
    assert (again[0] == array).all()


def test_no_key_of_a_dictionary_is_taken_for_ours():
    for value in ({"$": ["npy", 0]}, {"$": ["pairs", []]}, [{"$": 1}]):
        assert decode(encode(value)) == value


@pytest.mark.parametrize("value", [object(), {1, 2}, 1j, np.array([object()]), iter([])])
def test_objects_are_refused(value):
    with pytest.raises(NotPlain):
        encode([value])


def test_what_contains_itself_is_refused():
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(NotPlain, match="nested"):
        encode(loop)


class Trap:
    def __reduce__(self):
        return os.mkdir, ("sprung",)


def framed(head: object, *parts: bytes) -> bytes:
    text = json.dumps(head).encode()
    return struct.pack("<I", len(text)) + text + b"".join(struct.pack("<Q", len(part)) + part for part in parts)


def npy(header: str, data: bytes = b"") -> bytes:
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data


HUGE = "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }\n"
OBJECTS = "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n"
NEGATIVE = "{'descr': '<f8', 'fortran_order': False, 'shape': (-1, -1), }\n"


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\xff\xff\xff\xff",
        b"\x05\x00\x00\x00nope!",
        pickle.dumps(Trap()),
        framed({"$": ["npy", 0]}, pickle.dumps(Trap())),
        framed({"$": ["npy", 0]}, npy(OBJECTS, pickle.dumps(Trap()))),
        framed({"$": ["npy", 0]}, npy(HUGE)),
        framed({"$": ["npy", 0]}, npy(NEGATIVE, bytes(8))),
        framed({"$": ["npy", 0]}, npy("__import__('os').mkdir('sprung')\n")),
        framed({"$": ["bytes", 3]}, b"one"),
        framed({"$": ["bytes", 0]}, b"one")[:-1],
        framed({"$": "bytes"}),
        framed({"$": ["pairs", [[[], 1]]]}),
        framed({"$": ["pickle", 0]}, pickle.dumps(Trap())),
        framed({"other": 1}),
        struct.pack("<I", 200_000) + b"[" * 100_000 + b"]" * 100_000,
    ],
)
def test_hostile_bytes_are_refused_and_nothing_runs(frame, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotPlain):
        decode(frame)
    assert not (tmp_path / "sprung").exists()
