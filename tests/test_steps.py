"""Which kind of step is asked for, and when."""

from __future__ import annotations

from dataclasses import replace

from autoresearch.brief import STEPS, Author
from autoresearch.history import History
from autoresearch.records import Direction, Metric
from autoresearch.strategies.greedy import PLATEAU, ROUND, Greedy, chosen
from autoresearch.task import Limits, Phase, Task
from pasts import METRIC, Try, attempt, past

TASK = Task("toy", "Lowest loss", ("train.py",), METRIC, Phase(("python", "train.py"), Limits(300.0)), agent="command")
FAR = Try(1.5, places=("train.py:X",))


def asked(count: int, *first: Try, steps: tuple[str, ...] = STEPS, smaller: bool = False) -> list[str]:
    """The steps of so many experiments that follow `first` and lead nowhere."""
    history, found = past(*first), []
    for _ in range(count):
        found.append(chosen(history, steps, smaller=smaller)[0])
        attempt(history, FAR)
    return found


def test_a_young_study_improves() -> None:
    assert asked(PLATEAU - 1) == ["improve"] * (PLATEAU - 1)


def test_two_near_misses_are_combined_now_and_then() -> None:
    near = Try(1.002, "a", ("train.py:LR",)), Try(1.003, "b", ("train.py:WIDTH",))
    steps = asked(9, *near)
    assert [at + 3 for at, step in enumerate(steps) if step == "combine"] == [ROUND, 2 * ROUND]
    history = past(*near, FAR)
    assert chosen(history, STEPS, smaller=False) == ("combine", (1, 2))
    assert chosen(past(near[0], near[0], FAR), STEPS, smaller=False) == ("improve", ())


def test_a_plateau_sends_elsewhere_and_a_keep_brings_back() -> None:
    steps = asked(PLATEAU + 10)
    assert [at + 1 for at, step in enumerate(steps) if step == "elsewhere"] == [14, 18, 22]
    history = past(*[FAR] * 13)
    assert chosen(history, STEPS, smaller=False)[0] == "elsewhere"
    attempt(history, Try(0.5))
    assert chosen(history, STEPS, smaller=False)[0] == "improve"


def test_something_is_removed_where_what_is_smaller_is_kept() -> None:
    assert asked(10, smaller=True).count("simplify") == 1
    assert asked(10).count("simplify") == 0
    for preset, metric, steps in (
        ("certify", METRIC, ["simplify"]),
        ("timing", METRIC, ["improve"]),
        ("certify", Metric("loss", Direction.MINIMIZE, source="depleting", feedback="bit"), ["improve"]),
    ):
        task = replace(TASK, referee=preset, metric=metric)
        assert [Greedy(Author(task)).ask(past(*[FAR] * 9)).step] == steps


def test_a_person_says_which_steps_there_are() -> None:
    near = Try(1.002, "a", ("train.py:LR",)), Try(1.003, "b", ("train.py:WIDTH",))
    assert set(asked(30, *near, steps=("improve",), smaller=True)) == {"improve"}
    assert asked(3, steps=("simplify",)) == ["simplify"] * 3
    assert chosen(past(*near), ("combine",), smaller=False) == ("combine", (1, 2))


def test_the_tuner_weighs_removals_and_unions_itself() -> None:
    tuner = replace(TASK, agent="tuner")
    near = Try(1.002, "a", ("train.py:LR",)), Try(1.003, "b", ("train.py:WIDTH",)), FAR
    assert Greedy(Author(tuner)).ask(past(*near)).step == "improve"
    assert Greedy(Author(TASK)).ask(past(*near)).step == "combine"
    assert Greedy(Author(tuner), ("combine",)).ask(past(*near)).step == "combine"


def test_the_same_history_gets_the_same_answer() -> None:
    near = Try(1.002, "a", ("train.py:LR",)), Try(1.003, "b", ("train.py:WIDTH",)), FAR
    one, other = (Greedy(Author(TASK)).ask(past(*near)) for _ in range(2))
    assert (one.step, one.text) == (other.step, other.text)


def test_nothing_is_simplified_before_the_baseline_is_known() -> None:
    assert chosen(History(METRIC), STEPS, smaller=True) == ("improve", ())
