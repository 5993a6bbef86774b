import random
from dataclasses import replace

import pytest
from court import Court

from autoresearch import referees
from autoresearch.errors import UserError
from autoresearch.history import Epoch, Night
from autoresearch.records import Direction, Measurement, Metric, Outcome, Ruling, Side
from autoresearch.referees.sealed import level, sealed_gain, too_few
from autoresearch.stats.blocks import SHORTEST
from autoresearch.stats.equivalence import PRUNED
from autoresearch.task import Budget

FINITE = Metric("loss", Direction.MINIMIZE, unit="nat", source="depleting", feedback="ladder", step=1.0)
RECORDS = 200


class Gate(Court):
    """A court on finite data. Its certificates are given as records, one list a side."""

    def __init__(self, *, questions=8, metric=FINITE, preset="exact"):
        super().__init__(preset, budget=Budget(experiments=1000), split="holdout")
        self.metric, self.referee = metric, referees.make(preset, {}, metric)
        self.add(Epoch(2, "", "", "sealed", "none", {}, {}, {}, metric, preset, questions=questions))
        self.records_of = {}

    def run(self, side, value, evidence):
        run = super().run(side, value, evidence)
        if evidence.certificate:
            queue = self.history.pending_certificate
            scores = tuple(self.records_of[side])
            self.records[-1] = queue[-1] = replace(run, records=scores)
            self.history.runs[run.commit, run.split][-1] = queue[-1]
            return queue[-1]
        return run

    def question(self, ours, theirs):
        """One question with these records. Returns the certificate and who was run."""
        self.records_of = {Side.CANDIDATE: ours, Side.INCUMBENT: theirs}
        return self.certificate([7.0], [7.0])


def scores(shift=0.0, seed=1):
    rng = random.Random(seed)
    return [10 + shift + rng.gauss(0, 1) for _ in range(RECORDS)]


def gate(**settings):
    made = Gate(**settings)
    made.attempt([10.0, 10.0])
    made.attempt([8.0])
    return made


def test_a_keep_climbs_a_step():
    here = Gate()
    here.attempt([10.2, 10.2])
    verdict, _ = here.attempt([9.1])
    assert (verdict.outcome, verdict.reason) == (Outcome.DISCARD, "less than a step of 1 nat better: discarded")
    verdict, _ = here.attempt([8.9])
    assert verdict.outcome is Outcome.KEEP
    verdict, _ = here.attempt([8.05])
    assert verdict.outcome is Outcome.DISCARD, "the ladder stands at 9, not at 8.9"


def test_a_question_is_one_run_a_side_and_the_incumbents_first():
    here = gate()
    done, asked = here.question(scores(-1.0), scores(seed=2))
    assert asked == "IC"
    assert (done.ruling, done.n, done.level) == (Ruling.CERTIFIED, 1, 0.05 / 8)
    assert done.gain_low < 1.0 < done.gain_high
    assert done.low < done.mean < done.high
    assert "200 sealed records in 16 blocks" in done.reason
    assert all(recorded == again for recorded, again in here.judged_again())


@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_the_answer_is_one_bit_and_never_moves_the_tip(shift):
    here = gate()
    tip = here.history.tip_commit
    done, _ = here.question(scores(shift), scores(seed=2))
    assert done.ruling is Ruling.CONTINUE
    assert here.history.tip_commit == tip


def test_the_study_shares_five_percent_and_then_it_is_over():
    here = gate(questions=3)
    for question in range(3):
        assert level(here.history) == pytest.approx(0.05 / 3)
        assert here.history.certificates == here.history.certificates[:question]
        here.question(scores(), scores(seed=2))
        here.attempt([here.history.experiments[-1].value - 2])
    assert sum(done.level for done in here.history.certificates) == pytest.approx(0.05)
    assert level(here.history) == 0.0
    here.history.certificates_tonight = 0
    here.history.experiments *= 400
    assert not here.referee.certificate_due(here.history)


