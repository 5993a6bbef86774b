import random
from dataclasses import replace

import pytest
from court import START, Court

from autoresearch import referees
from autoresearch.history import Night
from autoresearch.records import Direction, Outcome, Ruling
from autoresearch.referees.allowance import experiments_planned
from autoresearch.referees.ranked import STRICT
from autoresearch.stats.ranks import p_value
from autoresearch.task import Budget

POOL = [3.0 + i / 1000 for i in range(20)]
"""3.000 to 3.019, from best to worst; measured in another order, since a steady climb would be drift."""
ORDER = random.Random(3).sample(range(20), 20)
BASELINE = [POOL[i] for i in ORDER]
FEWER = [POOL[i] for i in ORDER if i < 12]
BEST = [2.9 + i / 1000 for i in ORDER]


def strict(**settings):
    made = Court("strict", **settings)
    made.attempt(BASELINE)
    return made


def few(**settings):
    made = Court("few", budget=settings.pop("budget", Budget(experiments=60)), **settings)
    made.attempt(FEWER)
    return made


def test_strict_calibrates_with_twenty_runs_and_few_with_twelve():
    assert Court("strict").attempt(BASELINE)[1] == "C" * 20
    assert Court("few").attempt(FEWER)[1] == "C" * 12


def test_a_candidate_that_beats_all_twenty_four_times_is_kept_at_the_third_look():
    verdict, asked = strict().attempt([2.9, 2.91, 2.905, 2.902])
    assert (verdict.outcome, asked) == (Outcome.KEEP, "CCCC")
    assert verdict.statistic["p"] == pytest.approx(1 / 10626)
    assert verdict.statistic["level"] == pytest.approx(0.05 / 100 / 3)
    assert verdict.reason.startswith("0.105 nat better than the incumbent (17.7 sigma): won 80 of 80 pairs in 4 runs")


@pytest.mark.parametrize("wins", [[12], [13, 13], [14, 14, 13, 13], [13, 15, 14, 13]])
def test_a_candidate_is_dropped_where_it_wins_too_few_pairs(wins):
    verdict, asked = strict().attempt([beating(n) for n in wins])
    assert verdict.outcome is Outcome.DISCARD
    assert len(asked) == len(wins)


def beating(n):
    """A loss that beats exactly n of the pool's twenty."""
    return POOL[20 - n] - 0.0005 if n else 4.0


def test_just_enough_pairs_go_on_to_the_next_look():
    assert strict().attempt([beating(13), beating(0)])[1] == "CC", "13 of 20 is 65 %"
    assert strict().attempt([beating(14), beating(14), beating(0), beating(0)])[1] == "CCCC", "28 of 40 is 70 %"


def test_at_sixteen_runs_it_is_kept_or_discarded():
    """269 of 320 pairs are needed when a hundred experiments share 5 %."""
    enough = [beating(17)] * 13 + [beating(16)] * 3
    assert sum([17] * 13 + [16] * 3) == 269
    assert strict().attempt(enough)[0].outcome is Outcome.KEEP
    assert strict().attempt([*enough[:15], beating(15)])[0].outcome is Outcome.DISCARD


def test_ties_count_for_the_incumbent():
    assert strict().attempt([POOL[7]])[0].outcome is Outcome.DISCARD, "beats 12, ties with one, of 20"
    assert strict().attempt([POOL[7] - 0.0005, 4.0])[1] == "CC", "beats 13"


def test_maximising():
    high = strict(direction=Direction.MAXIMIZE)
    assert high.attempt([3.1, 3.101, 3.102, 3.103])[0].outcome is Outcome.KEEP
    assert strict(direction=Direction.MAXIMIZE).attempt([2.9])[0].outcome is Outcome.DISCARD


@pytest.mark.parametrize("value", [None, float("nan"), float("-inf")])
def test_a_run_without_a_number_ends_it(value):
    assert strict().attempt([value])[0].outcome is Outcome.DISCARD


def test_variance_alone_does_not_buy_a_keep():
    """All twenty are beaten in four runs, but the runs scatter a thousand times wider: more runs are asked for."""
    wild = [2.0, -40.0, 2.5, -90.0, 4.0, 4.0, 4.0, 4.0]
    verdict, asked = strict().attempt(wild)
    assert (verdict.outcome, len(asked)) == (Outcome.DISCARD, 8)


def test_the_last_look_wants_welch_to_agree_when_the_runs_scatter():
    steady, wild = [beating(20)] * 4, [beating(20) - 30 * (i % 2) for i in range(16)]
    assert strict().attempt(steady)[1] == "CCCC"
    wild_verdict, asked = strict().attempt(wild)
    assert (len(asked), wild_verdict.outcome) == (16, Outcome.DISCARD), "15 +- 15 against 3: Welch p = 0.0004"
    assert wild_verdict.statistic["p"] < wild_verdict.statistic["level"]


def test_a_sentinel_joins_the_pool_every_ten_experiments():
    here = strict()
    asked = [here.attempt([4.0], [3.0] * (n % 10 == 0))[1] for n in range(1, 21)]
    assert [n for n, who in enumerate(asked, 1) if who == "IC"] == [10, 20]
    assert here.attempt([4.0])[0].statistic["m"] == 22


