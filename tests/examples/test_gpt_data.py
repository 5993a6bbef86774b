"""The tokenizer, the download and the evaluator of examples/gpt: all that needs no PyTorch."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import subprocess
import sys
import threading
from collections import Counter
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from here import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from door import python

GPT = ROOT / "examples" / "gpt"
QUICK_TEXT = ROOT / "examples" / "quick" / "data" / "train.txt"
PAIRS = Path(__file__).with_name("pairs_of_tokens.py")


# ---------------------------------------------------------------- tokenizer.py


@pytest.fixture(scope="module")
def words():
    sys.path.insert(0, str(GPT))
    import tokenizer

    sys.path.remove(str(GPT))
    return tokenizer


def learned_slowly(words, text, vocab):
    """Byte-pair encoding by its definition: count all pairs anew before each merge."""
    tokens, merges = [list(word) for word in words.WORD.findall(text)], []
    while len(merges) < vocab - 256:
        counts = Counter(pair for word in tokens for pair in pairwise(word))
        best = min(counts, key=lambda pair: (-counts[pair], pair), default=None)
        if best is None or counts[best] < 2:
            break
        tokens = [words.joined(word, best, 256 + len(merges)) for word in tokens]
        merges.append(best)
    return merges


@settings(max_examples=60)
@given(text=st.lists(st.sampled_from([b"a", b"ab", b"aa", b" ", b"b", b"\xc3\xa9", b"7"]), max_size=60).map(b"".join))
def test_the_fast_learner_learns_what_the_definition_says(words, text):
    assert words.learn([text], 290).merges == learned_slowly(words, text, 290)


@settings(max_examples=200)
@given(text=st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_tokens_give_back_the_text(words, text):
    tokenizer = words.learn([QUICK_TEXT.read_bytes()[:2000]], 300)
    assert tokenizer.decode(tokenizer.encode(text)) == text


def test_a_tokenizer_comes_back_from_its_file_and_shortens_text(words, tmp_path):
    text = QUICK_TEXT.read_bytes()[:100_000]
    words.learn([text], 1024).save(tmp_path / "tokenizer.json")
    tokenizer = words.Tokenizer.load(tmp_path / "tokenizer.json")
    tokens = tokenizer.encode(text)
    assert len(tokenizer.table) == 1024
    assert len(tokens) < len(text) / 2.5
    assert tokenizer.decode(tokens) == text


# ---------------------------------------------------------------- prepare.py


@pytest.fixture
def task(tmp_path):
    """A copy of the example to prepare in."""
    return Path(shutil.copytree(GPT, tmp_path / "gpt", ignore=shutil.ignore_patterns("data", "sealed", "__pycache__")))


def prepare(task, *arguments, ok=True):
    """Run prepare.py and return what it says."""
    done = subprocess.run([*python(task / "prepare.py"), *map(str, arguments)], capture_output=True, text=True)
    assert (done.returncode == 0) is ok, done.stderr
    return done.stdout + done.stderr


class Unsteady(SimpleHTTPRequestHandler):
    """A file server that fails the first time it is asked for each file."""

    def do_GET(self):
        if self.path not in self.server.asked:
            self.server.asked.add(self.path)
            self.send_error(503)
        else:
            super().do_GET()

    def log_message(self, *_):
        pass


@pytest.fixture
def server(tmp_path):
    """A source of shards on loopback, and the folder it serves."""
    folder = tmp_path / "served"
    folder.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), lambda *rest: Unsteady(*rest, directory=str(folder))) as http:
        http.asked = set()
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}/shard_{{:02d}}.jsonl.gz", folder
        http.shutdown()
        thread.join()


def write_shards(folder):
    """Two shards of made-up documents; the second holds a copy of a held-out one."""
    rng = np.random.default_rng(0)
    vocabulary = [f"{a}{b}" for a in ("ba", "ke", "mu", "so", "ti") for b in ("lo", "ra", "ne", "pi", "du")]
    documents = [" ".join(rng.choice(vocabulary, 40)) for _ in range(120)]
    documents[100] = "Preface. " + documents[0].upper()
    for i in range(2):
        with gzip.open(folder / f"shard_{i:02d}.jsonl.gz", "wt") as file:
            file.writelines(json.dumps({"text": text}) + "\n" for text in documents[60 * i : 60 * i + 60])
    return documents


def test_shards_are_fetched_verified_and_laid_down(task, server, words):
    source, folder = server
    documents = write_shards(folder)
    arguments = ("--source", source, "--shards", 2, "--to", task / "data", "--vocab", 300, "--held-out", 600)
    assert "is not in shards.sha256; --pin trusts it" in prepare(task, *arguments, ok=False)
    prepare(task, *arguments, "--pin")
    tokenizer = words.Tokenizer.load(task / "tokenizer.json")
    training = tokenizer.decode(np.fromfile(task / "data" / "train.bin", np.uint16)).decode()
    held_out = [(task / "sealed" / f"{split}.txt").read_text() for split in ("val", "holdout")]
    for number, text in enumerate(documents):
        places = [text in held_out[0], text in held_out[1], text in training]
        assert places == [number in (0, 10, 20), number in (5, 15, 25), number not in (0, 5, 10, 15, 20, 25, 100)]

    before = (task / "data" / "train.bin").read_bytes()
    prepare(task, *arguments)
    assert (task / "data" / "train.bin").read_bytes() == before


def test_a_shard_that_changed_is_refused(task, server):
    source, folder = server
    write_shards(folder)
    arguments = ("--source", source, "--shards", 2, "--to", task / "data", "--vocab", 300, "--held-out", 600)
    prepare(task, *arguments, "--pin")
    (task / "data" / "shards" / "shard_01.jsonl.gz").write_bytes(b"something else")
    assert "is not the pinned one" in prepare(task, *arguments, "--pin", ok=False)


def test_a_shard_that_is_not_there_is_named(task, server):
    source, _ = server
    said = prepare(task, "--source", source, "--to", task / "data", "--pin", ok=False)
    assert re.search(r"shard_00.jsonl.gz cannot be fetched: HTTP Error 404", said)
    assert not list((task / "data" / "shards").iterdir())


def test_parquet_shards_are_read(task):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    texts = [" ".join(f"word{i}of{number}" for i in range(20)) for number in range(50)]
    parquet.write_table(pyarrow.table({"text": texts}), task / "shard.parquet")
    prepare(task, "--source", task / "shard.parquet", "--to", task / "data", "--vocab", 260, "--held-out", 100, "--pin")
    assert (task / "sealed" / "val.txt").read_text().startswith(texts[0])


# ---------------------------------------------------------------- evaluate.py

SMALL = ("--window", "64", "--batch", "8", "--bytes", "8192")


@pytest.fixture(scope="module")
def sealed(tmp_path_factory):
    """An evaluator with a sealed text of its own."""
    folder = tmp_path_factory.mktemp("evaluator")
    shutil.copy(GPT / "evaluate.py", folder)
    (folder / "sealed").mkdir()
    for split in ("val", "holdout"):
        text = (ROOT / "examples" / "quick" / "data" / f"{split}.txt").read_bytes()[:16384]
        (folder / "sealed" / f"{split}.txt").write_bytes(text)
    return folder


def pairs(way):
    return python(PAIRS, str(QUICK_TEXT), way)


@pytest.mark.parametrize("split", ["val", "holdout"])
def test_an_honest_model_gets_the_bits_its_definition_says(load, judge, sealed, split):
    result = judge(sealed / "evaluate.py", pairs("honest"), *SMALL, "--split", split)
    text = np.frombuffer((sealed / "sealed" / f"{split}.txt").read_bytes(), np.uint8)[:8192]
    logits = load("../tests/examples/bigram.py").table(QUICK_TEXT).astype(float)
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert result["val_bpb"] == pytest.approx(-np.log2(probabilities[text[:-1], text[1:]]).mean(), abs=1e-6)
    assert result["audit_nats"] < 1e-12
    assert result["bytes_per_token"] == 1


@pytest.mark.parametrize(
    ("way", "reason"),
    [
        ("one_ahead", "depends on later tokens of its window"),
        ("ahead_at_one_place", "its beginning alone|later tokens"),
        ("next_row", "depends on the other windows asked"),
        ("not_finite", "not finite"),
        ("wrong_shape", "wrong shape"),
        ("dies", "ended before it answered"),
        ("empty_token", "has a token without bytes"),
        ("drops_text", "do not give back the text"),
        ("inflated", "do not give back the text"),
        ("unknown_token", "do not give back the text"),
    ],
)
def test_a_cheat_gets_a_reason_and_no_number(judge, sealed, way, reason):
    result = judge(sealed / "evaluate.py", pairs(way), *SMALL)
    assert list(result) == ["violation"]
    assert re.search(reason, result["violation"])


def test_both_task_files_are_ones_the_engine_accepts(tmp_path):
    config = pytest.importorskip("autoresearch.config")
    for name, sizes in (("autoresearch.toml", "sizes/cuda.py"), ("autoresearch.cpu.toml", "sizes/cpu.py")):
        shutil.copy(GPT / name, tmp_path / "autoresearch.toml")
        assert config.load(tmp_path).editable == ("train.py", sizes)
        assert (GPT / sizes).is_file()
