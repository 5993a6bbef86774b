from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import numpy as np
import pytest
from here import ONE_THREAD, ROOT

from door import python

QUICK = ROOT / "examples" / "quick"
TRAIN_TEXT = QUICK / "data" / "train.txt"
BIGRAM = Path(__file__).with_name("bigram.py")


# ---------------------------------------------------------------- train.py


@pytest.fixture
def small(load):
    """train.py with a model small enough for finite differences."""
    train = load("quick/train.py")
    train.DEPTH, train.HEADS, train.HEAD_SIZE, train.CONTEXT = 2, 2, 4, 6
    return train


def double_precision(train, rng):
    size = sum(a * b for _, (a, b) in train.shapes())
    return 0.3 * rng.standard_normal(size), np.zeros(size)


@pytest.mark.parametrize("activation", ["gelu", "relu2"])
@pytest.mark.parametrize("tied", [False, True])
def test_the_gradient_is_that_of_finite_differences(small, activation, tied):
    small.ACTIVATION, small.TIED = activation, tied
    rng = np.random.default_rng(0)
    flat, gradient = double_precision(small, rng)
    windows = rng.integers(0, 256, (3, small.CONTEXT + 1)).astype(np.uint8)
    p, g = small.views(flat), small.views(gradient)
    small.loss_and_gradient(p, g, windows)
    known = {name: view.copy() for name, view in g.items()}
    for name, parameter in p.items():
        direction = rng.standard_normal(parameter.shape)
        losses = []
        for step in (1e-5, -2e-5):
            parameter += step * direction
            losses.append(small.loss_and_gradient(p, g, windows))
        parameter += 1e-5 * direction
        assert (losses[0] - losses[1]) / 2e-5 == pytest.approx(np.sum(known[name] * direction), rel=1e-6), name


def test_no_parameter_is_left_without_a_gradient(small):
    flat, gradient = double_precision(small, np.random.default_rng(0))
    gradient[:] = np.nan
    windows = np.random.default_rng(1).integers(0, 256, (3, small.CONTEXT + 1)).astype(np.uint8)
    small.loss_and_gradient(small.views(flat), small.views(gradient), windows)
    assert np.isfinite(gradient).all()


def test_training_lowers_the_loss(load):
    train = load("quick/train.py")
    rng = np.random.default_rng(0)
    flat = train.initialise(rng)
    gradient = np.zeros_like(flat)
    p, g, optimizer = train.views(flat), train.views(gradient), train.AdamW(flat)
    text = np.frombuffer(TRAIN_TEXT.read_bytes(), np.uint8)
    losses = []
    for _ in range(30):
        starts = rng.integers(0, len(text) - 32, size=8)
        losses.append(train.loss_and_gradient(p, g, text[starts[:, None] + np.arange(33)]))
        optimizer.step(gradient, 3e-3)
    assert losses[0] == pytest.approx(np.log(256), rel=0.02)
    assert losses[-1] < losses[0] - 2


def test_the_rate_rises_stays_and_falls_to_what_is_left(load):
    train = load("quick/train.py")
    train.LEARNING_RATE, train.WARMUP, train.COOLDOWN, train.FINAL_RATE = 1.0, 0.2, 0.4, 0.1
    rates = [train.rate_at(progress) for progress in (0.0, 0.1, 0.2, 0.6, 0.8, 1.0)]
    assert rates == pytest.approx([0.0, 0.5, 1.0, 1.0, 0.55, 0.1])


@pytest.mark.parametrize("context", [1, 3, 8, 40])
def test_what_is_served_for_a_window_is_what_is_served_for_its_beginning(small, context):
    small.CONTEXT = context
    p = small.views(double_precision(small, np.random.default_rng(0))[0])
    window = np.random.default_rng(1).integers(0, 256, (2, 20)).astype(np.uint8)
    whole = small.predict(p, window)
    for length in range(1, 21):
        assert small.predict(p, window[:, :length])[:, -1] == pytest.approx(whole[:, length - 1], abs=1e-5)


