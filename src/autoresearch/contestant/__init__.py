"""What an evaluator imports to drive a candidate it does not trust. Standard library only; NumPy where arrays come.

    with judged() as metrics:
        metrics |= race(case, expect=reference.function, deadline=1.0)

The candidate lives in processes of its own, behind a door that the referee keeps. What comes back from there is its
word and nothing more: choosing the questions, timing and comparing stay on this side.
"""

from autoresearch.contestant.contest import Case, compare, race
from autoresearch.contestant.function import Answer, Function, same
from autoresearch.contestant.judge import chance, judged
from autoresearch.contestant.line import (
    CANDIDATE,
    INCUMBENT,
    Contestant,
    ContestantError,
    DoorError,
    IncumbentError,
    Late,
    Violation,
)
from autoresearch.plain import NotPlain, decode, encode

__all__ = [
    "CANDIDATE",
    "INCUMBENT",
    "Answer",
    "Case",
    "Contestant",
    "ContestantError",
    "DoorError",
    "Function",
    "IncumbentError",
    "Late",
    "NotPlain",
    "Violation",
    "chance",
    "compare",
    "decode",
    "encode",
    "judged",
    "race",
    "same",
]
