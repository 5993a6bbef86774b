import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from autoresearch.stats.levels import Noise, is_bought, mean_interval, too_variable, welch_p
from autoresearch.stats.ranks import FOUL

VALUES = st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=20).filter(
    lambda v: len(set(v)) > 1 and stats.tstd(v) > 1e-6
)


@given(VALUES)
def test_mean_interval_agrees_with_scipy(values):
    found = mean_interval(values)
    low, high = stats.t.interval(0.95, len(values) - 1, loc=sum(values) / len(values), scale=stats.sem(values))
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-7, abs=1e-7)


def test_one_value_has_a_mean_and_no_bounds():
    found = mean_interval([3.5])
    assert (found.estimate, found.low, found.high) == (3.5, -math.inf, math.inf)
    with pytest.raises(ValueError, match="at least one"):
        mean_interval([])


def test_noise_of_one_run_is_unknown_rather_than_zero():
    assert Noise.of([1.0]) is None
    still = Noise.of([1.0, 1.0])
    assert still is not None
    assert still.sigma == 0
    assert still.sigmas(0.5) is None


def test_the_interval_of_sigma_covers_the_truth_as_often_as_it_says():
    rng = random.Random(5)
    held = 0
    for _ in range(2000):
        noise = Noise.of([rng.gauss(0, 1) for _ in range(5)])
        assert noise is not None
        held += noise.interval().low <= 1 <= noise.interval().high
    assert 0.94 < held / 2000 < 0.96


@given(VALUES, VALUES)
def test_welch_agrees_with_scipy(ours, theirs):
    expected = stats.ttest_ind(ours, theirs, equal_var=False, alternative="greater").pvalue
    assert welch_p(ours, theirs) == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_welch_of_runs_that_do_not_vary_or_are_fouls():
    assert welch_p([2.0, 2.0], [1.0, 1.0]) == 0
    assert welch_p([1.0, 1.0], [1.0, 1.0]) == 1
    assert welch_p([2.0, FOUL], [1.0, 1.1]) == 1
    assert welch_p([2.0], [1.0, 1.1]) == 1


def test_too_variable_is_the_f_test_at_five_percent():
    rng = random.Random(6)
    rate = sum(
        too_variable([rng.gauss(0, 1) for _ in range(8)], [rng.gauss(0, 1) for _ in range(20)]) for _ in range(2000)
    )
    assert 0.035 < rate / 2000 < 0.065
    assert too_variable([0.0, 9.0, -9.0, 4.0], [0.1, 0.0, -0.1, 0.05])
    assert too_variable([1.0], [1.0, 2.0]), "cannot be told, so not trusted"
    assert too_variable([1.0, FOUL], [1.0, 2.0])
    assert not too_variable([1.0, 1.0], [1.0, 1.0])


def test_a_win_by_noise_is_bought_and_a_win_by_merit_is_not() -> None:
    usual = [0.0, 0.4, -0.3, 0.1, -0.2, 0.3, -0.4, 0.2]
    assert is_bought([9.0, -5.0, 8.0, -6.0, 7.0, -4.0], usual, level=0.05)
    assert not is_bought([9.0, 5.0, 8.0, 6.0, 7.0, 4.0], usual, level=0.05)
    assert not is_bought([0.9, 0.5, 0.6], usual, level=0.05), "no noisier, so ranks may be believed"
    assert not is_bought([-math.inf, 0.9, 0.5, 0.6], usual, level=0.05), "a foul is for ranks to count"
    assert is_bought([-math.inf, 0.9], usual, level=0.05), "one number says nothing about noise"


def test_numbers_whose_squares_overflow_are_not_trusted() -> None:
    usual = [0.0, 0.4, -0.3, 0.1]
    assert is_bought([1e200, 2e200, 3e200], usual, level=0.05)
    assert welch_p([1e200, 2e200], usual) == 1
    for size in (1e-90, 1e99):
        small = [size * each for each in usual]
        assert welch_p([each + 2 * size for each in small], small) == pytest.approx(
            welch_p([each + 2 for each in usual], usual), rel=1e-6
        )
