"""A candidate for examples/gpt that counts pairs of tokens instead of training a transformer: no PyTorch, no noise.

python train.py           count, then leave the table in $AUTORESEARCH_ARTIFACTS
python train.py --serve   answer the questions of evaluate.py
"""

import os
import struct
import sys
from pathlib import Path

import numpy as np
from tokenizer import Tokenizer

HERE = Path(__file__).resolve().parent
WEIGHTS = Path(os.environ["AUTORESEARCH_ARTIFACTS"]) / "weights.npy"
SMOOTHING = 3.0


def count(vocab, smoothing):
    tokens = np.fromfile(HERE / "data" / "train.bin", np.uint16)
    counts = np.full((vocab, vocab), smoothing, np.float32)
    np.add.at(counts, (tokens[:-1], tokens[1:]), 1)
    return np.log(counts)


def train(vocab):
    np.save(WEIGHTS, count(vocab, SMOOTHING))


def table(tokenizer):
    return tokenizer.table


def encode(tokenizer, text):
    return tokenizer.encode(text)


def predict(pairs, windows):
    return pairs[windows]


def serve(pairs, tokenizer):
    while head := sys.stdin.buffer.read(4):
        frame = sys.stdin.buffer.read(int.from_bytes(head, "little"))
        if frame[:1] == b"T":
            answer = b"".join(struct.pack("<H", len(token)) + token for token in table(tokenizer))
        elif frame[:1] == b"E":
            answer = np.array(encode(tokenizer, frame[1:]), "<u4").tobytes()
        else:
            rows, length = struct.unpack_from("<II", frame, 1)
            windows = np.frombuffer(frame, "<u4", offset=9).reshape(rows, length)
            answer = predict(pairs, windows).astype("<f4").tobytes()
        sys.stdout.buffer.write(len(answer).to_bytes(4, "little") + answer)
        sys.stdout.buffer.flush()


def main():
    tokenizer = Tokenizer.load(HERE / "tokenizer.json")
    if "--serve" in sys.argv:
        serve(np.load(WEIGHTS, allow_pickle=False), tokenizer)
    else:
        train(len(tokenizer.table))


if __name__ == "__main__":
    main()
