"""The tuner on planted tasks: it improves, follows the tree, repeats nothing, and is the same twice."""

from __future__ import annotations

import json
import statistics
import time
from dataclasses import replace
from pathlib import Path

import optuna
import pytest

from autoresearch.agents.tuner import Tuner, space_of
from autoresearch.agents.tuner.trials import MOST_TRIALS, past
from autoresearch.errors import Foul
from autoresearch.history import History
from autoresearch.records import Brief, Candidate, Experiment, Measurement, Outcome, Side, Verdict
from planted import METRIC, TASKS, Game, Planted

TUNER = Tuner(["train.py"])
BY_NAME = {task.name: task for task in TASKS}


def game(tmp_path: Path, name: str = "language model", *, seed: int = 0) -> Game:
    return Game(BY_NAME[name], tmp_path, seed=seed)


@pytest.mark.slow
@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_twelve_experiments_nearly_always_improve(tmp_path: Path, task: Planted) -> None:
    start = task.true(task.text)
    ends = [Game(task, tmp_path, seed=seed).play(TUNER, 12)[-1] for seed in range(4)]
    assert all(end < start for end in ends)
    assert statistics.mean((start - end) / (start - task.best) for end in ends) > 0.15


@pytest.mark.slow
def test_forty_experiments_come_close_to_the_best(tmp_path: Path) -> None:
    shares = []
    for task in TASKS:
        start, end = task.true(task.text), Game(task, tmp_path, seed=3).play(TUNER, 40)[-1]
        shares.append((start - end) / (start - task.best))
    assert min(shares) > 0.3
    assert statistics.mean(shares) > 0.75


def test_nothing_is_proposed_twice(tmp_path: Path) -> None:
    play = game(tmp_path)
    play.play(TUNER, 45)
    signatures = [c.detail["signature"] for c in play.history.candidates.values() if "signature" in c.detail]
    assert len(set(signatures)) == len(signatures) == 45


def test_a_killed_run_proposes_the_same_again(tmp_path: Path) -> None:
    play = game(tmp_path, "scheduler")
    play.play(TUNER, 20)
    file = tmp_path / "train.py"
    brief = Brief(play.history.next_number, play.history.tip_commit)
    file.write_text(play.tip)
    first = TUNER.edit(brief, tmp_path, play.history), file.read_text()
    file.write_text(play.tip)
    again = Tuner(["train.py"]).edit(brief, tmp_path, _through_json(play.history)), file.read_text()
    assert again == first


def _through_json(history: History) -> History:
    """The history as a ledger gives it back."""
    copy = History(history.metric)
    for number, candidate in sorted(history.candidates.items()):
        detail = json.loads(json.dumps(dict(candidate.detail)))
        copy.add(replace(candidate, detail=detail))
        for run in history.runs.get((candidate.commit, "public"), ()):
            copy.add(run)
        copy.add(history.experiments[number])
    return copy


def test_an_open_experiment_is_not_proposed_by_a_second_worker(tmp_path: Path) -> None:
    play = game(tmp_path)
    play.play(TUNER, 3)
    file, history = tmp_path / "train.py", play.history
    seen = set()
    for _ in range(3):
        file.write_text(play.tip)
        proposal = TUNER.edit(Brief(len(history.candidates), history.tip_commit), tmp_path, history)
        seen.add(proposal.detail["signature"])
        number = len(history.candidates)
        history.add(Candidate(number, f"c{number}", history.tip_commit, proposal.summary, detail=proposal.detail))
    assert len(seen) == 3


def test_constants_changed_by_others_are_followed(tmp_path: Path) -> None:
    play = game(tmp_path)
    play.play(TUNER, 6)
    by_hand = play.tip.replace("DEPTH = 2", "DEPTH = 4").replace("WARMUP_RATIO = 0.0", "WARMUP_RATIO = 0.3  # by hand")
    (tmp_path / "train.py").write_text(by_hand)
    proposal = TUNER.edit(Brief(7, play.history.tip_commit), tmp_path, play.history)
    constants, changed = proposal.detail["constants"], proposal.detail["changed"]
    assert isinstance(constants, dict)
    assert isinstance(changed, dict)
    after = space_of(tmp_path, ["train.py"]).values
    assert constants == after
    for key, expected in (("train.py:DEPTH", 4), ("train.py:WARMUP_RATIO", 0.3)):
        assert changed[key][0] == expected if key in changed else after[key] == expected


def test_early_experiments_move_one_constant(tmp_path: Path) -> None:
    play = game(tmp_path)
    play.play(TUNER, 10)
    moved = [len(c.detail["changed"]) for c in play.history.candidates.values() if c.number]  # type: ignore[arg-type]
    assert moved == [1] * 10


def test_the_direction_that_helped_is_followed(tmp_path: Path) -> None:
    task = Planted("slope", "RATE = 1.0\nGAIN_A = 1.0\nGAIN_B = 1.0\nGAIN_C = 1.0\n", _slope, noise=0.0, best=0.0)
    play = Game(task, tmp_path, seed=0)
    play.play(TUNER, 16)
    kept = [
        e.candidate.summary for e in play.history.experiments[1:] if e.verdict.outcome is Outcome.KEEP and e.candidate
    ]
    assert len([summary for summary in kept if "RATE" in summary]) >= 3
    assert task.true(play.tip) < 2


def _slope(values: object) -> float:
    assert isinstance(values, dict)
    return abs(10 - float(values["RATE"])) + sum((float(values[f"GAIN_{name}"]) - 1) ** 2 for name in "ABC")


