import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu

from autoresearch.stats.ranks import FOUL, critical, p_value, scored, shift, tail, wins

SCORES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=9)
SIZES = st.integers(1, 6)


@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf])
def test_what_is_not_a_finite_number_is_a_foul(value):
    assert scored(value) == FOUL
    assert wins([scored(value)], [-1e300]) == 0


@given(SCORES, SCORES)
def test_wins_counts_pairs_and_ties_go_to_them(ours, theirs):
    assert wins(ours, theirs) == sum(x > y for x, y in itertools.product(ours, theirs))
    ties = sum(x == y for x, y in itertools.product(ours, theirs))
    assert wins(ours, theirs) + wins(theirs, ours) + ties == len(ours) * len(theirs)


def test_a_foul_ties_with_a_foul_and_loses_to_every_number():
    assert wins([FOUL, FOUL], [FOUL, -1e300]) == 0
    assert wins([-1e300], [FOUL, FOUL]) == 2


@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 4), (3, 2), (4, 4), (5, 3)])
def test_tail_is_what_counting_every_ordering_gives(n, m):
    orderings = [
        sum(i > j for i in ours for j in set(range(n + m)) - set(ours))
        for ours in itertools.combinations(range(n + m), n)
    ]
    assert tail(n, m) == tuple(sum(won >= u for won in orderings) for u in range(n * m + 2))


@pytest.mark.parametrize(("n", "m"), [(4, 4), (7, 5), (12, 12), (16, 20)])
def test_p_value_agrees_with_scipy(n, m):
    theirs = [float(i) for i in range(m)]
    for below in range(0, m + 1, 3):
        ours = [below - 0.5 + i / 1000 for i in range(n)]
        expected = mannwhitneyu(ours, theirs, alternative="greater", method="exact").pvalue
        assert p_value(wins(ours, theirs), n, m) == pytest.approx(expected, rel=1e-9)


@given(SIZES, SIZES)
def test_p_values_fall_from_one_and_are_symmetric_in_the_sides(n, m):
    ps = [p_value(u, n, m) for u in range(n * m + 1)]
    assert ps[0] == 1
    assert all(before > after for before, after in itertools.pairwise(ps))
    assert tail(n, m) == tail(m, n)
    assert ps[-1] == pytest.approx(1 / math.comb(n + m, n))


@given(SIZES, SIZES, st.floats(1e-4, 0.9))
def test_critical_is_the_first_win_count_within_the_level(n, m, level):
    u = critical(n, m, level)
    assert p_value(u, n, m) <= level
    assert u == 0 or p_value(u - 1, n, m) > level


def test_critical_values_of_published_designs():
    assert critical(4, 4, 0.05) == 15
    assert [critical(n, 20, 0.05 / 100 / 3) for n in (4, 8, 16)] == [80, 146, 269]
    assert critical(4, 20, 0.05 / 1000 / 3) == 81, "cannot be reached"
    assert critical(6, 12, 0.05 / 60) == 68


@given(SCORES, SCORES, st.floats(-1e3, 1e3))
@settings(max_examples=60)
def test_shift_moves_with_our_scores_and_mirrors_when_the_sides_swap(ours, theirs, by):
    here, there, back = shift(ours, theirs), shift([x + by for x in ours], theirs), shift(theirs, ours)
    for attribute in ("estimate", "low", "high"):
        assert getattr(there, attribute) == pytest.approx(getattr(here, attribute) + by, abs=1e-6)
    assert (back.estimate, back.low, back.high) == pytest.approx((-here.estimate, -here.high, -here.low))
    assert here.low <= here.estimate <= here.high


def test_shift_is_unbounded_when_no_test_could_refuse_anything():
    assert shift([1.0, 2.0, 3.0], [0.0, 0.1, 0.2]).low == -math.inf
    assert shift([1.0, 2.0, 3.0, 4.0], [0.0, 0.1, 0.2, 0.3]).low == pytest.approx(0.7)


def test_shift_interval_holds_exactly_the_shifts_the_rank_test_does_not_refuse():
    ours, theirs = [1.3, 0.2, 2.9, 1.1, 0.7, 1.8], [0.4, -0.6, 1.5, 0.1, -1.2]
    found = shift(ours, theirs)
    for by in (found.low - 0.01, found.low + 0.01, found.high - 0.01, found.high + 0.01):
        p = mannwhitneyu([x - by for x in ours], theirs, alternative="two-sided", method="exact").pvalue
        assert (p > 0.05) == (found.low < by < found.high)


def test_shift_takes_fouls_for_the_worst():
    assert shift([FOUL] * 4, [1.0, 2.0, 3.0, 4.0]).estimate == -math.inf
    both = shift([FOUL] * 4, [FOUL] * 4)
    assert (both.estimate, both.low, both.high) == (-math.inf, -math.inf, math.inf)
    with pytest.raises(ValueError, match="both sides"):
        shift([], [1.0])
