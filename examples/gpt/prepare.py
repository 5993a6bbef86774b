"""Fetch text, hold some of it out, learn a tokenizer, and lay the rest down as tokens. Sealed; run once.

    python prepare.py --source https://host/path/shard_{:05d}.parquet --shards 10 --to /var/tmp/autoresearch-gpt
    python prepare.py --source ../quick/data/train.txt --to data --vocab 512 --held-out 65536

A source is a URL or a path; with `{}` in it, a row of numbered shards. A shard is .parquet or .jsonl(.gz) with a column
`text`, or plain .txt with blank lines between documents. Its sha256 must stand in shards.sha256; `--pin` writes it
there the first time. Beside this file come tokenizer.json, sealed/val.txt and sealed/holdout.txt, to be committed;
train.bin (uint16 tokens) goes to the folder named by `--to`. No two of training, validation and holdout text share
thirteen words in a row within a document.
"""

import argparse
import gzip
import hashlib
import json
import multiprocessing
import re
import shutil
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
from tokenizer import Tokenizer, learn

HERE = Path(__file__).resolve().parent
SEALED, TOKENIZER, PINS = HERE / "sealed", HERE / "tokenizer.json", HERE / "shards.sha256"
END = b"\n\n"  # between two documents
NEAR = 13  # words in a row that make two passages near-duplicates
HELD_OUT_EVERY = 5  # of the first documents, one in so many is held out
ATTEMPTS = 5


# ---------------------------------------------------------------- shards


def fetch(url, path, *, wait=1.0):
    """Download `url` to `path`, whole or not at all. An attempt that fails is repeated, later and later."""
    part = path.with_suffix(path.suffix + ".part")
    for attempt in range(ATTEMPTS):
        try:
            with urllib.request.urlopen(url, timeout=60) as answer, part.open("wb") as file:
                shutil.copyfileobj(answer, file)
                expected = answer.headers.get("Content-Length")
            if expected and part.stat().st_size != int(expected):
                raise OSError(f"{part.stat().st_size} of {expected} bytes came")
            part.replace(path)
            return
        except OSError as error:
            if attempt == ATTEMPTS - 1 or (isinstance(error, urllib.error.HTTPError) and error.code in (403, 404)):
                raise SystemExit(f"{url} cannot be fetched: {error}") from None
            time.sleep(wait * 2**attempt)


def sha256(path):
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def pins():
    """Known sha256 by shard name, as `sha256sum` writes them."""
    lines = PINS.read_text().splitlines() if PINS.exists() else []
    return {name: digest for digest, name in (line.split("  ", 1) for line in lines)}


def verify(path, *, pin):
    """Refuse a shard whose bytes are not the pinned ones; an unknown one is pinned when `pin` says so."""
    known, digest = pins(), sha256(path)
    if path.name not in known and pin:
        PINS.write_text("".join(f"{d}  {n}\n" for n, d in sorted((known | {path.name: digest}).items())))
    elif known.get(path.name) != digest:
        why = (
            "is not in shards.sha256; --pin trusts it" if path.name not in known else "is not the pinned one; delete it"
        )
        raise SystemExit(f"{path} {why} (sha256 {digest}).")


def shards(source, n, to, *, pin):
    """Paths of the verified shards, fetched where they are not here yet."""
    names = [source.format(i) for i in range(n)] if "{" in source else [source]
    paths = []
    for name in names:
        path = Path(name)
        if "://" in name:
            path = to / "shards" / name.rsplit("/", 1)[1]
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                fetch(name, path)
        verify(path, pin=pin)
        paths.append(path)
    return paths


def documents(path):
    """The documents of one shard, bytes, in order."""
    if path.suffix == ".parquet":
        import pyarrow.parquet  # only this format needs it: pip install pyarrow

        for batch in pyarrow.parquet.ParquetFile(path).iter_batches(columns=["text"]):
            yield from (text.encode() for text in batch.column(0).to_pylist())
    elif path.suffix == ".txt":
        yield from (text for text in path.read_bytes().split(END) if text.strip())
    else:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
            yield from (json.loads(line)["text"].encode() for line in lines)


