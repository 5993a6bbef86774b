"""What the tuner sees in a file, and what it leaves alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from autoresearch.agents.tuner import Space, space_of
from autoresearch.agents.tuner.scales import Choice, Ladder, Shape

TRAIN = '''\
"""A training script."""
import argparse
from dataclasses import dataclass, field
from typing import Literal

ASPECT_RATIO = 64
TOTAL_BATCH_SIZE = 2**19  # about half a million
ADAM_BETAS = (0.8, 0.95)
WARMUP_RATIO = 0.0
WEIGHT_DECAY = 0.2
EPS = 1e-8
SEED = 42
TRAIN_SECONDS = 20.0
MODEL_VERSION = 3
PUBLISHED = 2024
OFFSET = -1
ACTIVATION = "gelu"  # gelu | relu2
SCHEDULE = "cosine"
OPTIMIZER = "adam"
LOSS_NAME = "entropy"
USE_BIAS = True
STEPS = 0
STEPS += 1
TWICE = 1.5
TWICE = 2.5
SETTINGS = {"lr": 3e-4, "nested": {"dropout": 0.1}}
TABLE = {"adam": 1, "sgd": 2}


@dataclass
class Config:
    n_layer: int = 4
    mode: Literal["fast", "slow"] = "fast"
    drop: float = field(default=0.2)


def train(data, lr=1e-3, axis=1, label="x"):
    batch = 32
    count = 0
    optimizer = AdamW(data, lr=0.01, betas=(0.9, 0.999))
    if SCHEDULE == "cosine" or SCHEDULE in ("linear", "step"):
        count = TABLE[OPTIMIZER]
    match LOSS_NAME:
        case "entropy" | "focal":
            pass


parser = argparse.ArgumentParser()
parser.add_argument("-w", "--hidden-width", type=int, default=100)
parser.add_argument("--act", default="relu", choices=["relu", "silu"])
'''


def space(tmp_path: Path, text: str, name: str = "train.py") -> Space:
    (tmp_path / name).write_text(text, encoding="utf-8")
    return space_of(tmp_path, ["*.py"])


def keys(found: Space) -> set[str]:
    return {constant.key.removeprefix("train.py:") for constant in found.constants}


def scale(found: Space, key: str) -> Choice | Ladder:
    (constant,) = [constant for constant in found.constants if constant.key == f"train.py:{key}"]
    assert isinstance(constant.scale, Choice | Ladder)
    return constant.scale


def test_finds_settings_wherever_they_are_written(tmp_path: Path) -> None:
    assert keys(space(tmp_path, TRAIN)) == {
        "ASPECT_RATIO",
        "TOTAL_BATCH_SIZE",
        "ADAM_BETAS[0]",
        "ADAM_BETAS[1]",
        "WARMUP_RATIO",
        "WEIGHT_DECAY",
        "EPS",
        "ACTIVATION",
        "SCHEDULE",
        "OPTIMIZER",
        "USE_BIAS",
        "SETTINGS[lr]",
        "SETTINGS[nested][dropout]",
        "Config.n_layer",
        "Config.mode",
        "Config.drop",
        "train(lr)",
        "train.batch",
        "train.AdamW(lr)",
        "train.AdamW(betas)[0]",
        "train.AdamW(betas)[1]",
        "--hidden_width",
        "--act",
    }


@pytest.mark.parametrize(
    ("key", "shape"),
    [
        ("ASPECT_RATIO", Shape.LOG),
        ("TOTAL_BATCH_SIZE", Shape.LINEAR),
        ("ADAM_BETAS[1]", Shape.BETA),
        ("WARMUP_RATIO", Shape.FRACTION),
        ("WEIGHT_DECAY", Shape.LOG),
        ("Config.drop", Shape.FRACTION),
        ("train(lr)", Shape.LOG),
    ],
)
def test_scales_follow_names(tmp_path: Path, key: str, shape: Shape) -> None:
    found = scale(space(tmp_path, TRAIN), key)
    assert isinstance(found, Ladder)
    assert found.shape is shape


@pytest.mark.parametrize(
    ("key", "options"),
    [
        ("ACTIVATION", {"gelu", "relu2"}),
        ("SCHEDULE", {"cosine", "linear", "step"}),
        ("OPTIMIZER", {"adam", "sgd"}),
        ("Config.mode", {"fast", "slow"}),
        ("--act", {"relu", "silu"}),
        ("USE_BIAS", {True, False}),
    ],
)
def test_choices_come_from_comments_comparisons_and_declarations(
    tmp_path: Path, key: str, options: set[object]
) -> None:
    found = scale(space(tmp_path, TRAIN), key)
    assert isinstance(found, Choice)
    assert set(found.options) == options


def test_a_comparison_in_another_file_counts(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text('def f(config):\n    return config.act == "relu" or config.act == "silu"\n')
    assert scale(space(tmp_path, 'ACT = "relu"\n'), "ACT") == Choice(("relu", "silu"))


def test_comments_declare_ranges_choices_and_exceptions(tmp_path: Path) -> None:
    found = space(
        tmp_path,
        "RATE = 3e-3  # tune: 1e-4..1e-1 log\n"
        "LEVEL = 4  # tune: 1..9\n"
        "BATCH = 24  # tune: 16, 24, 48\n"
        "DEPTH = 3  # tune: no\n"
        "WIDTH = 64  # tune: whatever\n"
        "SEED = 7  # tune: 1 | 7 | 9\n",
    )
    assert keys(found) == {"RATE", "LEVEL", "BATCH", "SEED"}
    assert scale(found, "RATE") == Ladder(Shape.LOG, 3e-3, 1e-4, 1e-1)
    assert scale(found, "LEVEL") == Ladder(Shape.LINEAR, 4, 1, 9, whole=True)
    assert scale(found, "BATCH") == Choice((24, 16, 48))


def test_prose_in_a_comment_is_no_list_of_alternatives(tmp_path: Path) -> None:
    found = space(
        tmp_path, 'MODE = "fast"  # the fast or slow way of going about it\nRATE = 0.1  # 0.1 worked, 0.2 did not\n'
    )
    assert keys(found) == {"RATE"}
    assert isinstance(scale(found, "RATE"), Ladder)


@pytest.mark.parametrize(
    "data",
    [
        b"LR = (",
        b"LR = 0.1\x00\n",
        b"LR = '\xff'\n",
        b"\xef\xbb\xbfLR = 0.1\n",
        b"LR = 0.1\rWD = 0.2\n",
        b"LR = " + b"(" * 5000 + b")" * 5000 + b"\n",
        b"LR = " + b"-" * 100_000 + b"1\n",
        b"LR = " + b"1 + " * 50_000 + b"1\n",
    ],
)
def test_a_file_that_cannot_be_read_is_no_space(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "train.py").write_bytes(data)
    assert space_of(tmp_path, ["*.py"]).constants == ()


def test_only_plain_editable_python_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "a.py").write_text("LR = 0.1\n")
    (tmp_path / "b.py").write_text("LR = 0.1\n")
    (tmp_path / "c.txt").write_text("LR = 0.1\n")
    (tmp_path / "inside" / "link.py").symlink_to(tmp_path / "b.py")
    assert [constant.key for constant in space_of(tmp_path, ["inside/**"]).constants] == ["inside/a.py:LR"]
    assert len(space_of(tmp_path, ["**/*.py"]).constants) == 2


def test_the_listing_names_every_constant_and_its_scale(tmp_path: Path) -> None:
    listing = space(tmp_path, 'LR = 3e-3\nACT = "a"  # a | b\nWIDTH = 128\nMIX = 0.5\n').listing().splitlines()
    assert sorted(line.split(maxsplit=2) for line in listing) == [
        ["train.py:ACT", '"a"', "a | b"],
        ["train.py:LR", "3e-3", "log"],
        ["train.py:MIX", "0.5", "0..0.95 fraction"],
        ["train.py:WIDTH", "128", "log, halves and doubles"],
    ]
