"""The strategy at work: is told each day's return once it is over, and says what to hold on the next.

Sealed. It runs in the candidate's box; what it says is a position and nothing else.
"""

import struct
import sys

from strategy import position


def main():
    past = []
    while head := sys.stdin.buffer.read(4):
        yesterday, weekday, month, day = struct.unpack("<dBBB", sys.stdin.buffer.read(int.from_bytes(head, "little")))
        if yesterday == yesterday:  # not before the first day
            past.append(yesterday)
        answer = struct.pack("<d", position(past, weekday, month, day))
        sys.stdout.buffer.write(len(answer).to_bytes(4, "little") + answer)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
