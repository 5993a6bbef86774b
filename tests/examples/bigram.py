"""A language model that counts pairs of bytes, honest or not.

python bigram.py TRAINING_TEXT WAY
"""

import struct
import sys
from pathlib import Path

import cheats
import numpy as np


def table(path):
    text = np.frombuffer(Path(path).read_bytes(), np.uint8)
    counts = np.zeros((256, 256))
    np.add.at(counts, (text[:-1], text[1:]), 1)
    return np.log(counts + 0.01).astype(np.float32)


def main():
    pairs, way = table(sys.argv[1]), getattr(cheats, sys.argv[2])
    while head := sys.stdin.buffer.read(4):
        frame = sys.stdin.buffer.read(int.from_bytes(head, "little"))
        rows, length = struct.unpack_from("<II", frame)
        windows = np.frombuffer(frame, np.uint8, offset=8).reshape(rows, length)
        answer = way(lambda asked: pairs[asked], windows).astype("<f4").tobytes()
        sys.stdout.buffer.write(len(answer).to_bytes(4, "little") + answer)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
