import math

import pytest
from court import Court

from autoresearch.budget import spent
from autoresearch.history import Epoch, Evidence
from autoresearch.ledger.events import decode, encode
from autoresearch.records import Direction, Measurement, Outcome, Ruling, Side
from autoresearch.task import Budget

BASELINE = [3.00, 3.02, 2.98, 3.01, 2.99]
"""Mean 3, sigma 0.0158."""
WORSE = [4.0] * 9


def court(**settings):
    made = Court(**settings)
    made.attempt(BASELINE)
    return made


def test_the_baseline_is_measured_five_times_and_kept_with_its_noise():
    verdict, asked = Court().attempt(BASELINE)
    assert (verdict.outcome, asked) == (Outcome.KEEP, "CCCCC")
    assert verdict.reason == "baseline: 3 nat, mean of 5 runs, sigma 0.0158 nat"


def test_baseline_runs_is_an_option():
    assert Court(options={"baseline_runs": 2}).attempt([3.0, 3.1])[1] == "CC"


@pytest.mark.parametrize(
    ("value", "outcome", "reason"),
    [
        (2.97, Outcome.KEEP, "0.03 nat better than the best so far (1.9 sigma): kept, not yet certified"),
        (3.05, Outcome.DISCARD, "0.05 nat worse than the best so far (3.2 sigma): discarded"),
        (3.00, Outcome.DISCARD, "no better than the best so far (0.0 sigma): discarded"),
        (None, Outcome.DISCARD, "its run gave no number"),
        (math.nan, Outcome.DISCARD, "its run gave no number"),
        (-math.inf, Outcome.DISCARD, "its run gave no number"),
    ],
)
def test_one_run_against_the_mean_of_the_baseline(value, outcome, reason):
    verdict, asked = court().attempt([value])
    assert (verdict.outcome, verdict.reason, asked) == (outcome, reason, "C")
    assert all(map(math.isfinite, verdict.statistic.values()))


def test_maximising_keeps_what_is_larger():
    assert court(direction=Direction.MAXIMIZE).attempt([3.1])[0].outcome is Outcome.KEEP
    assert court(direction=Direction.MAXIMIZE).attempt([2.9])[0].outcome is Outcome.DISCARD


@pytest.mark.parametrize("value", [0.1, 1 / 3, 2.675, 1e-17])
def test_a_tie_with_runs_that_do_not_vary_is_no_improvement(value):
    still = Court()
    still.attempt([value] * 5)
    assert still.attempt([value])[0].outcome is Outcome.DISCARD


def test_the_best_is_recentred_by_the_sentinel_so_that_a_lucky_keep_blinds_nobody():
    here = court()
    here.attempt([2.90])
    assert here.attempt([2.95])[0].outcome is Outcome.DISCARD, "until it is measured again, the lucky run counts"
    for _ in range(7):
        assert here.attempt([4.0])[1] == "C"
    verdict, asked = here.attempt([2.95], [2.99])
    assert (asked, verdict.outcome) == ("IC", Outcome.KEEP)
    assert verdict.statistic["reference"] == pytest.approx(2.99)


def test_a_sentinel_comes_every_ten_experiments():
    here = court()
    asked = [here.attempt([4.0], [3.0] * (n % 10 == 0))[1] for n in range(1, 31)]
    assert [n for n, who in enumerate(asked, 1) if who == "IC"] == [10, 20, 30]


def test_drift_of_the_machine_is_told_and_the_old_runs_stop_counting():
    here = court()
    for n in range(1, 71):
        verdict, _ = here.attempt([4.0], [3.2 + n / 1000] * (n % 10 == 0))
        if "drift alarm" in verdict.reason:
            break
    assert verdict.reason.startswith("0.")
    assert verdict.statistic["reference"] > 3.2


def test_a_tip_not_measured_in_this_epoch_is_measured_first():
    here = court()
    here.attempt([2.9])
    epoch = next(record for record in here.records if isinstance(record, Epoch))
    here.add(epoch)
    assert here.attempt([2.9, 2.91, 2.92, 2.88, 2.89])[0].reason.startswith("baseline")
    here.certificate([4.0] * 5, [3.0] * 5)
    assert here.history.tip_commit == "b"
    here.history.runs.clear()
    assert here.attempt([3.1], [3.0])[1] == "IC"


