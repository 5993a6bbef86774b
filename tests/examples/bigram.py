"""A language model that counts pairs of bytes, and the ways in which it can be dishonest.

python bigram.py TRAINING_TEXT WAY
"""

import struct
import sys
import time
from pathlib import Path

import numpy as np


def table(path):
    text = np.frombuffer(Path(path).read_bytes(), np.uint8)
    counts = np.zeros((256, 256))
    np.add.at(counts, (text[:-1], text[1:]), 1)
    return np.log(counts + 0.01).astype(np.float32)


def honest(pairs, windows):
    return pairs[windows]


def one_byte_ahead(pairs, windows):
    logits = pairs[windows]
    rows, length = windows.shape
    logits[np.arange(rows)[:, None], np.arange(length - 1), windows[:, 1:]] += 30
    return logits


def ahead_in_few_windows(pairs, windows):
    peeks = (windows[:, 0].astype(int) * 7 + windows[:, 1]) % 33 == 0
    return np.where(peeks[:, None, None], one_byte_ahead(pairs, windows), honest(pairs, windows))


def ahead_at_few_places(pairs, windows):
    peeks = np.arange(windows.shape[1]) % 33 == 5
    return np.where(peeks[:, None], one_byte_ahead(pairs, windows), honest(pairs, windows))


def whole_block(pairs, windows):
    logits = pairs[windows]
    for start in range(0, windows.shape[1], 16):
        seen = (windows[:, start : start + 16, None] == np.arange(256)).mean(axis=1, keepdims=True)
        logits[:, start : start + 16] += 3 * seen
    return logits


def next_row(pairs, windows):
    seen = (windows[..., None] == np.arange(256)).mean(axis=1, keepdims=True)
    return pairs[windows] + 3 * np.roll(seen, 1, axis=0).astype(np.float32)


def earlier_questions(pairs, windows):
    logits = pairs[windows]
    pairs += np.float32(0.05) * np.bincount(windows.reshape(-1), minlength=256).astype(np.float32) / 16
    return logits


def not_finite(pairs, windows):
    logits = pairs[windows]
    logits[-1, -1, 0] = np.nan
    return logits


def wrong_shape(pairs, windows):
    return pairs[windows][:, :, :255]


def dies(pairs, windows):
    sys.exit("no more")


def hangs(pairs, windows):
    time.sleep(60)


def shifted(pairs, windows):
    return pairs[windows] + np.arange(windows.shape[1], dtype=np.float32)[:, None]


def loud(pairs, windows):
    return pairs[windows] * 50


def main():
    pairs, way = table(sys.argv[1]), globals()[sys.argv[2]]
    while head := sys.stdin.buffer.read(4):
        frame = sys.stdin.buffer.read(int.from_bytes(head, "little"))
        rows, length = struct.unpack_from("<II", frame)
        windows = np.frombuffer(frame, np.uint8, offset=8).reshape(rows, length)
        answer = way(pairs, windows).astype("<f4").tobytes()
        sys.stdout.buffer.write(len(answer).to_bytes(4, "little") + answer)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
