import math
import random

import pytest
from court import Court
from hypothesis import given
from hypothesis import strategies as st

from autoresearch.history import Evidence, History, Night
from autoresearch.records import Outcome, Verdict
from autoresearch.referees.allowance import Familywise, Lond
from autoresearch.referees.schedule import is_tested
from autoresearch.task import Budget

POOL = [3.0 + i / 1000 for i in random.Random(3).sample(range(20), 20)]
WIN, FRESH = [2.9, 2.91, 2.905, 2.902], [2.9 + i / 1000 for i in random.Random(4).sample(range(20), 20)]


def fdr(**settings):
    made = Court("fdr", **settings)
    made.attempt(POOL)
    return made


def level(here):
    """What the next experiment's looks may spend: seen in the verdict of one that loses at once."""
    return here.attempt([4.0])[0].statistic["level"]


def test_the_first_experiment_of_a_study_gets_its_share_of_the_rate():
    assert level(fdr()) == pytest.approx(0.10 * 6 / math.pi**2 / 100 / 3)
    assert level(fdr(options={"fdr": 0.2})) == pytest.approx(0.20 * 6 / math.pi**2 / 100 / 3)


def test_each_discovery_in_the_ledger_raises_the_level_by_one_share():
    here = fdr()
    one = level(here)
    here.attempt(WIN)
    here.certificate(FRESH, [])
    assert level(here) == pytest.approx(2 * one)
    here.attempt([value - 0.1 for value in WIN])
    here.certificate([value - 0.1 for value in FRESH], [])
    assert level(here) == pytest.approx(3 * one)


def test_a_later_night_has_less_of_the_rate_but_remembers_what_was_found():
    here = fdr()
    one = level(here)
    here.attempt(WIN)
    here.certificate(FRESH, [])
    here.add(Night(2, Budget(experiments=50), 50, here.history.next_number, "2026-01-02T00:00:00+00:00"))
    assert level(here) == pytest.approx(one / 4 * 2 * 2), "a quarter of the rate, half the experiments, one discovery"


def test_later_experiments_than_planned_have_no_level_left():
    here = fdr(budget=Budget(experiments=1))
    here.attempt([4.0])
    late, _ = here.attempt([2.9 - i / 1e4 for i in range(16)])
    assert (late.statistic["level"], late.outcome) == (0.0, Outcome.DISCARD)


@given(st.lists(st.integers(1, 400), min_size=1, max_size=200))
def test_no_number_of_nights_spends_more_than_the_rate_while_nothing_is_found(sizes):
    """Whatever is planned in each: the rate is never used up, so that no night is without a level."""
    history, first, spent = History(), 0, 0.0
    for number, planned in enumerate(sizes, 1):
        history.add(Night(number, Budget(experiments=planned), planned, first, ""))
        spent += planned * Lond().level(Evidence(history, first, "c", "b"))
        assert Lond().level(Evidence(history, first + planned, "c", "b")) == 0.0
        first += planned
    assert 0.06 < spent < 0.10


def test_judged_again_from_the_records_across_nights():
    here = fdr()
    here.attempt(WIN)
    here.certificate(FRESH, [])
    here.add(Night(2, Budget(experiments=50), 50, here.history.next_number, "2026-01-02T00:00:00+00:00"))
    here.attempt([value - 0.1 for value in WIN])
    here.certificate([value - 0.1 for value in FRESH], [])
    here.attempt([4.0])
    answers = list(here.judged_again())
    assert len(answers) == 6
    assert all(recorded == again for recorded, again in answers)


@pytest.mark.parametrize(
    ("verdict", "counts"),
    [
        (Verdict(Outcome.KEEP, "", {"p": 1e-5, "level": 1e-4}), True),
        (Verdict(Outcome.KEEP, "", {"p": 1e-4, "level": 1e-4}), True),
        (Verdict(Outcome.KEEP, "baseline", {"runs": 20.0}), False),
        (Verdict(Outcome.KEEP, "provisional", {"gain": 1.0}), False),
        (Verdict(Outcome.KEEP, "for its size", {"p": 0.5, "level": 1e-4}), False),
        (Verdict(Outcome.KEEP, "", {"p": math.nan, "level": 1e-4}), False),
        (Verdict(Outcome.DISCARD, "", {"p": 1e-5, "level": 1e-4}), False),
    ],
)
def test_only_what_a_test_kept_is_a_discovery(verdict, counts):
    here = fdr()
    done = here.history.baseline
    assert is_tested(type(done)(1, done.candidate, verdict, None, "b")) is counts
    assert not is_tested(None)


def test_allowances_are_values():
    assert Lond() == Lond(0.10)
    assert Familywise() != Familywise(fewest=60)
