"""Bytes to and from one contestant: the door it comes through, the frames it speaks, and how long it may take.

The evaluator holds an inherited socket, the door; its number is in $AUTORESEARCH_DOOR. For each Contestant the referee
starts the task's `[contestant]` command afresh in the candidate box, and passes back the socket that is that process's
standard input and output. Both sides then speak frames: a length in four bytes, little-endian, and that many bytes.
"""

from __future__ import annotations

import math
import os
import select
import socket
import time
from types import TracebackType
from typing import Self

DOOR = "AUTORESEARCH_DOOR"
"""Environment variable with the file descriptor number of the door."""

CANDIDATE, INCUMBENT = "candidate", "incumbent"
"""The sides of a contest: what is measured, and what it is measured against."""

START, STARTED = {CANDIDATE: b"s", INCUMBENT: b"i"}, b"k"
"""What is said through the door: please start one of that side; here it is, with its socket."""

DOOR_SECONDS = 60.0
"""How long the referee may take to start a process on a busy machine."""

LENGTH_BYTES = 4


class ContestantError(Exception):
    """The candidate's fault: it died, kept silent, or answered nonsense. The message says which."""

    kind = "crash"
    """What the evaluation accuses the candidate of: crash | timeout | violation."""


class Late(ContestantError):
    """It kept us waiting for too long."""

    kind = "timeout"


class Violation(ContestantError):
    """It broke a rule of the measurement."""

    kind = "violation"


class IncumbentError(Exception):
    """The incumbent died, kept silent, or answered nonsense: nothing can be compared, and nobody is to blame."""


class DoorError(Exception):
    """Not the candidate's fault: there is no referee behind the door, or it would not start a contestant."""


class Contestant:
    """One fresh process of the candidate, for as long as the `with` block lasts.

    Opening another one ends this one: two never live at once, so none can tell the next what it was asked.
    """

    def __init__(self, side: str = CANDIDATE, *, patience: float = 60.0, largest: int = 64 * 2**20) -> None:
        """`patience`: seconds it may keep us waiting, all answers together. `largest`: most bytes of one answer."""
        self.side = side
        self.patience = patience
        self.largest = largest
        self.waited = 0.0
        """Seconds from the last question to its answer, on our clock."""
        self._waited = 0.0
        self._line: socket.socket | None = None

    def __enter__(self) -> Self:
        """Ask the referee for a fresh process. Raises DoorError when there is none to be had."""
        self._line = _through_the_door(START[self.side])
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Hang up, which ends the process."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def ask(self, question: bytes, *, within: float = math.inf) -> bytes:
        """The answer to one question, which may take `within` seconds.

        Raises ContestantError when the process ends, is late, speaks before it is asked, or announces more than
        `largest` bytes; after that the conversation is over.
        """
        if self._line is None:
            raise RuntimeError("A Contestant is asked inside its `with` block.")
        self._demand_silence(self._line)
        asked = time.monotonic()
        limit = min(within, self.patience - self._waited)
        try:
            return self._answer(self._line, question, deadline=asked + limit)
        except TimeoutError:
            said = min(within, self.patience)
            raise Late(f"The contestant kept us waiting for more than {said:g} s.") from None
        except (BrokenPipeError, ConnectionResetError):
            raise ContestantError("The contestant ended before it answered.") from None
        finally:
            self.waited = time.monotonic() - asked
            self._waited += self.waited

    @staticmethod
    def _demand_silence(line: socket.socket) -> None:
        """Whoever answers before the question was not computing what we time. A hung-up line is for `ask` to find."""
        if select.select([line], [], [], 0)[0] and line.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT):
            raise Violation("The contestant spoke before it was asked.")

    def _answer(self, line: socket.socket, question: bytes, *, deadline: float) -> bytes:
        line.settimeout(max(0.001, deadline - time.monotonic()))
        line.sendall(len(question).to_bytes(LENGTH_BYTES, "little") + question)
        length = int.from_bytes(_read(line, LENGTH_BYTES, deadline), "little")
        if length > self.largest:
            raise ContestantError(f"The contestant announced {length} bytes; the limit is {self.largest}.")
        return _read(line, length, deadline)


def _read(line: socket.socket, n_bytes: int, deadline: float) -> bytes:
    """Exactly `n_bytes`. Raises TimeoutError when they are late, BrokenPipeError when they end before that."""
    answer, filled = bytearray(n_bytes), 0
    while filled < n_bytes:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        line.settimeout(left)
        got = line.recv_into(memoryview(answer)[filled:])
        if not got:
            raise BrokenPipeError
        filled += got
    return bytes(answer)


def _through_the_door(word: bytes) -> socket.socket:
    number = os.environ.get(DOOR, "")
    if not number.isdecimal():
        raise DoorError(f"${DOOR} is not set: this evaluator runs under `autoresearch`, as the task's [evaluation].")
    try:
        with socket.socket(fileno=os.dup(int(number))) as door:
            door.settimeout(DOOR_SECONDS)
            door.sendall(word)
            reply, handles, _, _ = socket.recv_fds(door, 1, 1)
    except OSError as error:
        raise DoorError(f"Nobody answers behind the door: {error}.") from error
    if reply != STARTED or len(handles) != 1:
        for handle in handles:
            os.close(handle)
        raise DoorError(
            "The referee did not start a contestant: the task needs a [contestant] command, no [experiment] when the "
            "incumbent is asked as well, and at most 256 processes a run."
        )
    return socket.socket(fileno=handles[0])
