"""Asking candidate and incumbent the same questions, in fresh processes that never live at the same time.

A *case* is the arguments of one call. Cases are drawn from the referee's seed for the run, so they are new every time
and nobody can have prepared for them; a process meets each of them once, so remembering answers gains nothing.
"""

from __future__ import annotations

import math
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from random import Random
from statistics import fmean, median
from typing import Any

from autoresearch.contestant.function import Answer, Function, outcome, question, same
from autoresearch.contestant.judge import chance
from autoresearch.contestant.line import CANDIDATE, INCUMBENT, ContestantError, IncumbentError, Violation

Case = Callable[[Random], Sequence[object]]
"""Draws the arguments of one call."""

ECHOES = 16
_CHUNK = 1 << 15


def race(
    case: Case,
    *,
    metric: str = "seconds",
    expect: Callable[..., object] | None = None,
    calls: int = 40,
    rounds: int = 2,
    deadline: float = 10.0,
    fastest: float = 0.0,
    tolerance: float = 0.0,
) -> dict[str, float]:
    """Mean seconds a call of the candidate takes, and of the incumbent: `metric` and `metric@incumbent`.

    Each round is four blocks in the order ABBA or BAAB, by chance; each block is a fresh process that answers the same
    `calls` cases, after one more that is not counted. A case counts with the least of its `2 * rounds` times a side:
    what a machine adds to a time is never negative, and the blocks of a round bracket what drifts. The incumbent's
    value is the mean of its least times; the candidate's is that value times the median, over the cases, of the ratio
    of their least times. A median of ratios forgives the cases that a neighbour disturbed on one side only.

    Every answer must be that of `expect`, a sealed function of the evaluator, or else that of the incumbent, within
    the relative `tolerance`; and none may come faster than `fastest` seconds, the physical bound of the task, or than
    its bytes alone can travel. `deadline` is the most seconds one call may take.

    Raises ContestantError for the candidate's faults, IncumbentError, DoorError.
    """
    cases = [list(case(chance("case", number))) for number in range(calls)]
    warm_up = question(list(case(chance("warm-up"))))
    expected = [outcome(expect, arguments) for arguments in cases] if expect else None
    answers: dict[str, list[list[Answer]]] = {CANDIDATE: [], INCUMBENT: []}
    for side in _order(rounds):
        answers[side].append(_asked(side, cases, deadline=deadline, warm_up=warm_up))
        _demand_possible(side, answers[side][-1], cases, fastest)
    for block in answers[CANDIDATE]:
        _demand_same(block, expected or answers[INCUMBENT][0], cases, tolerance)
    ours, theirs = _least(answers[CANDIDATE]), _least(answers[INCUMBENT])
    ratio = median(one / other for one, other in zip(ours, theirs, strict=True))
    return {metric: fmean(theirs) * ratio, f"{metric}@incumbent": fmean(theirs)}


def compare(
    cases: Sequence[Sequence[object]],
    *,
    expect: Callable[..., object] | None = None,
    deadline: float = 1.0,
    tolerance: float = 0.0,
) -> None:
    """Demand that the candidate does in every case what the incumbent does: the same value, or the same exception.

    `expect`, a sealed function of the evaluator, takes the incumbent's place. `deadline` is the most seconds one call
    may take.

    Raises ContestantError, which names the first case that differs, by number and size and never by content.
    """
    expected = (
        [outcome(expect, arguments) for arguments in cases] if expect else _asked(INCUMBENT, cases, deadline=deadline)
    )
    _demand_same(_asked(CANDIDATE, cases, deadline=deadline), expected, cases, tolerance)


def _order(rounds: int) -> Iterator[str]:
    for number in range(rounds):
        first, second = (CANDIDATE, INCUMBENT) if chance("order", number).random() < 0.5 else (INCUMBENT, CANDIDATE)
        yield from (first, second, second, first)


def _asked(
    side: str, cases: Sequence[Sequence[object]], *, deadline: float, warm_up: bytes | None = None
) -> list[Answer]:
    """What one fresh process of `side` answers in each case."""
    questions = [question(arguments) for arguments in cases]
    answers: list[Answer] = []
    try:
        with Function(side, patience=(len(cases) + 1) * deadline) as function:
            if warm_up is not None:
                function.answer(warm_up, within=deadline)
            for frame in questions:
                answers.append(function.answer(frame, within=deadline))
    except ContestantError as fault:
        text = f"{named(len(answers), cases)}: {fault}"
        raise (IncumbentError(f"the incumbent, {text}") if side == INCUMBENT else type(fault)(text)) from fault
    return answers


def _demand_same(
    answers: Sequence[Answer], expected: Sequence[Answer], cases: Sequence[Sequence[object]], tolerance: float
) -> None:
    for number, (answer, right) in enumerate(zip(answers, expected, strict=True)):
        if not same(answer, right, tolerance=tolerance):
            said = f"it raised {answer.raised}" if answer.raised else "it returned a value"
            wanted = f"{right.raised} was to be raised" if right.raised else "another value was right"
            raise Violation(f"{named(number, cases)}: {said} where {wanted}")


def _demand_possible(side: str, answers: Sequence[Answer], cases: Sequence[Sequence[object]], fastest: float) -> None:
    for number, answer in enumerate(answers):
        floor = max(fastest, echo(len(question(cases[number]))))
        if not floor <= answer.seconds < math.inf:
            text = f"{named(number, cases)} was answered in {answer.seconds:.2g} s; the floor is {floor:.2g} s"
            raise (IncumbentError if side == INCUMBENT else Violation)(text)


def _least(blocks: Sequence[Sequence[Answer]]) -> list[float]:
    """Seconds of each case in the block that was fastest in it."""
    return [min(answer.seconds for answer in answers) for answers in zip(*blocks, strict=True)]


def echo(n_bytes: int) -> float:
    """Seconds in which `n_bytes` go into a socket and come out of it again, nobody else involved; the least of a few.

    A contestant moves the same bytes, and wakes up, reads and answers besides: nothing honest is faster.
    """
    data = bytes(min(n_bytes, _CHUNK))
    times: list[float] = []
    here, there = socket.socketpair()
    with here, there:
        for _ in range(ECHOES):
            began = time.monotonic()
            here.sendall(data)
            there.recv(len(data))
            times.append(time.monotonic() - began)
    return min(times)


def named(number: int, cases: Sequence[Sequence[object]]) -> str:
    """A case by its number and the sizes of its arguments. What is in them stays hidden: agents read this."""
    return f"case {number + 1} of {len(cases)} ({', '.join(map(_size, cases[number])) or 'no arguments'})"


def _size(argument: Any) -> str:
    kind = type(argument).__name__
    return f"{kind} of {len(argument)}" if hasattr(argument, "__len__") else kind
