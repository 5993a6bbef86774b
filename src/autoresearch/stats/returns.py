"""Many return series tried on one history: what the best of them is worth. Needs NumPy.

A series is one number a period; trials are rows, periods columns. Sharpe ratios are per period: multiply by
sqrt(periods a year) to annualise.
"""

from __future__ import annotations

import math
from itertools import combinations, pairwise
from statistics import NormalDist
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Trials = NDArray[np.float64]

EULER = 0.5772156649015329
RESAMPLES = 500
MEAN_BLOCK = 10
"""Periods in a block of the stationary bootstrap, on average."""


def sharpe(trials: Trials) -> NDArray[np.float64]:
    """Mean over standard deviation of each row, per period; 0 where a row does not vary."""
    import numpy as np

    spread = trials.std(axis=1, ddof=1)
    flat = spread <= 1e-12 * np.maximum(1.0, np.abs(trials).max(axis=1))
    ratios: NDArray[np.float64] = np.where(flat, 0.0, trials.mean(axis=1) / np.where(flat, 1.0, spread))
    return ratios


def luckiest(ratios: NDArray[np.float64]) -> float:
    """The Sharpe ratio to expect of the best of so many trials without skill, if they scatter like these.

    Bailey and Lopez de Prado (2014), equation 1: sd * ((1 - g) z(1 - 1/N) + g z(1 - 1/(N e))), g Euler's constant.
    """
    n, z = len(ratios), NormalDist().inv_cdf
    if n < 2:
        return 0.0
    return float(ratios.std(ddof=1)) * ((1 - EULER) * z(1 - 1 / n) + EULER * z(1 - 1 / (n * math.e)))


def deflated_sharpe(trials: Trials, chosen: int) -> float:
    """Probability that the row `chosen` has skill, given that it was chosen among all rows.

    The same, equation 2: the normal distribution function of (SR - SR0) sqrt(T - 1) / sqrt(1 - skew SR + (kurtosis - 1)
    SR^2 / 4), where SR0 is `luckiest`.
    """
    ratios, row = sharpe(trials), trials[chosen]
    ratio, spread = float(ratios[chosen]), float(row.std())
    if not ratio:
        return 0.0
    standard = (row - row.mean()) / spread
    skew, kurtosis = float((standard**3).mean()), float((standard**4).mean())
    variance = 1 - skew * ratio + (kurtosis - 1) / 4 * ratio**2
    return NormalDist().cdf((ratio - luckiest(ratios)) * math.sqrt(len(row) - 1) / math.sqrt(max(variance, 1e-12)))


def overfitting(trials: Trials, *, blocks: int = 10) -> float:
    """Probability of backtest overfitting: how often the best row of one half is below the median in the other.

    Combinatorially symmetric cross-validation (Bailey, Borwein, Lopez de Prado and Zhu 2017): the periods are cut into
    `blocks`, and every choice of half of them is the first half once. By Sharpe ratio; a tie counts as half above.
    """
    import numpy as np

    edges = [trials.shape[1] * place // blocks for place in range(blocks + 1)]
    pieces = list(pairwise(edges))
    sums = np.stack([trials[:, low:high].sum(axis=1) for low, high in pieces], axis=1)
    squares = np.stack([(trials[:, low:high] ** 2).sum(axis=1) for low, high in pieces], axis=1)
    sizes, below = np.array([high - low for low, high in pieces]), []
    for half in combinations(range(blocks), blocks // 2):
        inside = np.isin(np.arange(blocks), half)
        best = int(np.argmax(_ratios(sums, squares, sizes, inside)))
        outside = _ratios(sums, squares, sizes, ~inside)
        rank = (outside < outside[best]).mean() + (outside == outside[best]).mean() / 2
        below.append(rank <= 0.5)
    return float(np.mean(below))


def _ratios(sums: Trials, squares: Trials, sizes: NDArray[np.int_], chosen: NDArray[np.bool_]) -> Trials:
    """Sharpe ratio of each row over the chosen blocks."""
    import numpy as np

    n = int(sizes[chosen].sum())
    mean = sums[:, chosen].sum(axis=1) / n
    variance = np.maximum(squares[:, chosen].sum(axis=1) / n - mean**2, 0.0)
    ratios: Trials = np.where(variance > 1e-18, mean / np.sqrt(np.where(variance > 1e-18, variance, 1.0)), 0.0)
    return ratios


def reality_check(trials: Trials, *, seed: int = 0, resamples: int = RESAMPLES) -> float:
    """p-value of "no row has a mean above zero", for the best of all rows: Hansen's SPA test (2005), consistent form.

    Each row is divided by its standard deviation over the periods, which is known better than its standard error; a row
    far below zero is not allowed to make the best look ordinary. The stationary bootstrap (Politis and Romano 1994)
    keeps dependence between neighbours: blocks of `MEAN_BLOCK` periods on average.
    """
    import numpy as np

    periods = trials.shape[1]
    places = _resampled(periods, np.random.default_rng(seed), resamples)
    weights = np.zeros((resamples, periods))
    np.add.at(weights, (np.arange(resamples)[:, None], places), 1.0 / periods)
    spread = trials.std(axis=1)
    alive = spread > 1e-12 * np.maximum(1.0, np.abs(trials).max(axis=1))
    if not alive.any():
        return 1.0
    scaled = trials[alive] / spread[alive, None]
    means, again = scaled.mean(axis=1), weights @ scaled.T
    hopeless = means < -again.std(axis=0) * math.sqrt(2 * math.log(math.log(max(periods, 16))))
    luck = (again - np.where(hopeless, 0.0, means)).max(axis=1)
    return float((1 + (luck >= means.max()).sum()) / (resamples + 1))


def _resampled(periods: int, rng: np.random.Generator, resamples: int) -> NDArray[np.int_]:
    """Places of the periods in each resample: blocks of geometric length, wrapping around."""
    import numpy as np

    places = np.empty((resamples, periods), dtype=np.int_)
    places[:, 0] = rng.integers(periods, size=resamples)
    jumps = rng.random((resamples, periods)) < 1 / MEAN_BLOCK
    fresh = rng.integers(periods, size=(resamples, periods))
    for at in range(1, periods):
        places[:, at] = np.where(jumps[:, at], fresh[:, at], (places[:, at - 1] + 1) % periods)
    return places
