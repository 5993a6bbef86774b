"""A guess, with its uncertainty, at what a move would gain: a small Gaussian process over the trials.

The gain is taken as a sum of one smooth function per constant and a weak joint one, so that what a step in one constant
did is believed to hold while the others move, and opposite steps inform each other. Its prior says that the value a
person wrote is probably not far off. Hyperparameters are fixed or read off the trials: nothing is fitted, which keeps a
proposal cheap and repeatable. Conditioning follows Rasmussen & Williams, *Gaussian Processes for Machine Learning*,
2006, section 2.2; expected improvement is Mockus 1978.

Gains are in *units*: what a first step usually changes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autoresearch.agents.tuner.hints import Value
from autoresearch.agents.tuner.scales import Choice
from autoresearch.agents.tuner.space import Space
from autoresearch.agents.tuner.trials import Past, Trial

Array = NDArray[np.float64]

LENGTH = 2.5
"""Coordinates over which one constant's effect stays similar: two to three doublings."""
STEP_VARIANCE = 2 * (1 - math.exp(-0.5 / LENGTH**2))
"""Variance of the difference over one first step, of a function of variance 1 and this length."""
JOINT_LENGTH = 3.0
JOINT_VARIANCE = 0.25
CODE_VARIANCE = 25.0
"""How much the level may differ between shapes of the code: what other agents did."""
CURVATURE = 0.5
"""Expected loss of a first step, relative to the standard deviation of its effect."""
FARTHEST = 3.0
"""Coordinates beyond which the expected loss grows no more."""
LEAST_GAIN = 2.0
FIRST_STEP = 5.0
"""Gains worth looking for, and gains to expect of a first step before any was seen: standard deviations of one run."""
LEAST_NOISE = 0.05
"""Units; keeps the covariance well conditioned when the metric is exact."""


@dataclass(frozen=True, slots=True)
class Guess:
    """Predicted gain over the incumbent, in units."""

    mean: float
    deviation: float

    def promise(self, over: float) -> float:
        """Expected improvement beyond `over`, in units."""
        above = self.mean - over
        z = above / self.deviation
        density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
        return above * (1 + math.erf(z / math.sqrt(2))) / 2 + self.deviation * density


