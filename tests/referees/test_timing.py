import math
import random
from dataclasses import replace

import pytest
from court import Court

from autoresearch.errors import UserError
from autoresearch.records import Direction, Outcome, Ruling
from autoresearch.referees.pairing import differences, own_pairs, relative
from autoresearch.stats.pairs import LOOKS, signed_p
from autoresearch.task import Budget

RNG = random.Random(5)
EVEN = [(1.0 + sign * size / 1000, 1.0) for size in range(1, 11) for sign in (1, -1)]
RNG.shuffle(EVEN)
"""The baseline beside itself: twenty pairs up to 1 % apart, either way."""


def timing(**settings):
    made = Court("timing", **settings)
    made.attempt(EVEN)
    return made


def faster(percent, n):
    """n pairs in which ours takes so much less, on a machine whose speed wanders by a factor of three."""
    return [((1 - percent / 100 - i / 1e6) * level, level) for i, level in enumerate([1.0, 3.0, 1.7, 0.9] * 9)][:n]


def test_the_baseline_is_timed_beside_itself_twenty_times():
    verdict, asked = Court("timing").attempt(EVEN)
    assert asked == "C" * 20
    assert verdict.outcome is Outcome.KEEP
    assert "timed beside itself, a run differs by 0.64%" in verdict.reason


def test_a_change_that_wins_thirteen_of_thirteen_pairs_is_kept():
    verdict, asked = timing().attempt(faster(5, 13))
    assert (verdict.outcome, len(asked)) == (Outcome.KEEP, 13)
    assert verdict.statistic["p"] == 2**-13 <= verdict.statistic["level"] == pytest.approx(0.05 / 100 / LOOKS)
    assert verdict.statistic["gain"] == pytest.approx(0.05 * 1.6, rel=1e-3), "seconds, at the incumbent's mean"
    assert verdict.reason.startswith("5.00% better than the incumbent: won 13 of 13 runs beside it, p = 0.00012 of")


def test_one_small_loss_asks_for_more_and_the_second_look_decides():
    pairs = faster(5, 20)
    pairs[6] = (1.0001, 1.0)
    verdict, asked = timing().attempt(pairs)
    assert (verdict.outcome, len(asked)) == (Outcome.KEEP, 20)
    assert verdict.statistic["p"] == signed_p(1, 20)


@pytest.mark.parametrize(("pairs", "n"), [(faster(-5, 2), 2), ([(0.9, 1.0), (1.2, 1.0)], 2), ([(1.0, 1.0)] * 2, 2)])
def test_what_wins_too_little_is_dropped_soon(pairs, n):
    verdict, asked = timing().attempt(pairs)
    assert (verdict.outcome, len(asked)) == (Outcome.DISCARD, n)


def test_a_machine_that_slows_down_under_the_change_alone_in_time_fools_nobody():
    """Every one of ours is slower than the baseline was, and faster than the incumbent beside it."""
    assert timing().attempt([(own * 4, rival * 4) for own, rival in faster(5, 13)])[0].outcome is Outcome.KEEP


def test_a_change_must_also_beat_what_the_baseline_does_to_itself():
    """An evaluation may favour its own side a little. Then a win is no news unless it is larger than that."""
    leaning = [(0.99 - sign * size / 100, 1.0) for size in range(1, 11) for sign in (1, -1)]
    here = Court("timing")
    here.attempt(random.Random(2).sample(leaning, 20))
    verdict, asked = here.attempt([(0.99 - i / 1e6, 1.0) for i in range(33)])
    assert (verdict.outcome, len(asked)) == (Outcome.DISCARD, 33)
    assert verdict.reason.endswith("but the baseline beats itself as often")
    assert here.attempt([(0.8 - i / 1e6, 1.0) for i in range(13)])[0].outcome is Outcome.KEEP


def test_a_baseline_that_beats_itself_is_refused():
    with pytest.raises(UserError, match="not even: timed beside itself, the baseline differs by 1"):
        Court("timing").attempt([(0.99 + i / 1e5, 1.0) for i in range(20)])


@pytest.mark.parametrize(
    ("pair", "word"),
    [
        (1.0, "writes no 'loss@incumbent'"),
        ((1.0, 0.0), "not a positive number"),
        ((1.0, -2.0), "not a positive number"),
        ((1.0, math.nan), "not a positive number"),
        ((1.0, math.inf), "not a positive number"),
        ((-1.0, 1.0), "not a positive number"),
    ],
)
def test_a_baseline_without_pairs_is_refused_at_its_first_run(pair, word):
    with pytest.raises(UserError, match=word) as caught:
        Court("timing").attempt([pair] + [None] * 19)
    assert "time both sides" in caught.value.fix


