import random

from hypothesis import given
from hypothesis import strategies as st

from autoresearch.stats.drift import LIMIT, watch


def series(rng, *levels):
    return tuple(rng.gauss(level, 1) for level in levels)


def test_false_alarms_are_as_rare_as_promised():
    rng = random.Random(1)
    alarms = sum(watch(series(rng, *[0] * 465)).alarms for _ in range(60))
    assert 35 <= alarms <= 90, "one in some 465 runs"


def test_a_lasting_shift_is_found_and_later_runs_are_kept():
    rng = random.Random(2)
    found = [watch(series(rng, *[0] * 20, *[3] * 15)) for _ in range(100)]
    assert sum(20 <= drift.start <= 34 for drift in found) > 95


@given(st.lists(st.integers(-1000, 1000), max_size=30))
def test_the_watch_is_bounded_and_does_not_depend_on_the_unit(values):
    found = watch(tuple(values))
    assert 0 <= found.start <= max(0, len(values) - 1)
    assert found.total <= LIMIT
    assert (found.alarms == 0) == (found.start == 0)
    in_another_unit = watch(tuple(1024.0 * value for value in values))
    assert (in_another_unit.alarms, in_another_unit.start) == (found.alarms, found.start)


def test_direction_does_not_matter():
    rng = random.Random(3)
    values = series(rng, *[0] * 10, *[4] * 10)
    assert watch(values) == watch(tuple(-value for value in values))


def test_runs_that_never_vary_do_not_drift_until_one_does():
    assert watch((1.0,) * 12).alarms == 0
    assert watch((1.0,) * 12 + (2.0,)).start == 12
    assert watch(()) == watch((7.0,))
