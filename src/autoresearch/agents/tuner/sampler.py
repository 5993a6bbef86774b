"""Points Optuna's TPE would try next, given the same trials.

Bergstra et al., *Algorithms for Hyper-Parameter Optimization*, 2011; the multivariate form of Falkner et al., 2018. A
failed trial is told as pruned: worse than every number, and no number itself.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

from autoresearch.agents.tuner.hints import Value
from autoresearch.agents.tuner.scales import REACH, Choice, Ladder
from autoresearch.agents.tuner.space import Constant, Space
from autoresearch.agents.tuner.trials import Trial

if TYPE_CHECKING:
    import optuna

FEWEST = 12
"""Trials below which a density estimate of the good ones means nothing."""
MOST = 50
"""Of the best and of the latest trials, each: the density of the good ones needs no more, and time grows with them."""
POINTS = 4
"""Points asked for a proposal."""


def sampled(space: Space, trials: Sequence[Trial], *, seed: str) -> list[dict[str, Value]]:
    """Assignments TPE suggests, as changes to the tree's own; empty below `FEWEST` trials.

    Only constants that were moved before: of the others the trials say nothing.
    """
    if len(trials) < FEWEST:
        return []
    import optuna

    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            return _asked(optuna.create_study(sampler=_sampler(seed)), space, _few(trials))
    finally:
        optuna.logging.set_verbosity(verbosity)


def _few(trials: Sequence[Trial]) -> list[Trial]:
    recent, older = list(trials[-MOST:]), trials[:-MOST]
    best = sorted((trial for trial in older if trial.gain is not None), key=lambda trial: -(trial.gain or 0.0))
    return best[:MOST] + recent


def _sampler(seed: str) -> optuna.samplers.TPESampler:
    import optuna

    number = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:4], "big")
    return optuna.samplers.TPESampler(seed=number, multivariate=True, n_startup_trials=0)


def _asked(study: optuna.Study, space: Space, trials: Sequence[Trial]) -> list[dict[str, Value]]:
    moved = {key for trial in trials for key in trial.changed}
    axes = {constant.key: _Axis(constant, trials) for constant in space.constants if constant.key in moved}
    distributions = {key: axis.distribution for key, axis in axes.items()}
    study.add_trials([_told(trial, space, axes, distributions) for trial in trials])
    points = (study.ask(distributions).params for _ in range(POINTS))
    return [
        {key: value for key, axis in axes.items() if (value := axis.value(point[key])) != axis.constant.value}
        for point in points
    ]


def _told(
    trial: Trial, space: Space, axes: dict[str, _Axis], distributions: dict[str, optuna.distributions.BaseDistribution]
) -> optuna.trial.FrozenTrial:
    import optuna

    values = {**space.values, **trial.values}
    params = {key: axis.parameter(values[key]) for key, axis in axes.items()}
    if trial.gain is None:
        state = optuna.trial.TrialState.PRUNED
        return optuna.trial.create_trial(state=state, params=params, distributions=distributions)
    return optuna.trial.create_trial(params=params, distributions=distributions, value=-trial.gain)


class _Axis:
    """One constant as an Optuna parameter: a coordinate, or the index of an option."""

    def __init__(self, constant: Constant, trials: Sequence[Trial]) -> None:
        import optuna

        self.constant = constant
        scale, here = constant.scale, constant.scale.coordinate(constant.value)
        if isinstance(scale, Choice):
            self.distribution: optuna.distributions.BaseDistribution = optuna.distributions.CategoricalDistribution(
                range(len(scale.options) + 1)
            )
        else:
            seen = [scale.coordinate(trial.values[constant.key]) for trial in trials if constant.key in trial.values]
            self.distribution = optuna.distributions.FloatDistribution(
                min([here - REACH, *seen]), max([here + REACH, *seen])
            )

    def parameter(self, value: Value) -> float | int:
        """The parameter that stands for `value`."""
        at = self.constant.scale.coordinate(value)
        return int(at) if isinstance(self.constant.scale, Choice) else at

    def value(self, parameter: float) -> Value:
        """The value a parameter stands for; the tree's own where the option is no longer on offer."""
        scale = self.constant.scale
        if isinstance(scale, Choice):
            return scale.options[int(parameter)] if parameter < len(scale.options) else self.constant.value
        assert isinstance(scale, Ladder)
        return scale.value(parameter)
