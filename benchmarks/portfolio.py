"""A portfolio beside each of its members alone, on the planted tasks, at equal measurements.

    python benchmarks/portfolio.py [--seeds 5] [--experiments 60]

The members are the tuner, an author whose changes are right one time in three, and one who is always wrong or crashes.
Each entry is the share of the way from the baseline's true loss to the best known one, the mean over seeds; the best so
far is measured again every tenth experiment, as a study does.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

from autoresearch.agents.portfolio import Portfolio
from autoresearch.agents.tuner import Tuner, space_of
from autoresearch.agents.tuner.moves import singles
from autoresearch.errors import Foul
from autoresearch.history import History, StudyStart
from autoresearch.protocols import Agent
from autoresearch.records import Brief, Measurement, Outcome, Proposal, Side
from planted import TASKS, Game, Planted

SENTINEL_EVERY = 10


class Author:
    """Makes one of the single steps: a good one with probability `skill`, else one that is worse or crashes."""

    name = "author"

    def __init__(self, task: Planted, *, skill: float, seed: int) -> None:
        self.stop = threading.Event()
        self._task, self._skill, self._seed = task, skill, seed

    def edit(self, brief: Brief, tree: Path, history: History) -> Proposal:
        rng = random.Random(f"{self._seed}:{brief.number}")
        space, text = space_of(tree, ["train.py"]), (tree / "train.py").read_text()
        steps = [space.edited(move.changes)["train.py"].decode() for move in singles(space)]
        before = self._true(text)
        right = [step for step in steps if self._true(step) < before]
        wrong = [step for step in steps if self._true(step) >= before]
        pool = right if right and rng.random() < self._skill else wrong
        (tree / "train.py").write_text(rng.choice(pool or steps))
        return Proposal("a step", agent=self.name, cost_usd=0.0, tokens=0)

    def _true(self, text: str) -> float:
        try:
            return self._task.true(text)
        except Foul:
            return float("inf")


class Night(Game):
    """A game that measures the best so far again now and then, and counts a second for every experiment."""

    def attempt(self, agent: Agent, *, step: str = "improve"):  # type: ignore[no-untyped-def]
        tip = self.history.tip
        if tip and tip.candidate and self.history.next_number - self.history.sentinel_at >= SENTINEL_EVERY:
            value, number = self.task.measured(self.tip, self._random), self.history.next_number
            self.history.add(Measurement(tip.candidate.commit, Side.INCUMBENT, value, 0, 1.0, experiment=number))
        return super().attempt(agent, step=step)


def members(task: Planted, seed: int) -> dict[str, Agent]:
    good, bad = (Author(task, skill=skill, seed=seed) for skill in (1 / 3, 0.0))
    return {"tuner": Tuner(["train.py"]), "good author": good, "bad author": bad}


def played(task: Planted, agent: Agent, root: Path, seed: int, experiments: int) -> tuple[float, dict[str, int]]:
    """The share of the way, and how often each member was asked."""
    night = Night(task, root, seed=seed)
    night.history.study = StudyStart(task.name, "c0", str(seed), "0")
    start, losses = task.true(task.text), night.play(agent, experiments)
    asked: dict[str, int] = {}
    for done in night.history.experiments[1:]:
        asked[done.agent] = asked.get(done.agent, 0) + 1
    assert night.history.counts.get(Outcome.VIOLATION, 0) == 0
    return (start - losses[-1]) / (start - task.best), asked


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--experiments", type=int, default=60)
    options = parser.parse_args()
    names = ["tuner", "good author", "bad author", "portfolio"]
    print("| task | " + " | ".join(names) + " | of its best | asked |\n|---|" + "---|" * (len(names) + 2))
    with tempfile.TemporaryDirectory() as folder:
        for task in TASKS:
            makers: dict[str, Callable[[int], Agent]] = {
                name: lambda seed, name=name, task=task: members(task, seed)[name]  # type: ignore[misc]
                for name in names[:3]
            }
            makers["portfolio"] = lambda seed, task=task: Portfolio(members(task, seed))  # type: ignore[misc]
            runs = {
                name: [played(task, make(s), Path(folder), s, options.experiments) for s in range(options.seeds)]
                for name, make in makers.items()
            }
            means = {name: statistics.mean(share for share, _ in found) for name, found in runs.items()}
            ratio = means["portfolio"] / max(means[name] for name in names[:3])
            asked = [sum(each.get(name, 0) for _, each in runs["portfolio"]) for name in names[:3]]
            cells = " | ".join(f"{means[name]:.2f}" for name in names)
            shares = " / ".join(f"{100 * times / sum(asked):.0f} %" for times in asked)
            print(f"| {task.name} | {cells} | {ratio:.2f} | {shares} |", flush=True)


if __name__ == "__main__":
    main()
