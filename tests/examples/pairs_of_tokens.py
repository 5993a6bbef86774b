"""A language model over bytes-as-tokens that counts pairs, for the gpt evaluator, and ways to be dishonest to it.

python pairs_of_tokens.py TRAINING_TEXT WAY
"""

import struct
import sys

import bigram
import cheats
import numpy as np

OF_TEXT = ("empty_token", "drops_text", "unknown_token", "inflated")


def table(way):
    tokens = [bytes([i]) for i in range(256)]
    if way == "inflated":
        return [token * 3 for token in tokens]
    return [b"", *tokens[1:]] if way == "empty_token" else tokens


def encode(way, text):
    if way == "drops_text":
        return list(text[:-1])
    if way == "unknown_token":
        return [*text[:-1], 256]
    return list(text)


def main():
    pairs, way = bigram.table(sys.argv[1]), sys.argv[2]
    answer_windows = cheats.honest if way in OF_TEXT else getattr(cheats, way)
    while head := sys.stdin.buffer.read(4):
        frame = sys.stdin.buffer.read(int.from_bytes(head, "little"))
        if frame[:1] == b"T":
            answer = b"".join(struct.pack("<H", len(token)) + token for token in table(way))
        elif frame[:1] == b"E":
            answer = np.array(encode(way, frame[1:]), "<u4").tobytes()
        else:
            rows, length = struct.unpack_from("<II", frame, 1)
            windows = np.frombuffer(frame, "<u4", offset=9).reshape(rows, length).astype(np.uint8)
            answer = answer_windows(lambda asked: pairs[asked], windows).astype("<f4").tobytes()
        sys.stdout.buffer.write(len(answer).to_bytes(4, "little") + answer)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