# ---------------------------------------------------------------- held-out text


def held_out(path, n_bytes):
    """Validation and holdout text of at least `n_bytes` each, dealt in turn, and the numbers of their documents."""
    texts, seen, numbers = [b"", b""], [set(), set()], set()
    for number, text in enumerate(documents(path)):
        side, enough = number // HELD_OUT_EVERY % 2, min(map(len, texts)) >= n_bytes
        if number % HELD_OUT_EVERY or enough or not seen[1 - side].isdisjoint(shingles(text)):
            continue
        texts[side] += text + END
        seen[side] |= shingles(text)
        numbers.add(number)
    if min(map(len, texts)) < n_bytes:
        raise SystemExit(f"{path} is too small to hold out 2 x {n_bytes} bytes.")
    return texts, numbers


def shingles(text):
    """Every run of NEAR words, case and punctuation aside."""
    words = re.findall(rb"[a-z0-9]+", text.lower())
    return {b" ".join(words[i : i + NEAR]) for i in range(len(words) - NEAR + 1)}


def training_documents(path, skip, secret):
    """Documents of a shard but for the numbers in `skip` and those that share a shingle with `secret`."""
    for number, text in enumerate(documents(path)):
        if number not in skip and secret.isdisjoint(shingles(text)):
            yield text + END


# ---------------------------------------------------------------- tokens


def encode_shard(job):
    """Tokens of a shard's training documents, uint16."""
    path, skip, secret = job
    encode = Tokenizer.load(TOKENIZER).encode
    parts = [np.array(encode(text), np.uint16) for text in training_documents(path, skip, secret)]
    return np.concatenate(parts) if parts else np.zeros(0, np.uint16)


def head(path, skip, secret, n_bytes):
    """Training documents from the start of a shard, about `n_bytes` of them."""
    size = 0
    for text in training_documents(path, skip, secret):
        yield text
        size += len(text)
        if size >= n_bytes:
            return


def prepare(arguments):
    to = Path(arguments.to)
    to.mkdir(parents=True, exist_ok=True)
    paths = shards(arguments.source, arguments.shards, to, pin=arguments.pin)
    texts, numbers = held_out(paths[0], arguments.held_out)
    secret = shingles(texts[0]) | shingles(texts[1])
    SEALED.mkdir(exist_ok=True)
    for name, text in zip(("val", "holdout"), texts, strict=True):
        (SEALED / f"{name}.txt").write_bytes(text)
    learn(head(paths[0], numbers, secret, arguments.sample), arguments.vocab).save(TOKENIZER)
    jobs = [(path, numbers if path == paths[0] else set(), secret) for path in paths]
    n_tokens = 0
    with multiprocessing.Pool(min(len(jobs), arguments.workers)) as pool, (to / "train.bin").open("wb") as file:
        for tokens in pool.imap(encode_shard, jobs):
            tokens.tofile(file)
            n_tokens += len(tokens)
    print(f"{n_tokens} training tokens in {to / 'train.bin'}; {len(texts[0])} + {len(texts[1])} bytes held out")


def options(argv):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--source", required=True, help="URL or path; {} stands for a shard's number")
    parser.add_argument("--shards", type=int, default=1, help="how many, from 0")
    parser.add_argument("--to", default=str(HERE / "data"), help="folder for shards and train.bin")
    parser.add_argument("--vocab", type=int, default=8192, help="tokens, 256 to 65536")
    parser.add_argument("--held-out", type=int, default=2**20, help="bytes of validation and of holdout text, each")
    parser.add_argument("--sample", type=int, default=10**8, help="bytes the tokenizer is learned from")
    parser.add_argument("--workers", type=int, default=multiprocessing.cpu_count(), help="processes that encode")
    parser.add_argument("--pin", action="store_true", help="trust shards that shards.sha256 does not know yet")
    return parser.parse_args(argv)


if __name__ == "__main__":
    prepare(options(sys.argv[1:]))