def candidate(folder, **constants):
    """A tree with train.py, some of its constants changed, and the training text, but none of the hidden files."""
    text = (QUICK / "train.py").read_text()
    for name, value in constants.items():
        text, changed = re.subn(rf"(?m)^{name} = \S+", f"{name} = {value}", text)
        assert changed == 1, name
    (folder / "data").mkdir(parents=True)
    (folder / "train.py").write_text(text)
    (folder / "data" / "train.txt").symlink_to(TRAIN_TEXT)
    return folder / "train.py"


def trained(folder, seconds, **constants):
    """Train a candidate for `seconds`. Returns its train.py, the folder of its artifacts, and its wall time."""
    file, artifacts = candidate(folder / "tree", **constants), folder / "artifacts"
    artifacts.mkdir()
    start = time.monotonic()
    subprocess.run(
        python(file),
        env={
            **os.environ,
            **ONE_THREAD,
            "AUTORESEARCH_ARTIFACTS": str(artifacts),
            "AUTORESEARCH_SEED": "1",
            "AUTORESEARCH_SECONDS": str(seconds),
        },
        check=True,
    )
    return file, artifacts, time.monotonic() - start


SHORT = {"CONTEXT": 24, "BATCH": 4, "LEARNING_RATE": "3e-3", "TIED": True, "ACTIVATION": '"relu2"'}


@pytest.mark.parametrize(
    ("seconds", "constants"), [(2, SHORT), pytest.param(6, {}, marks=pytest.mark.slow)], ids=["short", "as shipped"]
)
def test_a_model_is_trained_in_time_then_served_and_judged(tmp_path, judge, seconds, constants):
    file, artifacts, taken = trained(tmp_path, seconds, **constants)
    assert taken < seconds
    assert [path.name for path in artifacts.iterdir()] == ["weights.npy"]
    result = judge(QUICK / "evaluate.py", python(file, "--serve"), artifacts=artifacts)
    assert result["val_bpb"] < 7
    assert result["audit_nats"] < 1e-4


# ---------------------------------------------------------------- evaluate.py


def bigram(way):
    return python(BIGRAM, str(TRAIN_TEXT), way)


def bits_of_pairs(load, split):
    """Bits per byte of the honest bigram model, by its definition."""
    evaluate = load("quick/evaluate.py")
    text = np.frombuffer((QUICK / "data" / f"{split}.txt").read_bytes(), np.uint8)[: 256 * 128 + 1]
    pairs = load("../tests/examples/bigram.py").table(TRAIN_TEXT)
    return -evaluate.log_softmax(pairs)[text[:-1], text[1:]].mean() / np.log(2)


@pytest.mark.parametrize("split", ["val", "holdout"])
def test_an_honest_model_gets_the_bits_its_definition_says(load, judge, split):
    arguments = ["--split", "holdout"] if split == "holdout" else []
    result = judge(QUICK / "evaluate.py", bigram("honest"), *arguments)
    assert result["val_bpb"] == pytest.approx(bits_of_pairs(load, split), abs=1e-9)
    assert result["audit_nats"] == 0


@pytest.mark.parametrize(
    ("way", "reason"),
    [
        ("one_ahead", "depends on later bytes of its window"),
        ("whole_block", "depends on later bytes of its window"),
        ("ahead_at_few_places", "its beginning alone|later bytes"),
        ("ahead_at_one_place", "its beginning alone|later bytes"),
        ("ahead_in_few_windows", "its beginning alone|later bytes"),
        ("next_row", "depends on the other windows asked"),
        ("earlier_questions", "depends on the other windows asked"),
        ("honest_to_prefixes", "depends on later bytes of its window"),
        ("honest_at_first", "depends on the other windows asked"),
        ("not_finite", "not finite"),
        ("wrong_shape", "wrong shape"),
        ("dies", "ended before it answered"),
    ],
)
def test_a_cheat_gets_a_reason_and_no_number(judge, way, reason):
    result = judge(QUICK / "evaluate.py", bigram(way))
    assert list(result) == ["violation"]
    assert re.search(reason, result["violation"])


