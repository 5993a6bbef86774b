"""The model of examples/gpt and its training, where PyTorch is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from here import ONE_THREAD, ROOT

from door import python

torch = pytest.importorskip("torch")

GPT = ROOT / "examples" / "gpt"
QUICK_TEXT = ROOT / "examples" / "quick" / "data" / "train.txt"
VOCAB = 40


@pytest.fixture
def train(load, monkeypatch):
    """train.py, with the folder of the example on the path as when it runs."""
    monkeypatch.syspath_prepend(str(GPT))
    return load("gpt/train.py")


class Sizes:
    DEPTH, HEADS, HEAD_SIZE, CONTEXT, BATCH, MICRO_BATCH = 2, 2, 8, 12, 6, 4


@pytest.fixture
def model(train):
    """A small model, its zero matrices filled so that every path matters."""
    torch.manual_seed(0)
    model = train.GPT(Sizes, VOCAB)
    for parameter in model.parameters():
        if not parameter.any():
            torch.nn.init.normal_(parameter, std=0.2)
    torch.nn.init.normal_(model.head.weight, std=0.3)
    return model


@pytest.mark.parametrize("length", [1, 5, 12, 13, 30])
def test_what_is_served_for_a_window_is_what_is_served_for_its_beginning(train, model, length):
    ids = torch.randint(0, VOCAB, (3, 30))
    whole = train.predict(model, Sizes, ids)[:, length - 1]
    assert torch.allclose(train.predict(model, Sizes, ids[:, :length])[:, -1], whole, atol=1e-5)


def test_an_answer_depends_on_the_order_of_what_came_before(train, model):
    ids = torch.arange(8)[None]
    swapped = ids[:, [1, 0, 2, 3, 4, 5, 6, 7]]
    assert not torch.allclose(model(ids)[:, -1], model(swapped)[:, -1], atol=1e-3)


def test_logits_stay_inside_the_cap(train, model):
    with torch.no_grad():
        model.head.weight *= 1e4
    assert model(torch.randint(0, VOCAB, (2, 12))).abs().max() <= train.LOGIT_CAP


@pytest.mark.parametrize("shape", [(16, 16), (32, 8), (2, 8, 24)])
def test_an_orthogonal_step_has_singular_values_near_one(train, shape):
    torch.manual_seed(0)
    values = torch.linalg.svdvals(train.orthogonal(torch.randn(shape)))
    assert values.quantile(0.1) > 0.5
    assert values.max() < 1.3


def test_every_parameter_has_one_optimizer(train, model):
    grouped = [
        id(p) for optimizer in train.optimizers(model) for group in optimizer.param_groups for p in group["params"]
    ]
    assert sorted(grouped) == sorted(id(p) for p in model.parameters())


def test_micro_batches_add_up_to_the_gradient_of_the_whole(train, model):
    windows = torch.randint(0, VOCAB, (4, 13))
    precision = train.nullcontext()
    whole = train.add_gradient(model, windows, precision, 1.0)
    gradient = model.head.weight.grad.clone()
    model.zero_grad()
    parts = [train.add_gradient(model, half, precision, 0.5) for half in windows.split(2)]
    assert sum(parts) == pytest.approx(float(whole), rel=1e-5)
    assert torch.allclose(model.head.weight.grad, gradient, atol=1e-6)


@pytest.mark.slow
def test_training_lowers_the_loss(train):
    torch.manual_seed(0)
    model, rng = train.GPT(Sizes, 256), np.random.default_rng(0)
    text = np.frombuffer(QUICK_TEXT.read_bytes(), np.uint8).astype(np.uint16)
    source, both = train.batches(text, 8, 12, rng, "cpu"), train.optimizers(model)
    losses = [train.step(model, source, train.nullcontext(), 2, both, 1.0) for _ in range(60)]
    assert losses[0] == pytest.approx(np.log(256), rel=0.01)
    assert np.mean(losses[-5:]) < losses[0] - 2


@pytest.mark.slow
@pytest.mark.usefixtures("with_packages")
def test_the_cpu_preset_is_prepared_trained_served_and_judged(tmp_path, judge):
    task = Path(shutil.copytree(GPT, tmp_path / "gpt", ignore=shutil.ignore_patterns("data", "sealed", "__pycache__")))
    arguments = [
        "--source",
        str(QUICK_TEXT),
        "--to",
        str(task / "data"),
        "--vocab",
        "300",
        "--held-out",
        "12000",
        "--pin",
    ]
    subprocess.run([*python(task / "prepare.py"), *arguments], check=True)
    seconds, artifacts = 12, tmp_path / "artifacts"
    artifacts.mkdir()
    env = {"AUTORESEARCH_ARTIFACTS": str(artifacts), "AUTORESEARCH_SEED": "1", "AUTORESEARCH_SECONDS": str(seconds)}
    subprocess.run(python(task / "train.py"), env={**os.environ, **ONE_THREAD, **env}, check=True, timeout=3 * seconds)
    small = ("--window", "200", "--batch", "4", "--bytes", "6000")
    result = judge(task / "evaluate.py", python(task / "train.py", "--serve"), *small, artifacts=artifacts)
    assert result["val_bpb"] < 5
    assert result["audit_nats"] < 1e-4
    assert result["bytes_per_token"] > 1.2