class Surrogate:
    """The process conditioned on the trials, as seen from the tree's own assignment."""

    def __init__(self, space: Space, past: Past) -> None:
        self._space = space
        self._index = {constant.key: i for i, constant in enumerate(space.constants)}
        self._is_choice = np.array([isinstance(constant.scale, Choice) for constant in space.constants])
        self._origin = self._coordinates(space.values)
        measured = [trial for trial in past.trials if trial.gain is not None]
        self.unit = _unit(measured, past.noise)
        """What a first step usually changes, in the metric's unit."""
        self.least = LEAST_GAIN * past.noise / self.unit
        """The smallest gain worth looking for, in units: less drowns in the noise of a run."""
        self._variance = _variances(space, measured, self.unit)
        self._points = np.array([self._coordinates({**space.values, **trial.values}) for trial in measured])
        self._points = self._points.reshape(len(measured), len(space.constants))
        self._condition(measured, past.noise / self.unit)

    def guesses(self, moves: Sequence[Mapping[str, Value]]) -> list[Guess]:
        """The gain to expect from each set of changes to the tree's assignment."""
        there = np.tile(self._origin, (len(moves), 1))
        for row, move in zip(there, moves, strict=True):
            for key, value in move.items():
                i = self._index[key]
                row[i] = self._space.constants[i].scale.coordinate(value)
        cross = self._gained_covariance(self._points, there)
        means = self._prior_mean(there) + cross.T @ self._weights
        variances = -2 * self._gained_covariance(self._origin[None, :], there)[0]
        variances -= np.einsum("im,im->m", cross, self._precision @ cross)
        deviations = np.sqrt(np.maximum(variances, 1e-9))
        return [Guess(float(mean), float(deviation)) for mean, deviation in zip(means, deviations, strict=True)]

    def _condition(self, measured: Sequence[Trial], noise: float) -> None:
        shapes = np.array([trial.shape for trial in measured])
        runs = np.array([trial.runs for trial in measured], dtype=float)
        covariance = self._covariance(self._points, self._points)
        covariance += CODE_VARIANCE * (shapes[:, None] == shapes[None, :])
        covariance += np.diag(max(noise, LEAST_NOISE) ** 2 / runs)
        surprise = np.array([_level(trial, self.unit) for trial in measured]) - self._prior_mean(self._points)
        self._precision = np.linalg.inv(covariance)
        self._weights = self._precision @ surprise

    def _coordinates(self, values: Mapping[str, Value]) -> Array:
        return np.array([constant.scale.coordinate(values[constant.key]) for constant in self._space.constants])

    def _prior_mean(self, points: Array) -> Array:
        away = np.where(self._is_choice, points != self._origin, np.abs(points - self._origin))
        loss = CURVATURE * np.sqrt(STEP_VARIANCE * self._variance) * np.minimum(away, FARTHEST) ** 2
        return np.asarray(-loss.sum(axis=1))

    def _covariance(self, a: Array, b: Array) -> Array:
        """Prior covariance of the gains at every pair of points."""
        total, squared = np.zeros((len(a), len(b))), np.zeros((len(a), len(b)))
        for i in range(len(self._index)):
            similar, apart = self._similarity(i, a[:, i, None], b[None, :, i])
            total += similar
            squared += apart
        return total + _joint(squared)

    def _gained_covariance(self, a: Array, there: Array) -> Array:
        """Covariance of the gain at each of `a` with the gain of going from the tree's assignment to each of `there`.

        The same as the difference of two covariances, in the time the constants that moved take.
        """
        total = np.zeros((len(a), len(there)))
        start = sum(
            (self._similarity(i, a[:, i, None], self._origin[i])[1] for i in range(len(self._index))),
            start=np.zeros((len(a), 1)),
        )
        squared = np.tile(start, (1, len(there)))
        for i, old in enumerate(self._origin):
            moved = np.flatnonzero(there[:, i] != old)
            similar, apart = self._similarity(i, a[:, i, None], there[None, moved, i])
            similar_before, apart_before = self._similarity(i, a[:, i, None], old)
            total[:, moved] += similar - similar_before
            squared[:, moved] += apart - apart_before
        return total + _joint(squared) - _joint(start)

    def _similarity(self, i: int, a: Array, b: Array | float) -> tuple[Array, Array]:
        """Covariance of constant `i`'s own effect at coordinates `a` and `b`, and their squared distance."""
        if self._is_choice[i]:
            apart = (a != b).astype(float)
            return self._variance[i] * (1 - apart * STEP_VARIANCE / 2), apart
        apart = (a - b) ** 2
        return self._variance[i] * np.exp(-0.5 / LENGTH**2 * apart), apart


def _joint(squared: Array) -> Array:
    return np.asarray(JOINT_VARIANCE * np.exp(-0.5 / JOINT_LENGTH**2 * squared))


def _unit(measured: Sequence[Trial], noise: float) -> float:
    """What a first step usually changes: the median size of the gains of single moves, `FIRST_STEP` as one of them."""
    steps = [abs(trial.step) for trial in measured if trial.step is not None and len(trial.changed) == 1]
    return max(float(np.median([*steps, FIRST_STEP * noise])), noise, 1e-12)


def _variances(space: Space, measured: Sequence[Trial], unit: float) -> Array:
    """Prior variance of each constant's effect: its weight, corrected by what its own steps did so far."""
    scales = {constant.key: constant.scale for constant in space.constants}
    squares = {constant.key: 2 * constant.weight**2 for constant in space.constants}
    counts = dict.fromkeys(squares, 2)
    for trial in measured:
        key = next(iter(trial.changed), "")
        if trial.step is None or len(trial.changed) != 1 or key not in squares:
            continue
        scale, (old, new) = scales[key], trial.changed[key]
        far = 1.0 if isinstance(scale, Choice) else max(0.5, abs(scale.coordinate(new) - scale.coordinate(old)))
        squares[key] += min(9.0, (trial.step / unit / far) ** 2)
        counts[key] += 1
    return np.array([squares[key] / counts[key] for key in squares]) / STEP_VARIANCE


def _level(trial: Trial, unit: float) -> float:
    """The trial's gain in units, a disaster softened: how bad it was says little about its neighbourhood."""
    gain, step = (trial.gain or 0.0) / unit, (trial.step or 0.0) / unit
    return gain if step > -2 else gain - step - 2 - math.log1p(-2 - step)