def test_more_questions_later_cannot_spend_more_than_five_percent():
    here = gate(questions=2)
    here.question(scores(), scores(seed=2))
    here.add(Epoch(3, "", "", "sealed", "none", {}, {}, {}, FINITE, "exact", questions=6))
    assert level(here.history) == pytest.approx(0.025 / 5)


def test_the_same_question_is_not_asked_twice():
    here = gate()
    here.history.night = replace(here.history.night, budget=Budget(experiments=len(here.history.experiments) - 1))
    assert here.referee.certificate_due(here.history)
    here.question(scores(), scores(seed=2))
    here.history.certificate_at = 0
    assert not here.referee.certificate_due(here.history)


@pytest.mark.parametrize(
    ("ours", "theirs"), [([], scores()), (scores(), []), (scores()[1:], scores()), (scores()[:30], scores()[:30])]
)
def test_records_that_do_not_match_or_are_too_few_prove_nothing(ours, theirs):
    done, _ = gate().question(ours, theirs)
    assert (done.ruling, done.p) == (Ruling.CONTINUE, 1.0)
    assert done.gain_low == -done.gain_high == -float("inf")


def test_where_runs_differ_they_must_agree_too():
    here = Gate(preset="certify")
    here.attempt([10.0, 10.4, 9.6, 10.2, 9.8])
    here.attempt([8.0])
    here.records_of = {Side.CANDIDATE: scores(-1.0), Side.INCUMBENT: scores(seed=2)}
    lucky, asked = here.certificate([9.9, 10.1, 10.0, 10.05, 9.95, 10.1, 9.9, 10.0], [10.0] * 8)
    assert len(asked) > 8
    assert lucky.ruling is Ruling.CONTINUE
    assert lucky.p < lucky.level
    assert "its runs differ" in lucky.reason


def test_presets_that_need_repeated_runs_are_refused():
    with pytest.raises(UserError, match="finite data cannot give") as caught:
        referees.make("strict", {}, FINITE)
    assert "certify" in caught.value.fix


def test_an_empty_study_is_certified_no_more_often_than_it_may():
    nights, false = 120, 0
    for seed in range(nights):
        here = gate(questions=4)
        for question in range(4):
            at = 100 * seed + 2 * question
            false += here.question(scores(seed=at), scores(seed=at + 1))[0].ruling is Ruling.CERTIFIED
            here.attempt([here.history.experiments[-1].value - 2])
    assert false / nights < 0.05 + 3 * (0.05 / nights) ** 0.5


def test_too_few_records_are_told_beforehand():
    assert too_few(SHORTEST * 8, questions=8) == ""
    assert "need 80" in too_few(SHORTEST * 7, questions=8)


def test_a_gain_without_records_has_no_interval():
    ours, theirs = (
        Measurement("c", side, value, 0, 1.0) for side, value in ((Side.CANDIDATE, 1.0), (Side.INCUMBENT, 3.0))
    )
    assert sealed_gain(FINITE, ours, theirs).estimate == 2.0
    assert sealed_gain(FINITE, ours, theirs).low == -float("inf")


@pytest.mark.parametrize(("preset", "runs"), [("certify", 8), ("exact", 1)])
def test_only_a_metric_that_may_not_vary_is_pruned_by_one_run(preset, runs):
    here = Gate(preset=preset)
    here.attempt([10.0] * (5 if preset == "certify" else 2))
    here.attempt([8.0])
    here.add(Night(2, Budget(experiments=1), 1, 2, ""))
    here.history.unpruned = here.history.tip
    here.add(replace(here.history.night, number=3, purpose="prune"))
    pool = PRUNED.pool if preset == "certify" else 0
    verdict, asked = here.attempt([8.0] * runs, [8.0] * pool)
    assert (verdict.outcome, asked.count("C")) == (Outcome.KEEP, runs)