@pytest.mark.parametrize(("experiments", "points"), [(12, [12]), (100, [50, 100]), (200, [50, 100, 150, 200])])
def test_certificates_are_due_at_fixed_points_of_the_budget(experiments, points):
    here, due = court(budget=Budget(experiments=experiments)), []
    here.attempt([2.9])
    for n in range(2, experiments + 1):
        here.attempt([4.0], [2.9] * (n - here.history.sentinel_at >= 10))
        if here.referee.certificate_due(here.history):
            due.append(n)
            undecided(here)
            assert not here.referee.certificate_due(here.history), "once a point"
    assert due == points


@pytest.mark.parametrize("preset", ["certify", "strict"])
def test_what_was_due_when_an_epoch_began_is_due_after_its_baseline(preset):
    here = Court(preset, budget=Budget(experiments=1))
    level = [3.0, 3.1, 2.9, 3.05, 2.95] * (1 if preset == "certify" else 4)
    here.attempt(level)
    here.attempt([1.0] if preset == "certify" else [1.0, 1.01, 1.02, 1.03])
    assert here.referee.certificate_due(here.history)
    here.add(next(record for record in here.records if isinstance(record, Epoch)))
    assert here.referee.certificate_due(here.history)
    here.attempt([value - 2 for value in level])
    assert here.referee.certificate_due(here.history)
    assert here.history.tip_commit == "c1"


@pytest.mark.parametrize(("gain", "ruling"), [(2.0, Ruling.CERTIFIED), (0.0, Ruling.CONTINUE)])
def test_a_keep_proven_in_an_earlier_epoch_is_certified_by_the_runs_of_this_one(gain, ruling):
    here, level = Court("strict"), [3.0, 3.1, 2.9, 3.05, 2.95] * 4
    here.attempt(level)
    here.attempt([1.0, 1.01, 1.02, 1.03])
    here.add(next(record for record in here.records if isinstance(record, Epoch)))
    here.attempt([value - gain for value in level])
    done, _ = here.certificate([3.0 - gain], level)
    assert done.ruling is ruling


def test_a_baseline_within_a_night_uses_none_of_its_budget():
    here = court(budget=Budget(experiments=2))
    here.attempt([4.0])
    here.add(next(record for record in here.records if isinstance(record, Epoch)))
    here.attempt([2.9, 2.91, 2.92, 2.88, 2.89])
    assert spent(here.history, "") == ""
    assert [done.number for done in here.history.tonight()] == [1]
    here.attempt([2.8])
    assert spent(here.history, "")
    assert here.referee.certificate_due(here.history)


def undecided(here):
    """A certificate whose runs are alike: stopped at its second look, nothing proven."""
    k = here.history.night.certificates
    n = {1: 7, 2: 8, 4: 9, 8: 8}[k]
    done, _ = here.certificate([2.9, 3.1, 3.0, 2.95] * 3, [2.91, 3.09, 3.01, 2.94] * 3) if n > 12 else equal(here, n)
    assert done.ruling is Ruling.CONTINUE


def equal(here, n):
    ladder = [2.9 + i / 100 for i in range(n)]
    return here.certificate(ladder, [value - 0.005 if i % 2 else value + 0.005 for i, value in enumerate(ladder)])


def test_nothing_is_due_while_the_tip_is_what_is_certified():
    here = court(budget=Budget(experiments=2))
    for _ in range(2):
        here.attempt([4.0])
        assert not here.referee.certificate_due(here.history)


def test_nothing_is_ever_due_without_a_sandbox_or_when_none_is_left():
    for settings in ({"unsafe": True}, {"certificates": 0}):
        here = court(budget=Budget(experiments=1), **settings)
        here.attempt([2.9])
        assert not here.referee.certificate_due(here.history)


