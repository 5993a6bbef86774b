import pytest
from court import Court

from autoresearch.errors import UserError
from autoresearch.records import Direction, Outcome, Ruling
from autoresearch.task import Budget


def exact(options=None, **settings):
    made = Court("exact", options, budget=settings.pop("budget", Budget(experiments=12)), **settings)
    made.attempt([512.0, 512.0])
    return made


def test_a_baseline_that_varies_is_refused_with_the_way_out():
    with pytest.raises(UserError, match=r"512.0 and then 511.0") as caught:
        Court("exact").attempt([512.0, 511.0])
    assert 'preset = "certify"' in caught.value.fix


@pytest.mark.parametrize(
    ("value", "outcome", "reason"),
    [
        (511.0, Outcome.KEEP, "1 nat better than the best so far: kept, not yet certified"),
        (512.0, Outcome.DISCARD, "no better than the best so far: discarded"),
        (513.0, Outcome.DISCARD, "1 nat worse than the best so far: discarded"),
        (None, Outcome.DISCARD, "its run gave no number"),
        (float("nan"), Outcome.DISCARD, "its run gave no number"),
    ],
)
def test_one_run_decides(value, outcome, reason):
    verdict, asked = exact().attempt([value])
    assert (verdict.outcome, verdict.reason, asked) == (outcome, reason, "C")


def test_a_gain_smaller_than_asked_for_is_no_gain():
    here = exact({"min_effect": 10})
    verdict, _ = here.attempt([503.0])
    assert (verdict.outcome, verdict.reason) == (
        Outcome.DISCARD,
        "9 nat better than the best so far, less than the 10 nat asked for: discarded",
    )
    assert here.attempt([502.0])[0].outcome is Outcome.KEEP


def test_the_new_best_is_what_counts_next():
    here = exact(direction=Direction.MAXIMIZE)
    here.attempt([520.0])
    assert here.attempt([520.0])[0].outcome is Outcome.DISCARD
    assert here.attempt([520.5])[0].outcome is Outcome.KEEP


def test_a_certificate_is_both_sides_measured_the_same_again():
    here = exact(budget=Budget(experiments=1))
    here.attempt([500.0])
    assert here.referee.certificate_due(here.history)
    done, asked = here.certificate([500.0], [512.0])
    assert (done.ruling, asked, done.n, done.p) == (Ruling.CERTIFIED, "CI", 1, 0.0)
    assert (done.mean, done.low, done.high) == (500.0, 500.0, 500.0)
    assert (done.gain, done.gain_low, done.gain_high) == (12.0, 12.0, 12.0)
    assert done.reason == "certified: 12 nat better than what was certified last, both sides measured the same again"


@pytest.mark.parametrize(
    ("ours", "theirs", "ruling"),
    [
        (499.0, 512.0, Ruling.CONTINUE),
        (500.0, 511.0, Ruling.CONTINUE),
        (520.0, 512.0, Ruling.ROLLED_BACK),
        (None, 512.0, Ruling.ROLLED_BACK),
    ],
)
def test_what_does_not_repeat_is_not_certified(ours, theirs, ruling):
    here = exact()
    here.attempt([500.0])
    assert here.certificate([ours], [theirs])[0].ruling is ruling


@pytest.mark.parametrize(
    ("ours", "ruling"), [(3.0, Ruling.CERTIFIED), (9.0, Ruling.CONTINUE), (10.0, Ruling.ROLLED_BACK)]
)
def test_on_a_holdout_the_gain_there_decides(ours, ruling):
    here = exact(split="holdout")
    here.attempt([500.0])
    assert here.certificate([ours], [9.0])[0].ruling is ruling


def test_every_answer_is_the_same_when_asked_again_from_the_records():
    here = exact()
    here.attempt([500.0])
    here.certificate([500.0], [512.0])
    here.attempt([501.0])
    answers = list(here.judged_again())
    assert len(answers) == 4
    assert all(recorded == again for recorded, again in answers)
