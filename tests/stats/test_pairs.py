import itertools
import math
import random
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from autoresearch.stats.pairs import LOOKS, centre, false_rate, looks_for, loss_table, lost, most_lost, signed_p
from autoresearch.stats.ranks import FOUL

PLANNED = (1, 12, 30, 100, 300, 1000)
FINITE = st.floats(-1e6, 1e6, allow_nan=False).filter(lambda x: abs(x) > 1e-6)


@pytest.mark.parametrize("n", [1, 2, 5, 9, 16])
def test_p_is_what_scipy_says_and_what_counting_signs_gives(n):
    rng = random.Random(n)
    for _ in range(20):
        found = [rng.gauss(0.3, 1) for _ in range(n)]
        expected = stats.wilcoxon(found, alternative="greater", method="exact").pvalue
        assert signed_p(lost(found), n) == pytest.approx(expected, rel=1e-9)
    if n <= 9:
        sizes = range(1, n + 1)
        patterns = [lost([s * a for s, a in zip(p, sizes, strict=True)]) for p in itertools.product((1, -1), repeat=n)]
        for w in range(n * (n + 1) // 2 + 1):
            assert signed_p(w, n) == pytest.approx(sum(each <= w for each in patterns) / 2**n)


@given(st.lists(FINITE, min_size=1, max_size=20))
def test_only_order_and_sign_matter_and_both_ways_add_up(found):
    n = len(found)
    assert lost([math.copysign(abs(x) ** 3, x) for x in found]) == lost(found)
    assert lost(found) + lost([-x for x in found]) >= n * (n + 1) / 2, "ties count against both"
    assert lost([*found[:-1], abs(found[-1])]) <= lost(found), "winning a pair never hurts"


def test_zeros_fouls_and_ties_are_lost():
    assert lost([0.0, 0.0, 0.0]) == 6
    assert lost([FOUL, 1.0, 2.0]) == 3, "a foul is the largest loss"
    assert lost([1.0, -1.0]) == 2, "of equal sizes the lost one ranks higher"
    assert signed_p(lost([0.0] * 9), 9) == 1.0


@pytest.mark.parametrize(("n", "level"), [(5, 0.05), (13, 0.05 / 300), (20, 1e-3), (33, 0.05 / 300), (4, 0.05)])
def test_the_most_that_may_be_lost_is_the_last_within_the_level(n, level):
    most = most_lost(n, level)
    assert most == -1 or signed_p(most, n) <= level
    assert signed_p(most + 1, n) > level


@pytest.mark.parametrize(("looks", "most"), [((2, 4, 6), (0, 1, 4)), ((1, 3, 5), (-1, 0, 2)), ((1, 2, 4), (0, 0, 1))])
def test_false_rate_is_what_counting_every_order_and_sign_gives(looks, most):
    n, passed, all_of_them = looks[-1], 0, 0
    for sizes in itertools.permutations(range(1, n + 1)):
        for signs in itertools.product((1, -1), repeat=n):
            found = [a * s for a, s in zip(sizes, signs, strict=True)]
            passed += any(lost(found[:k]) <= allowed for k, allowed in zip(looks, most, strict=True))
            all_of_them += 1
    assert false_rate(looks, most) == pytest.approx(passed / all_of_them, rel=1e-12)


def test_a_single_look_is_the_plain_signed_rank_test():
    assert false_rate((9,), (7,)) == pytest.approx(signed_p(7, 9), rel=1e-12)
    assert loss_table((6,), (21,)).sum() == pytest.approx(1)


@pytest.mark.parametrize("planned", PLANNED)
def test_the_looks_of_every_night_stay_within_its_level_whatever_the_noise_does(planned):
    """Steady noise spends 70 to 90 % of the level; noise that changes from pair to pair can spend no more than all."""
    level = 0.05 / planned
    looks = looks_for(level)
    most = [most_lost(n, level / LOOKS) for n in looks]
    steady, worst = false_rate(looks, most), sum(signed_p(w, n) for w, n in zip(most, looks, strict=True))
    assert 0.65 * level < steady < worst <= level
    assert most_lost(looks[0] - 1, level / LOOKS) == -1, "one pair less could not decide"


@pytest.mark.parametrize("swell", [lambda k: 1.0, lambda k: 1.25**k, lambda k: 1.25**-k, lambda k: 1 + 9 * (k % 2)])
def test_equals_pass_no_more_often_than_the_level_even_where_the_noise_changes(swell):
    rng, level, nights = random.Random(f"{swell(3)}"), 0.05, 4000
    looks = looks_for(level)
    most = [most_lost(n, level / LOOKS) for n in looks]
    passed = 0
    for _ in range(nights):
        found = [swell(k) * rng.gauss(0, 1) for k in range(looks[-1])]
        passed += any(lost(found[:n]) <= w for n, w in zip(looks, most, strict=True))
    assert passed / nights <= level + 3 * (level / nights) ** 0.5


def test_looks_need_a_level():
    assert looks_for(0.05 / 100) == (13, 20, 33)
    for level in (0.0, 1.0, -0.1, math.nan):
        with pytest.raises(ValueError, match="between 0 and 1"):
            looks_for(level)


def test_the_centre_is_the_median_of_means_with_the_interval_the_test_does_not_refuse():
    found = [0.3, 1.2, -0.4, 2.0, 0.9, 1.1, 0.2]
    middle = centre(found)
    assert middle.estimate == pytest.approx(median((x + y) / 2 for i, x in enumerate(found) for y in found[i:]))

    def refused(shift):
        return min(signed_p(lost([way * (x - shift) for x in found]), 7) for way in (1, -1)) <= 0.025

    for end, outwards in ((middle.low, -1e-9), (middle.high, 1e-9)):
        assert refused(end + outwards)
        assert not refused(end - outwards)
    assert centre([1.0, 2.0]).low == -math.inf, "two pairs prove nothing at 5 %"
    assert centre([FOUL, 1.0, 2.0, 3.0, 4.0, 5.0]).low == -math.inf
    with pytest.raises(ValueError, match="at least one"):
        centre([])


@pytest.mark.parametrize("law", [lambda r: r.gauss(0, 1), lambda r: r.gauss(0, 1) / r.random()])
def test_the_interval_covers_the_truth(law):
    rng, nights = random.Random(8), 1500
    covered = sum(c.low <= 0.7 <= c.high for c in (centre([0.7 + law(rng) for _ in range(12)]) for _ in range(nights)))
    assert covered / nights > 0.95 - 3 * (0.05 * 0.95 / nights) ** 0.5
