"""The tuner: one move of the constants per experiment, chosen by what the whole ledger says about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    from autoresearch.agents.tuner.surrogate import Surrogate

BUNDLE_DISCOUNT = 0.5
"""What a move of several constants is worth next to a single one: what it gains cannot be attributed."""
SINGLES_FIRST = 12
"""Measured trials before several constants are moved together."""


class Tuner:
    """Edits the tree given a brief: new values for one constant, sometimes for a few."""

    name = "tuner"

    def __init__(self, editable: Sequence[str]) -> None:
        self._editable = tuple(editable)

    def edit(self, brief: Brief, tree: Path, history: History) -> Proposal:
        """Move constants below `tree`.

        The same history, brief and tree get the same proposal. Raises Foul(NO_CHANGE) when there is nothing to move or
        everything was tried.
        """
        space = space_of(tree, self._editable)
        if not space.constants:
            raise Foul(Outcome.NO_CHANGE, self._nothing)
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
        return [] if space_of(tree, self._editable).constants else [self._nothing]

    @property
    def _nothing(self) -> str:
        return f"No constant that could be tuned in {', '.join(self._editable)}."


def _offered(brief: Brief, space: Space, known: Past, surrogate: Surrogate, seed: str) -> list[Move]:
    """The moves the brief asks for, tried ones included."""
    if brief.step == "simplify":
        return removals(space)
    steps = singles(space)
    if brief.step != "combine" and sum(trial.gain is not None for trial in known.trials) < SINGLES_FIRST:
        return steps
    bundles = [*unions(_best(steps, surrogate)), *_towards(sampled(space, known.trials, seed=seed), surrogate)]
    return bundles if brief.step == "combine" else steps + bundles


def _best(steps: Sequence[Move], surrogate: Surrogate) -> list[Move]:
    """The likeliest step of each constant, the likeliest `MANY` of those."""
    by_constant: dict[str, tuple[float, Move]] = {}
    for step, guess in zip(steps, surrogate.guesses([step.changes for step in steps]), strict=True):
        (key,) = step.changes
        if key not in by_constant or guess.mean > by_constant[key][0]:
            by_constant[key] = guess.mean, step
    ranked = sorted((pair for pair in by_constant.values() if pair[0] > 0), key=lambda pair: -pair[0])
    return [step for _, step in ranked[:MANY]]


def _towards(points: Sequence[Mapping[str, Value]], surrogate: Surrogate) -> list[Move]:
    """From each point a sampler likes, its two or three likeliest changes: a sampler moves everything at once."""
    moves = []
    for point in points:
        keys = list(point)
        guesses = surrogate.guesses([{key: point[key]} for key in keys])
        ranked = sorted(zip(keys, guesses, strict=True), key=lambda pair: -pair[1].mean)
        worth = [key for key, guess in ranked if guess.mean > 0]
        for many in (1, 2, 3):
            moves.append(Move({key: point[key] for key in worth[:many]}))
    return [move for move in moves if move.changes]


def _chosen(brief: Brief, space: Space, known: Past, history: History) -> Move:
    """The untried move with the greatest expected improvement."""
    from autoresearch.agents.tuner.surrogate import Surrogate

    shape = space.shape()
    seed = f"{history.study.base if history.study else ''}:{brief.number}"
    surrogate = Surrogate(space, known)
    offered = _offered(brief, space, known, surrogate, seed)
    fresh = untried(offered, space=space, shape=shape, tried=known.tried)
    if not fresh:
        raise Foul(Outcome.NO_CHANGE, "Every move of the constants that is left was tried before.")
    failures = [trial for trial in known.trials if trial.gain is None]
    worth = [
        guess.promise(surrogate.least) * risk(move, space, failures) * (1.0 if move.is_single else BUNDLE_DISCOUNT)
        for move, guess in zip(fresh, surrogate.guesses([move.changes for move in fresh]), strict=True)
    ]
    order = sorted(zip(worth, fresh, strict=True), key=lambda pair: (-round(pair[0], 9), tie_break(pair[1], seed)))
    return order[0][1]