@pytest.mark.parametrize("pair", [1.0, (0.5, 0.0), (0.5, math.nan), (0.5, math.inf), (None, 1.0), (0.0, 1.0)])
def test_a_run_without_a_pair_is_no_number_and_never_better(pair):
    verdict, asked = timing().attempt([*faster(5, 1), pair])
    assert (verdict.outcome, len(asked)) == (Outcome.DISCARD, 2)
    assert "no pair" in verdict.reason


def test_maximising():
    here = Court("timing", direction=Direction.MAXIMIZE)
    here.attempt(EVEN)
    verdict, _ = here.attempt([(1.05 + i / 1e6, 1.0) for i in range(13)])
    assert verdict.outcome is Outcome.KEEP
    assert verdict.statistic["gain"] == pytest.approx(0.05, rel=0.01)
    assert here.attempt([(0.9, 1.0)] * 2)[0].outcome is Outcome.DISCARD


def test_a_keep_is_measured_again_by_twelve_fresh_pairs():
    here = timing()
    kept, _ = here.attempt(faster(5, 13))
    assert here.referee.certificate_due(here.history)
    done, asked = here.certificate(faster(4, 12), [])
    assert asked == "C" * 12
    assert (done.ruling, done.p, done.level) == (Ruling.CERTIFIED, kept.statistic["p"], kept.statistic["level"])
    level = (1.0 + 3.0 + 1.7 + 0.9) / 4
    assert done.gain == pytest.approx(0.04 * level, rel=1e-3)
    assert 0 < done.gain_low <= done.gain <= done.gain_high
    assert done.mean == pytest.approx(0.96 * level, rel=1e-3)
    assert not here.referee.certificate_due(here.history)


def test_a_keep_that_is_slower_when_measured_again_is_rolled_back():
    here = timing()
    here.attempt(faster(5, 13))
    done, _ = here.certificate(faster(-2, 12), [])
    assert done.ruling is Ruling.ROLLED_BACK
    assert here.history.tip_commit == "b"


def test_a_certificate_without_pairs_is_no_proof():
    here = timing()
    here.attempt(faster(5, 13))
    done, _ = here.certificate([None] * 12, [])
    assert done.ruling is Ruling.ROLLED_BACK
    assert "no number" in done.reason


@pytest.mark.parametrize(("pairs", "ruling"), [(faster(4, 12), Ruling.CERTIFIED), (EVEN[:12], Ruling.CONTINUE)])
def test_on_a_holdout_it_must_win_there_too(pairs, ruling):
    here = timing(split="holdout")
    here.attempt(faster(5, 13))
    done, _ = here.certificate(pairs, [])
    assert (done.ruling, done.split, done.level) == (ruling, "holdout", 0.05)


def test_later_experiments_than_planned_have_no_level_left():
    here = timing(budget=Budget(experiments=1))
    here.attempt(faster(-5, 2))
    late, asked = here.attempt(faster(5, 15))
    assert (late.statistic["level"], late.outcome, len(asked)) == (0.0, Outcome.DISCARD, 15)


def test_every_answer_is_the_same_when_asked_again_from_the_records():
    here = timing()
    here.attempt(faster(-1, 2))
    here.attempt(faster(5, 13))
    here.certificate(faster(4, 12), [])
    here.attempt(faster(3, 13))
    answers = list(here.judged_again())
    assert len(answers) == 5
    assert all(recorded == again for recorded, again in answers)


def test_a_ratio_is_a_gain_whichever_way_the_metric_points():
    here = timing()
    metric, runs = here.metric, here.history.runs["b", "public"]
    assert own_pairs(here.history) == differences(metric, runs)
    assert differences(metric, runs)[0] == pytest.approx(math.log(EVEN[0][1] / EVEN[0][0]))
    assert relative(metric, math.log(2)) == pytest.approx(0.5), "half the time"


@pytest.mark.parametrize(("percent", "ruling"), [(4, Ruling.CERTIFIED), (None, Ruling.CONTINUE)])
def test_over_an_uncertified_parent_the_fresh_pairs_are_the_proof(percent, ruling):
    here = timing()
    here.attempt(faster(5, 13))
    here.add(replace(here.history.epoch, number=2))
    here.attempt(EVEN)
    kept, _ = here.attempt(faster(5, 13))
    done, asked = here.certificate(faster(percent, 20) if percent else EVEN, [])
    assert asked == "C" * 20, "twelve pairs cannot reach the level"
    assert (done.ruling, done.against, done.level) == (ruling, "b", kept.statistic["level"])
