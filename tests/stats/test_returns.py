"""The best of many trials on one history, and what it is worth."""

from __future__ import annotations

import math
from statistics import NormalDist, fmean

import numpy as np
import pytest

from autoresearch.stats.returns import deflated_sharpe, luckiest, overfitting, reality_check, sharpe


def luck(seed: int, trials: int = 60, periods: int = 400) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((trials, periods))


def skill(seed: int) -> np.ndarray:
    trials = luck(seed)
    trials[7] += 0.3
    return trials


def test_a_flat_series_has_no_ratio() -> None:
    assert sharpe(np.array([[0.1] * 10, [1.0, -1.0] * 5])).tolist() == [0.0, 0.0]
    assert sharpe(np.array([[1.0, 3.0]]))[0] == pytest.approx(2 / math.sqrt(2))


def test_the_luckiest_of_many_is_foreseen() -> None:
    best = [sharpe(luck(seed)).max() for seed in range(200)]
    foreseen = [luckiest(sharpe(luck(seed))) for seed in range(200)]
    assert fmean(best) == pytest.approx(fmean(foreseen), rel=0.05)


def test_deflation_by_hand() -> None:
    trials = luck(1, trials=2, periods=50)
    ratios = sharpe(trials)
    row = (trials[0] - trials[0].mean()) / trials[0].std()
    below = 1 - (row**3).mean() * ratios[0] + ((row**4).mean() - 1) / 4 * ratios[0] ** 2
    wanted = NormalDist().cdf((ratios[0] - luckiest(ratios)) * 7 / math.sqrt(below))
    assert deflated_sharpe(trials, 0) == pytest.approx(wanted)


def test_luck_is_told_from_skill() -> None:
    chosen = [int(sharpe(luck(seed)).argmax()) for seed in range(40)]
    assert sum(deflated_sharpe(luck(seed), chosen[seed]) > 0.95 for seed in range(40)) == 0
    assert 0.35 < fmean(overfitting(luck(seed)) for seed in range(20)) < 0.65
    assert sum(reality_check(luck(seed), resamples=200) < 0.05 for seed in range(60)) <= 8
    assert deflated_sharpe(skill(0), 7) > 0.95
    assert overfitting(skill(0)) < 0.05
    assert reality_check(skill(0)) < 0.01


def test_the_reality_check_agrees_with_the_library_arch() -> None:
    """Of `arch` 8.0: SPA(zeros, -trials.T, block_size=10, reps=2000, bootstrap="stationary", seed=0), consistent."""
    trials = np.random.default_rng(5).standard_normal((100, 500))
    trials[3] += 0.13
    assert reality_check(trials, resamples=2000) == pytest.approx(0.018, abs=0.01)


def test_series_that_never_vary_prove_nothing() -> None:
    assert reality_check(np.zeros((5, 200))) == 1.0
