"""The tuner: one move of the constants per experiment, chosen by what the whole ledger says about it."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from autoresearch.agents.tuner import words
from autoresearch.agents.tuner.hints import Value
from autoresearch.agents.tuner.moves import MANY, Move, removals, risk, singles, tie_break, unions, untried
from autoresearch.agents.tuner.sampler import sampled
from autoresearch.agents.tuner.space import Space, space_of
from autoresearch.agents.tuner.trials import Past, past, remember
from autoresearch.errors import Foul
from autoresearch.history import History
from autoresearch.records import Brief, Outcome, Proposal

if TYPE_CHECKING:
    from autoresearch.agents.tuner.surrogate import Guess, Surrogate

BUNDLE_DISCOUNT = 0.5
"""What a move of several constants is worth next to a single one: what it gains cannot be attributed."""
SINGLES_FIRST = 12
"""Measured trials before several constants are moved together."""
MOST_AT_ONCE = 3
"""Constants moved at once towards a point the sampler likes."""


OTHERWISE = (
    "Try: constants at the top of an editable Python file, or another agent: "
    'use = "command" below [agent], and as command a program that edits the tree.'
)


class Tuner:
    """Edits the tree given a brief: new values for one constant, sometimes for a few."""

    name = "tuner"
    is_free = True

    def __init__(self, editable: Sequence[str]) -> None:
        self.stop = threading.Event()
        self._editable = tuple(editable)

    def edit(self, brief: Brief, tree: Path, history: History) -> Proposal:
        """Move constants below `tree`.

        The same history, brief and tree get the same proposal. Raises Foul(NO_CHANGE) when there is nothing to move or
        everything was tried.
        """
        space = space_of(tree, self._editable)
        if not space.constants:
            raise Foul(Outcome.NO_CHANGE, self._nothing, cost_usd=0.0, tokens=0)
        known = past(history, parent=brief.parent)
        move = _chosen(brief, space, known, history)
        for path, data in space.edited(move.changes).items():
            (tree / path).write_bytes(data)
        changed = {key: (space.values[key], value) for key, value in move.changes.items()}
        return Proposal(
            words.summary(space, move),
            words.hypothesis(space, move, known, history.metric),
            agent=self.name,
            cost_usd=0.0,
            tokens=0,
            detail=remember({**space.values, **move.changes}, changed=changed, shape=space.shape()),
        )

    def problems(self, tree: Path) -> list[str]:
        """Why it could not begin on `tree`: there is nothing to tune."""
        return [] if space_of(tree, self._editable).constants else [f"{self._nothing} {OTHERWISE}"]

    @property
    def _nothing(self) -> str:
        return f"No constant that could be tuned in {', '.join(self._editable)}."


def _offered(brief: Brief, space: Space, known: Past, surrogate: Surrogate, seed: str) -> list[Move]:
    """The moves the brief asks for, tried ones included."""
    if brief.step == "simplify":
        return removals(space)
    steps = singles(space)
    likeliest = _likeliest(steps, surrogate)[:MANY]
    if brief.step == "combine":
        return list(unions(step for step, _ in likeliest))
    if sum(trial.gain is not None for trial in known.trials) < SINGLES_FIRST:
        return steps
    close = [step for step, guess in likeliest if guess.mean > 0]
    return [*steps, *unions(close), *_towards(sampled(space, known.trials, seed=seed), surrogate)]


def _likeliest(steps: Sequence[Move], surrogate: Surrogate) -> list[tuple[Move, Guess]]:
    """Of each constant the step with the highest predicted gain, highest first."""
    guesses = surrogate.guesses([step.changes for step in steps])
    ranked = sorted(zip(steps, guesses, strict=True), key=lambda pair: -pair[1].mean)
    best: dict[str, tuple[Move, Guess]] = {}
    for step, guess in ranked:
        best.setdefault(next(iter(step.changes)), (step, guess))
    return list(best.values())


def _towards(points: Sequence[Mapping[str, Value]], surrogate: Surrogate) -> list[Move]:
    """From each point a sampler likes, its few likeliest changes: a sampler moves everything at once."""
    moves = []
    for point in points:
        ranked = _likeliest([Move({key: value}) for key, value in point.items()], surrogate)
        worth = [key for step, guess in ranked[:MOST_AT_ONCE] if guess.mean > 0 for key in step.changes]
        moves += [Move({key: point[key] for key in worth[: many + 1]}) for many in range(len(worth))]
    return moves


def _chosen(brief: Brief, space: Space, known: Past, history: History) -> Move:
    """The untried move with the greatest expected improvement."""
    from autoresearch.agents.tuner.surrogate import Surrogate

    shape = space.shape()
    seed = f"{history.study.base if history.study else ''}:{brief.number}"
    surrogate = Surrogate(space, known)
    fresh = untried(_offered(brief, space, known, surrogate, seed), space=space, shape=shape, tried=known.tried)
    if not fresh and brief.step != "improve":
        usual = _offered(replace(brief, step="improve"), space, known, surrogate, seed)
        fresh = untried(usual, space=space, shape=shape, tried=known.tried)
    if not fresh:
        raise Foul(
            Outcome.NO_CHANGE, "Every move of the constants that is left was tried before.", cost_usd=0.0, tokens=0
        )
    failures = [trial for trial in known.trials if trial.gain is None]
    constants = {constant.key: constant for constant in space.constants}
    worth = [
        guess.promise(surrogate.least) * risk(move, constants, failures) * (1.0 if move.is_single else BUNDLE_DISCOUNT)
        for move, guess in zip(fresh, surrogate.guesses([move.changes for move in fresh]), strict=True)
    ]
    # Rounded, so that numerical libraries which differ in the last digits choose alike.
    rounded = [float(f"{value:.6g}") for value in worth]
    return min(zip(rounded, fresh, strict=True), key=lambda pair: (-pair[0], tie_break(pair[1], seed)))[1]