def test_hours_count_by_the_ledger_and_leave_time_for_the_last_certificate():
    """Runs take 100 s, so two certificates of ten hours are due halfway of and at 36,000 s less 24 runs' time."""
    here, due = court(budget=Budget(hours=10)), []
    here.attempt([2.9], started="2026-01-01T00:00:00+00:00", seconds=100.0)
    for n in range(2, 12):
        here.attempt([4.0], [2.9] * (n == 10), started=f"2026-01-01T{n - 1:02}:00:00+00:00", seconds=100.0)
        if here.referee.certificate_due(here.history):
            due.append(n)
            equal(here, 8)
    assert due == [6, 11]


def test_cost_counts_too_and_unknown_cost_is_spent():
    known, unknown = (court(budget=Budget(cost_usd=4.0), certificates=2) for _ in range(2))
    due = []
    known.attempt([2.9], costs={"cost_usd": 1.0})
    for n in range(2, 5):
        known.attempt([4.0], costs={"cost_usd": 1.0})
        if known.referee.certificate_due(known.history):
            due.append(n)
            equal(known, 8)
    assert due == [2, 4]
    unknown.attempt([2.9])
    assert unknown.referee.certificate_due(unknown.history)


def tried(**settings):
    here = court(budget=Budget(experiments=12), **settings)
    here.attempt([2.9])
    return here


def test_a_large_gain_is_certified_by_four_runs_against_four():
    here = tried()
    done, asked = here.certificate([2.90, 2.91, 2.89, 2.92], [3.00, 3.02, 2.98, 3.01])
    assert asked == "CIICCIIC"
    assert (done.ruling, done.n, done.level, done.experiment) == (Ruling.CERTIFIED, 4, 0.05, 1)
    assert done.p == pytest.approx(1 / 70)
    assert done.mean == pytest.approx(2.905)
    assert done.low < done.mean < done.high
    assert (done.gain, done.gain_low, done.gain_high) == pytest.approx((0.1, 0.06, 0.13))
    assert done.reason == (
        "certified: 0.1 nat better (95 % interval of the gain +0.06 to +0.13), p = 0.014 of 0.05 allowed, 4 runs a side"
    )
    assert here.history.proven_commit == "c1"


def test_a_small_gain_takes_more_looks():
    ours = [2.90, 2.91, 2.89, 2.99, 2.93, 2.92, 2.94]
    theirs = [3.00, 3.02, 2.98, 3.01, 2.97, 3.03, 2.96]
    done, asked = tried().certificate(ours, theirs)
    assert (done.ruling, done.n, len(asked)) == (Ruling.CERTIFIED, 7, 14)


def test_a_gain_of_nothing_stops_at_the_second_look_uncertified():
    here = tried()
    done, asked = equal(here, 7)
    assert (done.ruling, len(asked)) == (Ruling.CONTINUE, 14)
    assert done.reason.startswith("not certified: ")
    assert (here.history.proven_commit, here.history.tip_commit) == ("b", "c1")


def test_a_worse_tip_is_rolled_back():
    here = tried()
    done, _ = here.certificate([3.10, 3.11, 3.12, 3.13], [3.0, 3.01, 2.99, 3.02])
    assert done.ruling is Ruling.ROLLED_BACK
    assert done.reason.startswith("rolled back: 0.11 nat worse")
    assert here.history.tip_commit == "b"


def test_fouls_rank_below_every_number():
    done, _ = tried().certificate([None, None, 3.5, None], [3.0, 3.01, 2.99, 3.02])
    assert done.ruling is Ruling.ROLLED_BACK
    assert done.mean == 3.5
    assert (done.low, done.high) == (-math.inf, math.inf)


def test_one_foul_costs_the_first_look_its_certificate():
    ours, theirs = [2.90, None, 2.89, 2.92, 2.91, 2.90, 2.9], [3.00, 3.02, 2.98, 3.01, 3.0, 3.01, 3.02]
    done, _ = tried().certificate(ours, theirs)
    assert (done.ruling, done.n) == (Ruling.CERTIFIED, 7)


