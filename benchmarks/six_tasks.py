"""The tuner beside random search and plain Optuna on six tasks that are really computed, at equal measurements.

    python benchmarks/six_tasks.py [--seeds 5] [--experiments 40] [--only compression]

Everybody starts from the same file and measures as often; what they deliver is measured again, without the luck: with
other seeds, or as the fastest of many runs. The table has that true value, the mean over seeds with its standard error;
lower is better. Random search and Optuna's default TPE draw from the tuner's own scales, within three steps (a factor
of eight) of where it starts, and deliver the point they measured best.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

import optuna

from autoresearch.agents.tuner import Space, Tuner, space_of
from autoresearch.errors import Foul
from planted import Game
from real_tasks import TASKS, Real
from tuner import at_share, suggested

Delivered = str
"""The text of the file a method ends with."""


def tuner(task: Real, root: Path, seed: int, experiments: int) -> Delivered:
    game = Game(task, root, seed=seed)
    for _ in range(experiments):
        game.attempt(Tuner(["train.py"]))
    return game.tip


def random_search(task: Real, root: Path, seed: int, experiments: int) -> Delivered:
    rng, space = random.Random(seed), _space(task, root)
    points = [
        {c.key: at_share(c.scale, c.scale.coordinate(c.value), rng.random()) for c in space.constants}
        for _ in range(experiments)
    ]
    texts = [task.text, *(space.edited(point)["train.py"].decode() for point in points)]
    return min(texts, key=lambda text: _measured(task, text, rng))


def plain_tpe(task: Real, root: Path, seed: int, experiments: int) -> Delivered:
    rng, space = random.Random(seed), _space(task, root)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
    study.enqueue_trial({c.key: c.scale.coordinate(c.value) for c in space.constants})
    best = (math.inf, task.text)
    for _ in range(experiments + 1):
        trial = study.ask()
        point = {c.key: suggested(trial, c.key, c.scale, c.scale.coordinate(c.value)) for c in space.constants}
        text = space.edited(point)["train.py"].decode()
        value = _measured(task, text, rng)
        study.tell(trial, value) if math.isfinite(value) else study.tell(trial, state=optuna.trial.TrialState.FAIL)
        best = min(best, (value, text))
    return best[1]


def _space(task: Real, root: Path) -> Space:
    (root / "train.py").write_text(task.text)
    return space_of(root, ["train.py"])


def _measured(task: Real, text: str, rng: random.Random) -> float:
    try:
        return task.measured(text, rng)
    except Foul:
        return math.inf


METHODS: dict[str, Callable[[Real, Path, int, int], Delivered]] = {
    "random search": random_search,
    "Optuna TPE": plain_tpe,
    "tuner": tuner,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--experiments", type=int, default=40)
    parser.add_argument("--only", default="", help="task to run, default all")
    options = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    print("| task | start | " + " | ".join(METHODS) + " |\n|---|---|" + "---|" * len(METHODS))
    with tempfile.TemporaryDirectory() as folder:
        for task in (task for task in TASKS if options.only in task.name):
            cells = [_cell(task, play, Path(folder), options) for play in METHODS.values()]
            print(f"| {task.name} | {task.true(task.text):.4g} | {' | '.join(cells)} |", flush=True)


def _cell(
    task: Real, play: Callable[[Real, Path, int, int], Delivered], root: Path, options: argparse.Namespace
) -> str:
    truths = [task.true(play(task, root, seed, options.experiments)) for seed in range(options.seeds)]
    return f"{statistics.mean(truths):.4g} ± {statistics.stdev(truths) / len(truths) ** 0.5:.2g}"


if __name__ == "__main__":
    main()
