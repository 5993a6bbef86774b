import random
from dataclasses import replace

import pytest
from court import START, Court

from autoresearch import referees
from autoresearch.errors import UserError
from autoresearch.history import Epoch, Evidence, Night
from autoresearch.history.disclosure import Ladder, shown
from autoresearch.records import Direction, Measurement, Metric, Outcome, Ruling, Side
from autoresearch.referees.sealed import level, sealed_gain, too_few
from autoresearch.stats.blocks import SHORTEST
from autoresearch.stats.equivalence import PRUNED
from autoresearch.task import Budget, Constraint

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
        return self.certificate([7.0, 7.0], [7.0, 7.0])


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


def test_a_tip_set_back_to_an_earlier_epoch_can_be_climbed_from():
    here = Gate()
    here.attempt([10.0, 10.0])
    here.attempt([8.0])
    here.question(scores(-1.0), scores(seed=2))
    here.attempt([6.0])
    here.add(Epoch(3, "", "", "sealed", "none", {}, {}, {}, FINITE, "exact", questions=8))
    here.attempt([6.0, 6.0])
    here.add(Night(2, Budget(experiments=1), 1, 4, START, "prune"))
    here.add(Night(3, Budget(experiments=100), 1, 4, START))
    assert (here.history.tip_commit, here.history.tip_value) == ("c1", None)
    verdict, _ = here.attempt([7.2], [8.0])
    assert verdict.outcome is Outcome.DISCARD, "0.8 is no step"
    verdict, _ = here.attempt([6.8])
    assert verdict.outcome is Outcome.KEEP
    ladder = Ladder.of(here.history)
    assert [ladder.by_number[number] for number in (3, 4, 5)] == [6.0, 8.0, 7.0]
    assert (ladder.landed, ladder.climbed) == ((6.0, 8.0), (1,))


def test_a_question_is_two_runs_a_side_and_the_incumbents_first():
    here = gate()
    done, asked = here.question(scores(-1.0), scores(seed=2))
    assert asked == "ICIC"
    assert (done.ruling, done.n, done.level) == (Ruling.CERTIFIED, 2, 0.05 / 8)
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


@pytest.mark.parametrize("broken", [{"worst": 1.5}, {}])
def test_a_limit_broken_on_sealed_records_is_not_certified_and_moves_nothing_either(broken):
    here = Gate()
    here.referee = referees.make("exact", {}, FINITE, constraints=(Constraint("worst", max=1.0, margin=0.0),))
    here.values = {side: {"worst": 0.5} for side in Side}
    here.attempt([10.0, 10.0])
    here.attempt([8.0])
    tip, here.values[Side.CANDIDATE] = here.history.tip_commit, broken
    done, _ = here.question(scores(-1.0), scores(seed=2))
    assert done.ruling is Ruling.CONTINUE
    assert done.reason.startswith("not certified: worst")
    assert here.history.tip_commit == tip
    assert shown(here.history).tip.number == 1


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


def test_where_runs_differ_they_agree_at_the_studys_level_and_not_the_nights():
    here = Gate(preset="certify", questions=20)
    here.add(Night(2, Budget(experiments=30), 1, 1, START))
    here.attempt([10.0, 10.4, 9.6, 10.2, 9.8])
    here.attempt([8.0])
    here.records_of = {Side.CANDIDATE: scores(-1.0), Side.INCUMBENT: scores(seed=2)}
    won, lost = [9.0, 9.1, 8.9, 9.2], [10.0, 10.1, 9.9, 10.2]
    done, asked = here.certificate([*won, 10.3, 10.3, *won, 9.1, 10.4], [*lost, *lost, *lost])
    assert len(asked) == 24, "four runs a side, all won, happen to equals once in seventy"
    assert done.ruling is Ruling.CONTINUE
    assert done.p < done.level == pytest.approx(0.0025)


@pytest.mark.parametrize(("preset", "runs"), [("exact", 2), ("certify", 12)])
def test_a_tip_that_uses_its_seed_is_not_proven_by_a_lucky_one(preset, runs):
    here = Gate(preset=preset)
    here.attempt([10.0] * (2 if preset == "exact" else 5))
    here.attempt([8.0])
    here.records_of = {Side.CANDIDATE: scores(-1.0), Side.INCUMBENT: scores(seed=2)}
    lucky, _ = here.certificate([9.0, 8.9, 10.1, 9.2, 10.3, 9.1, 8.8, 9.3, 10.2, 9.0, 9.1, 10.4][:runs], [10.0] * runs)
    assert lucky.ruling is Ruling.CONTINUE
    assert lucky.p < lucky.level
    assert "its runs differ" in lucky.reason


def test_a_score_that_repeats_by_chance_on_other_records_is_noise_too():
    here = gate()
    here.records_of = {Side.CANDIDATE: scores(-1.0), Side.INCUMBENT: scores(seed=2)}
    tip, proven = here.history.tip_commit, here.history.rival_commit
    evidence = Evidence(here.history, 1, tip, proven, (), certificate=True)
    for seed, side in enumerate((Side.INCUMBENT, Side.CANDIDATE) * 2):
        here.records_of[side] = scores(-1.0 if side is Side.CANDIDATE else 0.0, seed=seed)
        evidence = evidence.plus(here.run(side, 7.0, evidence))
    assert here.referee.certify(evidence).ruling is Ruling.CONTINUE


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
