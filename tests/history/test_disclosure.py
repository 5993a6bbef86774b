"""What the loop is told of finite data, and what it cannot tell apart."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from autoresearch import brief
from autoresearch.agents.tuner import Tuner
from autoresearch.history import Archive, Epoch, History, Night, StudyStart
from autoresearch.history.disclosure import Ladder, shown, step
from autoresearch.records import (
    Brief,
    Candidate,
    Certificate,
    Direction,
    Experiment,
    Measurement,
    Metric,
    Outcome,
    Ruling,
    Side,
    Verdict,
)
from autoresearch.task import Budget, Limits, Phase, Task
from autoresearch.views.finite import bound, finite, public_gain, verdict_bits

LADDER = Metric("loss", Direction.MINIMIZE, low=0.0, high=1.0, source="depleting", feedback="ladder", records=400)
TASK = Task("toy", "Lowest loss", ("train.py",), LADDER, Phase(("python", "train.py"), Limits(300.0)))
K, D, C = Outcome.KEEP, Outcome.DISCARD, Outcome.CRASH


def told_study(*ends: tuple[Outcome, float | None], metric: Metric = LADDER, secret: float = 0.0) -> Archive:
    """A study with these experiments and a certificate. `secret` moves everything the loop must not see."""
    history = Archive()
    history.add(StudyStart("toy", "c0", "5ec2e7", "0"))
    history.add(Epoch(1, "", "", "sealed", "none", {}, {}, {}, metric, "exact", questions=8 + round(secret)))
    history.add(Night(1, Budget(experiments=100), 4 + round(secret), 1, f"2026-01-01T00:00:0{round(secret)}Z"))
    for number, (outcome, value) in enumerate([(K, 0.52), *ends]):
        finish(history, number, outcome, value, secret=secret)
    for commit, side in ((history.tip_commit, Side.CANDIDATE), ("c0", Side.INCUMBENT)):
        scores = (0.1 + secret, 0.3)
        run = Measurement(commit, side, 0.2, 9, 1.0, certificate=1, split="holdout", records=scores)
        history.add(run)
    ruling = Ruling.CERTIFIED if secret else Ruling.CONTINUE
    history.add(Certificate(1, history.tip_commit, "c0", ruling, "", 0.5, 0.006, 1, 0.2, 0.1, 0.3, secret, -1.0, 1.0))
    return history


def finish(history: History, number: int, outcome: Outcome, value: float | None, *, secret: float) -> None:
    commit, at = f"c{number}", f"2026-01-01T00:00:{10 + number + round(secret)}Z"
    settings = {"train.py:LR": 0.1 * 2**number}
    detail = {"constants": settings, "changed": {"train.py:LR": [0.1, 0.2]}, "shape": "s", "signature": str(number)}
    candidate = Candidate(number, commit, history.tip_commit or commit, f"change {number}", started=at, detail=detail)
    history.add(candidate)
    if value is not None:
        run = Measurement(commit, Side.CANDIDATE, value, 77, 1.0 + secret, experiment=number, evaluation_seconds=secret)
        history.add(run)
    verdict = Verdict(outcome, f"off by {secret}", {"gain": secret})
    history.add(Experiment(number, candidate, verdict, value, candidate.parent, started=at, seconds=3 + secret))


def test_steps_come_from_the_task_the_records_or_the_noise() -> None:
    assert step(told_study()) == pytest.approx(2 / 400**0.5)
    assert step(told_study(metric=replace(LADDER, step=0.03))) == 0.03
    noisy = told_study(metric=replace(LADDER, records=None))
    assert step(noisy) == 0.0
    for value in (0.3, 0.7):
        noisy.runs["c0", "public"].append(Measurement("c0", Side.CANDIDATE, value, 0, 1.0, experiment=0))
    assert step(noisy) == pytest.approx(0.2, abs=0.01)


def test_the_ladder_is_climbed_in_whole_steps_only() -> None:
    history = told_study((K, 0.45), (K, 0.31), (D, 0.30), (C, None), (K, 0.08))
    ladder = Ladder.of(history)
    assert ladder.by_number == pytest.approx({0: 0.5, 1: 0.5, 2: 0.3, 3: 0.3, 5: 0.1})
    assert ladder.climbed == (2, 2)


def test_exact_scores_within_a_step_cannot_be_told_apart() -> None:
    one = shown(told_study((K, 0.31), (D, 0.49), (D, 0.301), (C, None)))
    other = shown(told_study((K, 0.29), (D, 0.35), (D, 0.9), (C, None), secret=3.0))
    assert other == one


@pytest.mark.parametrize("feedback", ["ladder", "bit"])
def test_neither_brief_nor_tuner_can_tell_what_they_must_not_know(feedback: str, tmp_path: Path) -> None:
    metric = replace(LADDER, feedback=feedback)
    (tmp_path / "train.py").write_text("LR = 0.2\nWIDTH = 64\n")
    texts, proposals = set(), []
    for secret, close in ((0.0, 0.49), (3.0, 0.40)):
        known = shown(told_study((K, 0.31), (D, close), metric=metric, secret=secret))
        texts.add(brief.brief(TASK, known).text)
        proposals.append(Tuner(["train.py"]).edit(Brief(3, known.tip_commit), tmp_path, known))
        (tmp_path / "train.py").write_text("LR = 0.2\nWIDTH = 64\n")
    assert len(texts) == 1
    assert proposals[0] == proposals[1]
    (text,) = texts
    assert "0.31" not in text
    assert ("whole steps of 0.1" if feedback == "ladder" else "whether it was kept") in text


def test_nothing_of_the_sealed_side_is_handed_out() -> None:
    known = shown(told_study((K, 0.31), secret=2.0))
    assert (known.certificates, known.pending_certificate, known.proven, known.vault) == ([], [], None, None)
    assert {split for _, split in known.runs} == {"public"}
    assert known.night is not None
    assert known.epoch is not None
    assert (known.night.certificates, known.epoch.questions, known.certificates_tonight) == (0, 0, 0)
    assert all(run.seed == 0 and not run.records for runs in known.runs.values() for run in runs)
    assert known.study is not None
    assert known.study.secret != "5ec2e7"


def test_a_reason_keeps_its_words_and_loses_its_figures() -> None:
    history = told_study((C, None))
    finish(history, 2, Outcome.VIOLATION, None, secret=0.0)
    history.experiments[2] = replace(
        history.experiments[2], verdict=Verdict(Outcome.VIOLATION, "answer 17 is off by -1.5e-3")
    )
    assert shown(history).experiments[2].verdict.reason == "answer # is off by #"


def test_one_bit_counts_what_was_kept() -> None:
    known = shown(told_study((K, 0.31), (D, 0.1), (K, 0.05), metric=replace(LADDER, feedback="bit")))
    assert [done.value for done in known.experiments] == [0.0, 1.0, 1.0, 2.0]
    assert known.metric.direction is Direction.MAXIMIZE
    assert known.metric.gain(known.experiments[3].value or 0, over=0.0) == 2.0


def test_data_that_grow_back_are_shown_as_they_are() -> None:
    history = told_study(metric=Metric("loss", Direction.MINIMIZE))
    assert shown(history) is history


def test_scores_told_for_finite_data_still_hide_the_sealed_side() -> None:
    known = shown(told_study((K, 0.31), (D, 0.4321), metric=replace(LADDER, feedback="score")))
    assert known.experiments[2].value == 0.4321
    assert known.certificates == []


def test_answers_are_booked_in_bits() -> None:
    assert verdict_bits(1000, 20) == pytest.approx(math.log2(math.comb(1000, 20)))
    assert verdict_bits(10, 0) == pytest.approx(0)
    account = finite(told_study((K, 0.31), (D, 0.4), (D, 0.4)))
    assert account is not None
    verdicts, start, climb = 1.585, 1 + 5, 3
    assert account.bits == pytest.approx(verdicts + start + climb, abs=0.01)
    assert account.bound == pytest.approx(((account.bits * 0.6931 + 2.9957) / 800) ** 0.5, abs=1e-3)
    assert account.gain == pytest.approx(0.21)
    assert not account.bound_exceeds_gain
    assert finite(told_study(metric=Metric("loss", Direction.MINIMIZE))) is None
    assert bound(10, 400, Metric("loss", Direction.MINIMIZE)) is None
    scores = finite(told_study((D, 0.4), metric=replace(LADDER, feedback="score")))
    assert scores is not None
    assert scores.bits == 106


def test_a_value_of_an_earlier_epoch_is_no_gain_over_this_ones_baseline() -> None:
    history = told_study((K, 0.31), secret=1.0)  # certified
    finish(history, 2, K, 0.25, secret=0.0)
    history.add(Epoch(2, "", "", "sealed", "none", {}, {}, {}, LADDER, "exact", questions=8))
    finish(history, 3, K, 0.9, secret=0.0)
    history.add(Certificate(2, "c3", "c1", Ruling.ROLLED_BACK, "", 1.0, 0.0, 1, 0.9, 0.9, 0.9, -0.6, -0.6, -0.6))
    assert (history.tip_commit, public_gain(history)) == ("c1", None)
    history.add(Measurement("c1", Side.INCUMBENT, 0.8, 7, 1.0, experiment=4))
    assert public_gain(history) == pytest.approx(0.1)