def test_a_keep_is_certified_at_once_by_twenty_fresh_runs():
    here = strict()
    kept, _ = here.attempt([2.9, 2.91, 2.905, 2.902])
    assert here.referee.certificate_due(here.history)
    done, asked = here.certificate(BEST, [])
    assert asked == "C" * 20
    assert (done.ruling, done.p, done.level) == (Ruling.CERTIFIED, kept.statistic["p"], kept.statistic["level"])
    assert done.mean == pytest.approx(2.9095)
    assert done.gain == pytest.approx(0.1)
    assert here.history.proven_commit == "c1"
    assert not here.referee.certificate_due(here.history)
    assert here.attempt([2.95])[0].statistic["m"] == 20, "the pool is the new incumbent's, fresh"


def test_a_keep_whose_fresh_runs_are_worse_is_rolled_back():
    here = strict()
    here.attempt([2.9, 2.91, 2.905, 2.902])
    done, _ = here.certificate([value + 0.05 for value in BASELINE], [])
    assert done.ruling is Ruling.ROLLED_BACK
    assert here.history.tip_commit == "b"
    assert here.attempt([2.95] * 4)[0].statistic["m"] == 20, "the old incumbent's pool is still there"


@pytest.mark.parametrize(("ours", "ruling"), [(BEST, Ruling.CERTIFIED), (BASELINE, Ruling.CONTINUE)])
def test_on_a_holdout_both_sides_are_measured_and_must_differ_there_too(ours, ruling):
    here = strict(split="holdout")
    here.attempt([2.9, 2.91, 2.905, 2.902])
    done, asked = here.certificate(ours, BASELINE)
    assert (done.ruling, done.split, done.level) == (ruling, "holdout", 0.05)
    assert asked == "CIICCIIC" * 5
    assert not here.referee.certificate_due(here.history), "asked once a keep"


def test_nothing_is_due_without_a_sandbox():
    here = strict(unsafe=True)
    here.attempt([2.9, 2.91, 2.905, 2.902])
    assert not here.referee.certificate_due(here.history)


def test_few_looks_up_to_six_times_and_needs_68_of_72():
    ours = [beating(20)] * 5
    eight, seven = POOL[4] - 0.0005, POOL[5] - 0.0005
    assert few().attempt([*ours, eight])[0].outcome is Outcome.KEEP, "60 + 8 pairs"
    assert few().attempt([*ours, seven])[0].outcome is Outcome.DISCARD, "60 + 7 pairs"
    assert p_value(68, 6, 12) <= 0.05 / 60 < p_value(67, 6, 12)


def test_few_shares_its_level_over_sixty_experiments_at_least():
    for planned, level in ((10, 0.05 / 60), (60, 0.05 / 60), (200, 0.05 / 200)):
        verdict, _ = few(budget=Budget(experiments=planned)).attempt([2.9, 2.9, 2.9, 2.9, 2.9, 2.9])
        assert verdict.statistic["level"] == pytest.approx(level)


def test_later_experiments_than_planned_have_no_level_left():
    here = strict(budget=Budget(experiments=2))
    for _ in range(2):
        here.attempt([4.0])
    late, _ = here.attempt([beating(20)] * 16)
    assert (late.statistic["level"], late.outcome) == (0.0, Outcome.DISCARD)


@pytest.mark.parametrize(
    ("budget", "planned"),
    [
        (Budget(experiments=30), 30),
        (Budget(hours=8), 288),
        (Budget(experiments=30, hours=8), 30),
        (Budget(experiments=900, hours=8), 288),
        (Budget(cost_usd=20), 1000),
    ],
)
def test_the_level_is_split_over_all_experiments_a_night_can_hold(budget, planned):
    """A run takes 100 s here, so eight hours hold 288 at most."""
    assert experiments_planned(strict(budget=budget).history) == planned


def test_drift_throws_the_pool_away_and_fills_it_again():
    here = strict()
    for n in range(1, 31):
        verdict, asked = here.attempt([4.0], [3.2] * 20 if n == 10 else [3.2] * (n % 10 == 0))
        if n == 10:
            assert asked == "I" * 20 + "C"
            assert "drift alarm" in verdict.reason
            assert verdict.statistic["m"] == 20


def test_every_answer_is_the_same_when_asked_again_from_the_records():
    here = strict()
    here.attempt([beating(0)])
    here.attempt([2.9, 2.91, 2.905, 2.902])
    here.certificate(BEST, [])
    here.attempt([2.8, 2.801, 2.802, 2.803])
    answers = list(here.judged_again())
    assert len(answers) == 5
    assert all(recorded == again for recorded, again in answers)


def test_presets_are_frozen():
    with pytest.raises(AttributeError):
        STRICT.pool = 3


@pytest.mark.parametrize("split", ["public", "holdout"])
@pytest.mark.parametrize(("ours", "ruling"), [(BEST, Ruling.CERTIFIED), (BASELINE, Ruling.CONTINUE)])
def test_over_an_uncertified_parent_the_fresh_runs_are_the_proof(ours, ruling, split):
    """The parent is a lucky keep of no test; the change beats it clearly, and the certified commit not at all."""
    here = Court("certify", split=split)
    here.attempt(BASELINE[:5])
    here.attempt([2.8])
    here.referee = referees.make("strict", {}, here.metric)
    here.add(replace(here.history.epoch, number=2, referee="strict"))
    here.add(Night(2, Budget(experiments=100), 100, here.history.next_number, START))
    here.attempt([value + 0.2 for value in BASELINE])
    kept, _ = here.attempt([2.9, 2.91, 2.905, 2.902])
    assert kept.outcome is Outcome.KEEP
    done, _ = here.certificate(ours, BASELINE)
    assert (done.ruling, done.against, done.level) == (ruling, "b", kept.statistic["level"])
