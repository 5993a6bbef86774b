"""An edit changes the one literal it means, reads back exactly, and looks like its author's."""

from __future__ import annotations

import ast
import math
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autoresearch.agents.tuner import space_of
from autoresearch.agents.tuner.hints import Value
from autoresearch.agents.tuner.style import render

LITERALS = ("3e-3", "1E-04", "2e+5", "0.5", ".5", "5.", "1_000.0", "64", "1_000", "0x40", "0b11", "True", "'a'", '"b"')

values = st.one_of(
    st.booleans(),
    st.integers(-(10**12), 10**12),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
)


@given(values, st.sampled_from(LITERALS))
def test_rendered_text_reads_back_as_the_value(value: Value, like: str) -> None:
    read = ast.literal_eval(render(value, like))
    assert type(read) is type(value)
    assert read == value
    assert not isinstance(value, float) or math.copysign(1, read) == math.copysign(1, value)


@pytest.mark.parametrize(
    ("value", "like", "text"),
    [
        (6e-3, "3e-3", "6e-3"),
        (1.5e-4, "3e-04", "1.5e-04"),
        (4e5, "2E+5", "4E+5"),
        (0.00005, "0.0001", "0.00005"),
        (0.25, ".5", ".25"),
        (2.0, "1.", "2."),
        (2.0, "1.0", "2.0"),
        (2_000_000, "1_000_000", "2_000_000"),
        (128, "0x40", "0x80"),
        ("relu", "'gelu'", "'relu'"),
        ('a"b', '"x"', "'a\"b'"),
    ],
)
def test_style_is_kept(value: Value, like: str, text: str) -> None:
    assert render(value, like) == text


PIECES = (
    "LEARNING_RATE = {}  # how fast — naïvely\n",
    "x = 'ünïcode'; WIDTH = {} ; y = 2\n",
    "\n\n# a comment, LEARNING_RATE = 1\n",
    "class Config:\n\tdropout: float = {}\n",
    "def go(data, *, momentum={}):\n    return data  \n",
    "settings = {{ 'lr' : {},\n   'batch':{} , }}\n",
    "run(\n  lr={},\n)\n",
    'TEXT = """\nLR = 5\n"""\n',
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_an_edit_changes_the_literal_and_nothing_else(tmp_path: Path, data: st.DataObject) -> None:
    pieces = data.draw(st.lists(st.sampled_from(PIECES), min_size=1, max_size=8, unique=True))
    numbers = st.sampled_from(("0.25", "3e-2", "64", "1_024", "0.9", ".5"))
    text = "".join(piece.format(*(data.draw(numbers) for _ in range(2))) for piece in pieces)
    ending = data.draw(st.sampled_from(("\n", "\r\n")))
    before = text.replace("\n", ending).encode()
    (tmp_path / "train.py").write_bytes(before)
    space = space_of(tmp_path, ["train.py"])
    if not space.constants:
        return
    constant = data.draw(st.sampled_from(space.constants))
    value = data.draw(st.sampled_from(constant.scale.neighbours(constant.value)))

    after = space.edited({constant.key: value})["train.py"]

    (tmp_path / "train.py").write_bytes(after)
    again = space_of(tmp_path, ["train.py"])
    assert again.values == space.values | {constant.key: value}
    assert again.shape() == space.shape()
    literal = constant.literal
    assert after.startswith(before[: literal.start])
    assert after.endswith(before[literal.end :])
    assert len(after) - len(before) == len(render(value, literal.text)) - len(literal.text)


def test_several_constants_of_several_files_move_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("LR = 3e-3\nWIDTH = 64\n")
    (tmp_path / "b.py").write_text("DROPOUT = 0.1\n")
    space = space_of(tmp_path, ["*.py"])
    edited = space.edited({"a.py:WIDTH": 1024, "a.py:LR": 1e-3, "b.py:DROPOUT": 0.0})
    assert edited == {"a.py": b"LR = 1e-3\nWIDTH = 1024\n", "b.py": b"DROPOUT = 0.0\n"}