def test_one_that_hangs_is_given_up(judge, tmp_path):
    impatient = tmp_path / "evaluate.py"
    impatient.write_text((QUICK / "evaluate.py").read_text().replace("PATIENCE = 20.0", "PATIENCE = 0.5"))
    (tmp_path / "data").symlink_to(QUICK / "data")
    assert "waiting for more than 0.5 s" in judge(impatient, bigram("hangs"))["violation"]


def test_logits_that_are_not_normalised_gain_nothing(load, judge):
    assert judge(QUICK / "evaluate.py", bigram("shifted"))["val_bpb"] == pytest.approx(
        bits_of_pairs(load, "val"), abs=1e-5
    )
    assert judge(QUICK / "evaluate.py", bigram("loud"))["val_bpb"] > bits_of_pairs(load, "val") + 1


def test_the_seed_decides_what_is_audited_and_nothing_else(judge):
    results = [judge(QUICK / "evaluate.py", bigram("honest"), seed=seed)["val_bpb"] for seed in (1, 2)]
    assert results[0] == results[1]


def test_a_look_ahead_at_one_byte_in_a_hundred_escapes_as_rarely_as_it_says(load):
    evaluate = load("quick/evaluate.py")
    assert pytest.approx(1 / 170, rel=0.03) == 0.99 ** (evaluate.PREFIXES * evaluate.WINDOW)


# ---------------------------------------------------------------- prepare.py and the data


def test_the_texts_are_intact_and_share_nothing(load):
    assert load("quick/prepare.py").check() == 0


def test_sizes_are_what_the_evaluator_needs(load):
    evaluate = load("quick/evaluate.py")
    for split in ("val", "holdout"):
        assert (QUICK / "data" / f"{split}.txt").stat().st_size > (evaluate.SCORED + 10) * evaluate.WINDOW
    assert sum(path.stat().st_size for path in (QUICK / "data").iterdir()) < 1.1e6


def test_a_changed_text_and_a_shared_passage_are_noticed(load):
    prepare = load("quick/prepare.py")
    passage = "one two three four five six seven eight nine ten eleven twelve thirteen".replace(" ", ", ").encode()
    splits = {"train": b"In the beginning. " + passage, "val": b"Then: " + passage.upper()}
    manifest = prepare.sums(splits)
    assert list(prepare.problems(splits, manifest)) == [
        f"train and val share 1 runs of 13 words, such as: {passage.decode().replace(',', '')}"
    ]
    assert "not what data/SHA256SUMS says" in next(prepare.problems(splits | {"val": b"Then"}, manifest))


@pytest.mark.skipif(not shutil.which("bible"), reason="bible-kjv is not installed")
def test_the_bible_still_makes_these_texts(load):
    prepare = load("quick/prepare.py")
    bible = subprocess.run(["bible", "-f", "gen1:1-rev22:21"], capture_output=True, text=True, check=True).stdout
    assert prepare.sums(prepare.deal(prepare.chapters(bible))) == (QUICK / "data" / "SHA256SUMS").read_text()


# ---------------------------------------------------------------- the task


def test_the_task_hides_what_is_scored_and_opens_one_file():
    task = tomllib.loads((QUICK / "autoresearch.toml").read_text())
    assert task["editable"] == ["train.py"]
    assert sorted(task["hidden"]) == ["data/holdout.txt", "data/val.txt"]
    for command in ("experiment", "evaluation", "contestant", "holdout"):
        assert (QUICK / task[command]["command"].split()[1]).is_file()


def test_the_task_file_is_one_the_engine_accepts():
    config = pytest.importorskip("autoresearch.config")
    assert config.load(QUICK).contestant.command == ("python", "train.py", "--serve")


def test_training_needs_numpy_and_the_standard_library_only():
    code = "import sys, train; print(*{name.split('.')[0] for name in sys.modules})"
    seen = subprocess.run([sys.executable, "-c", code], cwd=QUICK, capture_output=True, text=True, check=True).stdout
    foreign = {name for name in seen.split() if name not in sys.stdlib_module_names and not name.startswith("_")}
    assert foreign == {"numpy", "train"}
