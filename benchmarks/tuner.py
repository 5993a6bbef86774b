"""The tuner beside random search and plain Optuna TPE at equal measurements, on six planted tasks.

    python benchmarks/tuner.py [--seeds 10] [--experiments 100]

Each entry is the share of the way from the baseline's true loss to the best known one that the delivered constants have
come, averaged over seeds: 0 is the baseline, 1 the best known. Random search and TPE see the same scales, within three
steps (a factor of eight) of the baseline, start from the baseline, and deliver the point they measured best.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import optuna

from autoresearch.agents.tuner import Space, Tuner, space_of
from autoresearch.agents.tuner.hints import Value
from autoresearch.agents.tuner.scales import REACH, Choice
from autoresearch.errors import Foul
from planted import TASKS, Game, Planted

MARKS = (12, 40, 100)


def tuner(task: Planted, root: Path, seed: int, experiments: int) -> list[float]:
    return Game(task, root, seed=seed).play(Tuner(["train.py"]), experiments)


def random_search(task: Planted, root: Path, seed: int, experiments: int) -> list[float]:
    rng = random.Random(seed)

    def point(space: Space) -> dict[str, Value]:
        return {c.key: at_share(c.scale, c.scale.coordinate(c.value), rng.random()) for c in space.constants}

    return list(_best_measured(task, root, rng, (point for _ in range(experiments))))


def plain_tpe(task: Planted, root: Path, seed: int, experiments: int) -> list[float]:
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
    rng = random.Random(seed)
    space = _space(task, root)
    study.enqueue_trial({c.key: c.scale.coordinate(c.value) for c in space.constants})
    truths, best = [], (float("inf"), float("inf"))
    for _ in range(experiments + 1):
        trial = study.ask()
        changes = {c.key: suggested(trial, c.key, c.scale, c.scale.coordinate(c.value)) for c in space.constants}
        measured = _measured(task, space, changes, rng)
        if measured is None:
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
        else:
            study.tell(trial, measured[0])
            best = min(best, measured)
        truths.append(best[1])
    return truths[1:]


def suggested(trial: optuna.Trial, key: str, scale: object, here: float) -> Value:
    if isinstance(scale, Choice):
        return scale.options[int(trial.suggest_categorical(key, range(len(scale.options))))]
    return scale.value(trial.suggest_float(key, here - REACH, here + REACH))  # type: ignore[attr-defined]


def at_share(scale: object, here: float, share: float) -> Value:
    if isinstance(scale, Choice):
        return scale.options[int(share * len(scale.options))]
    return scale.value(here + REACH * (2 * share - 1))  # type: ignore[attr-defined]


def _best_measured(
    task: Planted, root: Path, rng: random.Random, points: Iterator[Callable[[Space], dict[str, Value]]]
) -> Iterator[float]:
    space = _space(task, root)
    best = (task.true(task.text), task.true(task.text))
    for point in points:
        measured = _measured(task, space, point(space), rng)
        best = min(best, measured) if measured else best
        yield best[1]


def _measured(task: Planted, space: Space, changes: dict[str, Value], rng: random.Random) -> tuple[float, float] | None:
    text = space.edited(changes)["train.py"].decode()
    try:
        true = task.true(text)
    except Foul:
        return None
    return true + rng.gauss(0, task.noise), true


def _space(task: Planted, root: Path) -> Space:
    (root / "train.py").write_text(task.text)
    return space_of(root, ["train.py"])


METHODS = {"random": random_search, "Optuna TPE": plain_tpe, "tuner": tuner}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--experiments", type=int, default=100)
    parser.add_argument("--only", default="", help="method to run, default all")
    options = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    marks = [mark for mark in MARKS if mark <= options.experiments]
    methods = {name: play for name, play in METHODS.items() if options.only in ("", name)}
    print(
        f"{'task':<16} {'method':<11}"
        + "".join(f"{f'after {mark}':>11}" for mark in marks)
        + f"{'improved':>10}{'ms each':>9}"
    )
    with tempfile.TemporaryDirectory() as folder:
        for task in TASKS:
            for name, play in methods.items():
                print(_row(task, name, play, Path(folder), options, marks), flush=True)


def _row(
    task: Planted,
    name: str,
    play: Callable[[Planted, Path, int, int], list[float]],
    root: Path,
    options: argparse.Namespace,
    marks: list[int],
) -> str:
    start = task.true(task.text)
    began = time.perf_counter()
    runs = [play(task, root, seed, options.experiments) for seed in range(options.seeds)]
    each = (time.perf_counter() - began) / options.seeds / options.experiments * 1000
    shares = [statistics.mean((start - run[mark - 1]) / (start - task.best) for run in runs) for mark in marks]
    improved = sum(run[marks[0] - 1] < start for run in runs)
    return (
        f"{task.name:<16} {name:<11}"
        + "".join(f"{share:>11.2f}" for share in shares)
        + f"{improved:>7}/{len(runs)}{each:>9.1f}"
    )


if __name__ == "__main__":
    main()
