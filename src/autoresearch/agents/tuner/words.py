"""A move in words: the one-line summary, and the hypothesis the experiment is to test."""

from __future__ import annotations

from autoresearch.agents.tuner.hints import Value
from autoresearch.agents.tuner.moves import Move
from autoresearch.agents.tuner.scales import Ladder
from autoresearch.agents.tuner.space import Constant, Space
from autoresearch.agents.tuner.style import render
from autoresearch.agents.tuner.trials import Past, Trial
from autoresearch.records import Metric, Outcome

MOST_NEIGHBOURS = 4
_ENDED = {
    Outcome.KEEP: "kept",
    Outcome.DISCARD: "discarded",
    Outcome.CRASH: "crashed",
    Outcome.TIMEOUT: "ran out of time",
    Outcome.CHECKS_FAILED: "failed its checks",
}


def summary(space: Space, move: Move) -> str:
    """`train.py: LEARNING_RATE 3e-3 -> 6e-3`, moves of one file together."""
    by_file: dict[str, list[str]] = {}
    for constant in _moving(space, move):
        new = render(move.changes[constant.key], constant.literal.text)
        by_file.setdefault(constant.path, []).append(f"{constant.literal.name} {constant.literal.text} -> {new}")
    return "; ".join(f"{path}: {', '.join(steps)}" for path, steps in by_file.items())


def hypothesis(space: Space, move: Move, known: Past, metric: Metric) -> str:
    """One sentence: what is expected, and what is known about it."""
    constants = _moving(space, move)
    better = f"{'lower' if metric.direction == 'minimize' else 'raise'} {metric.name}"
    if len(constants) > 1:
        names = ", ".join(constant.literal.name for constant in constants)
        return f"Together, new values of {names} {better}: each alone looked promising or came close."
    constant = constants[0]
    claim = f"{_action(constant, move.changes[constant.key])} {constant.literal.name} would {better}"
    tried = _neighbours(constant, known, metric)
    return f"{claim}; tried so far: {tried}." if tried else f"{claim}; it was not moved before."


def _moving(space: Space, move: Move) -> list[Constant]:
    return [constant for constant in space.constants if constant.key in move.changes]


def _action(constant: Constant, new: Value) -> str:
    old = constant.value
    if isinstance(old, bool):
        return "Switching on" if new else "Switching off"
    if not isinstance(constant.scale, Ladder) or isinstance(new, str) or isinstance(old, str):
        return f"Choosing {new} for"
    if new == 0:
        return "Doing without"
    return "A larger" if new > old else "A smaller"


def _neighbours(constant: Constant, known: Past, metric: Metric) -> str:
    """The latest values of this constant that were tried alone, and how they ended."""
    alone = [trial for trial in known.trials if list(trial.changed) == [constant.key]]
    return ", ".join(_ended(constant, trial, metric) for trial in alone[-MOST_NEIGHBOURS:])


def _ended(constant: Constant, trial: Trial, metric: Metric) -> str:
    old, new = trial.changed[constant.key]
    text = f"{render(old, constant.literal.text)} -> {render(new, constant.literal.text)}"
    ended = _ENDED.get(trial.outcome, "refused") if trial.outcome else ""
    if trial.told is None:
        return f"{text} {ended}"
    unit = f" {metric.unit}" if metric.unit else ""
    return f"{text} {ended} ({abs(trial.told):.2g}{unit} {'better' if trial.told > 0 else 'worse'})"