def test_a_crash_is_no_number_and_keeps_others_away(tmp_path: Path) -> None:
    task = Planted("cliff", "BATCH_SIZE = 32\nLR = 0.1\nWIDTH = 64\n", _cliff, noise=0.0, best=0.0)
    play = Game(task, tmp_path, seed=1)
    play.play(TUNER, 15)
    crashes = [e for e in play.history.experiments if e.verdict.outcome is Outcome.CRASH]
    assert 1 <= len(crashes) <= 4
    trials = past(play.history, parent=play.history.tip_commit).trials
    assert sum(trial.gain is None for trial in trials) == len(crashes)


def _cliff(values: object) -> float:
    assert isinstance(values, dict)
    if values["BATCH_SIZE"] > 64:
        raise Foul(Outcome.CRASH, "out of memory")
    return abs(float(values["LR"]) - 0.03) + abs(values["WIDTH"] - 96) / 100 - values["BATCH_SIZE"] / 50


def test_steps_asked_for_are_taken(tmp_path: Path) -> None:
    play = game(tmp_path)
    removed = play.attempt(TUNER, step="simplify").candidate
    assert removed
    assert any(removed.summary.endswith(end) for end in (" -> 0.0", " -> False"))
    play.play(TUNER, 20)
    with_two = play.attempt(TUNER, step="combine").candidate
    assert with_two
    assert len(with_two.detail["changed"]) >= 2  # type: ignore[arg-type]


def test_words(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("LEARNING_RATE = 3e-3\n")
    proposal = TUNER.edit(Brief(1, "base"), tmp_path, History(METRIC))
    assert proposal.summary in ("train.py: LEARNING_RATE 3e-3 -> 6e-3", "train.py: LEARNING_RATE 3e-3 -> 1.5e-3")
    assert "LEARNING_RATE would lower loss; it was not moved before." in proposal.hypothesis
    assert (proposal.cost_usd, proposal.tokens) == (0.0, 0)


def test_an_exhausted_or_empty_space_is_a_foul(tmp_path: Path) -> None:
    task = Planted(
        "one switch", "USE_BIAS = True\n", lambda values: float(bool(values["USE_BIAS"])), noise=0.0, best=0.0
    )
    play = Game(task, tmp_path, seed=0)
    outcomes = [play.attempt(TUNER).verdict.outcome for _ in range(3)]
    assert outcomes == [Outcome.KEEP, Outcome.NO_CHANGE, Outcome.NO_CHANGE]
    (tmp_path / "train.py").write_text("print('nothing here')\n")
    with pytest.raises(Foul, match=r"No constant that could be tuned in train\.py"):
        TUNER.edit(Brief(1, "base"), tmp_path, History(METRIC))
    assert TUNER.problems(tmp_path)


def test_a_new_epoch_forgets_the_old_numbers(tmp_path: Path) -> None:
    play = game(tmp_path)
    play.play(TUNER, 8)
    history = play.history
    history.baseline = None
    history.runs.clear()
    number, tip = history.next_number, history.tip_commit
    history.add(Candidate(number, tip, tip, "baseline"))
    history.add(Measurement(tip, Side.CANDIDATE, 5.0, 0, 1.0, experiment=number))
    history.add(Experiment(number, history.candidates[number], Verdict(Outcome.KEEP, "baseline"), 5.0, tip))
    assert past(history, parent=tip).trials == ()
    assert past(history, parent=tip).tried == frozenset()


def test_optuna_keeps_the_verbosity_it_had(tmp_path: Path) -> None:
    before = optuna.logging.get_verbosity()
    game(tmp_path).play(TUNER, 16)
    assert optuna.logging.get_verbosity() == before


@pytest.mark.parametrize(("experiments", "milliseconds"), [(100, 150), (5000, 600)])
def test_a_proposal_stays_cheap(tmp_path: Path, experiments: int, milliseconds: float) -> None:
    """Generous limits, so that a busy machine does not fail it; the real figures stand in the design."""
    play = game(tmp_path)
    play.play(TUNER, 30)
    _pad(play.history, experiments)
    (tmp_path / "train.py").write_text(play.tip)
    brief = Brief(play.history.next_number, play.history.tip_commit)
    assert len(past(play.history, parent=brief.parent).trials) <= MOST_TRIALS + 20
    times = []
    for _ in range(3):
        (tmp_path / "train.py").write_text(play.tip)
        began = time.process_time()
        TUNER.edit(brief, tmp_path, play.history)
        times.append(time.process_time() - began)
    assert min(times) * 1000 < milliseconds


def _pad(history: History, experiments: int) -> None:
    """Repeat the study's own candidates under new numbers until it is that long."""
    numbered = [e for e in history.experiments[1:] if e.candidate]
    for number in range(len(history.experiments), experiments):
        old = numbered[number % len(numbered)]
        assert old.candidate
        detail = dict(old.candidate.detail) | {"signature": f"{number}"}
        candidate = replace(old.candidate, number=number, commit=f"c{number}", detail=detail)
        history.add(candidate)
        history.add(Measurement(candidate.commit, Side.CANDIDATE, old.value, 0, 1.0, experiment=number))
        verdict = replace(old.verdict, outcome=Outcome.DISCARD if old.value is not None else old.verdict.outcome)
        history.add(replace(old, number=number, candidate=candidate, verdict=verdict))