@pytest.mark.parametrize("direction", Direction)
def test_a_certificate_of_nothing_but_fouls_can_be_written_down(direction):
    here = court(budget=Budget(experiments=12), direction=direction)
    here.attempt([2.9 if direction is Direction.MINIMIZE else 3.1])
    done, _ = here.certificate([None] * 4, [3.0, 3.01, 2.99, 3.02])
    assert done.ruling is Ruling.ROLLED_BACK
    assert here.metric.gain(done.mean, over=3.0) == -math.inf
    assert done.gain == -math.inf
    assert "no number" in done.reason
    assert decode(encode(done, seq=0, prev="", at=""), seq=0, prev="").record == done


def test_maximising_certifies_what_is_larger():
    here = court(direction=Direction.MAXIMIZE, budget=Budget(experiments=12))
    here.attempt([3.1])
    done, _ = here.certificate([3.10, 3.11, 3.12, 3.13], [3.0, 3.01, 2.99, 3.02])
    assert (done.ruling, done.gain) == (Ruling.CERTIFIED, pytest.approx(0.11))


def test_more_certificates_a_night_must_each_prove_more():
    here = court(budget=Budget(experiments=100))
    here.attempt([2.9])
    done, _ = here.certificate([2.90, 2.91, 2.89, 2.92, 2.93], [3.00, 3.02, 2.98, 3.01, 3.03])
    assert (done.n, done.level, done.ruling) == (5, 0.025, Ruling.CERTIFIED)


def test_a_certificate_tells_when_the_metric_is_self_reported_and_where_it_was_measured():
    here = tried(trust="self-reported", split="holdout")
    done, _ = here.certificate([2.90, 2.91, 2.89, 2.92], [3.00, 3.02, 2.98, 3.01])
    assert done.split == "holdout"
    assert done.reason.startswith("self-reported: certified: ")
    assert done.reason.endswith("on the holdout")


def test_holdout_runs_do_not_move_the_best_of_the_public_lane():
    here = tried(split="holdout")
    here.certificate([5.0, 5.1, 5.2, 5.3], [6.0, 6.1, 6.2, 6.3])
    assert here.attempt([2.95])[0].statistic["reference"] == pytest.approx(2.9)


def test_runs_of_a_certificate_cut_short_for_an_older_tip_do_not_count():
    here = tried()
    for side, value in ((Side.CANDIDATE, 2.95), (Side.INCUMBENT, 3.0)):
        evidence = Evidence(here.history, 1, here.history.tip_commit, "b", certificate=True)
        here.run(side, value, evidence)
    here.attempt([2.8])
    done, asked = here.certificate([2.90, 2.91, 2.89, 2.92], [3.02, 2.98, 3.01])
    assert (done.commit, asked, done.mean) == ("c2", "CICCIIC", pytest.approx(2.905))


def test_an_interrupted_certificate_goes_on_where_it_stopped():
    here = tried()
    evidence = Evidence(here.history, 1, "c1", "b", certificate=True)
    for side, value in ((Side.CANDIDATE, 2.9), (Side.INCUMBENT, 3.0), (Side.INCUMBENT, 3.01)):
        assert here.referee.certify(evidence) is side
        evidence = evidence.plus(here.run(side, value, evidence))
    assert here.certificate([2.91, 2.89, 2.92], [2.98, 3.02])[1] == "CCIIC"


def test_every_answer_is_the_same_when_asked_again_from_the_records():
    here = court(budget=Budget(experiments=100))
    values = [2.95, 3.1, 2.93, 3.0, 2.96, 2.94, 2.9, 3.3, 3.2, 2.91, 2.89]
    for value in values:
        here.attempt([value], [2.94] * (here.history.next_number - here.history.sentinel_at >= 10))
    here.certificate([2.8, 2.81, 2.79, 2.82, 2.83], [3.00, 3.02, 2.98, 3.01, 3.03])
    answers = list(here.judged_again())
    assert len(answers) == 1 + 11 + 1
    assert all(recorded == again for recorded, again in answers)


def test_a_measurement_of_another_night_of_the_same_commit_is_fresh():
    here = court()
    here.attempt([2.9])
    here.add(Measurement("c1", Side.CANDIDATE, 2.99, 7, 1.0, certificate=1))
    assert here.attempt([2.95])[0].outcome is Outcome.KEEP
