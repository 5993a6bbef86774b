"""What the `timing` preset keeps on this machine, on examples/speed: nothing of nothing, and a planted speed-up.

    python benchmarks/timing.py --noise 20       A/A: the spread of one measurement's log ratio, and what it costs
    python benchmarks/timing.py --null 100       a night of changes that change nothing: every keep is a false one
    python benchmarks/timing.py --planted 5      waste planted into the engine and taken out again: after how many runs?

Everything is real: the boxes, the clock, the noise of whatever else runs here. `--seed` draws the changes.
"""

from __future__ import annotations

import argparse
import math
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autoresearch import assembly, config
from autoresearch.agents.scripted import Edit, Scripted
from autoresearch.history import History
from autoresearch.records import Outcome, Side
from autoresearch.study import Study
from autoresearch.task import Budget
from autoresearch.workspace import git

EXAMPLE = Path(__file__).parents[1] / "examples" / "speed"
FILE = "template.py"
WASTE = "    for _ in range({count}):\n        pass\n"
BEFORE = "    return evaluate(parse(template), variables)\n"
LOCALS = ("tokens", "nodes", "content", "piece", "found", "items", "condition", "loop", "inner", "other")
PLANNED = 100
"""Experiments the level is split over, in every night here."""


@contextmanager
def repository(waste: str = "") -> Iterator[Path]:
    """The example as a repository of its own, with `waste` planted."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "speed"
        shutil.copytree(EXAMPLE, root, ignore=shutil.ignore_patterns("__pycache__", ".autoresearch"))
        file = root / FILE
        file.write_text(file.read_text().replace(BEFORE, waste + BEFORE))
        git.create(root, message="The example")
        yield root


@contextmanager
def night(edits: list[Edit], waste: str = "") -> Iterator[Study]:
    """A study of the example, with prepared changes."""
    with repository(waste) as root:
        task = config.load(root, ["check=[]"])
        study = assembly.assemble(root, task, granted=Budget(experiments=PLANNED)).study
        study.agent = Scripted(edits)
        study.admit = lambda *_: None  # the same code again is what is to be measured here
        yield study


def change_nothing(rng: random.Random) -> Edit:
    """A comment, another name for a local variable, or functions in another order."""
    word = "".join(rng.choices("abcdefghij", k=8))

    def comment(text: str) -> str:
        lines = text.splitlines(keepends=True)
        tops = [number for number, line in enumerate(lines) if line.startswith("def ")]
        lines.insert(rng.choice(tops), f"# {word}\n")
        return "".join(lines)

    def rename(text: str) -> str:
        return re.sub(rf"\b{rng.choice(LOCALS)}\b", f"{word}", text)

    def reorder(text: str) -> str:
        head, *functions = re.split(r"(?m)^(?=def )", text)
        rng.shuffle(functions)
        return (
            "".join([head, *(function.rstrip("\n") + "\n\n\n" for function in functions)]).rstrip("\n")
            + f"\n# {word}\n"
        )

    kind = rng.choice([comment, rename, reorder])

    def apply(tree: Path) -> None:
        (tree / FILE).write_text(kind(tree.joinpath(FILE).read_text()))

    return Edit(kind.__name__, apply)


def measure_noise(n_runs: int) -> None:
    """The sd of the log ratio of one measurement, both sides being equal."""
    with repository() as root:
        rig = assembly.rig_up(root, config.load(root), History())
        found, took = [], []
        for seed in range(n_runs):
            began = time.monotonic()
            run = rig.runner.measure(rig.workspace.base, side=Side.CANDIDATE, seed=seed)
            took.append(time.monotonic() - began)
            found.append(math.log(run.values["seconds"] / run.values["seconds@incumbent"]))
    middle = statistics.median(found)
    robust = 1.4826 * statistics.median(abs(each - middle) for each in found)
    print(f"{n_runs} A/A measurements of {statistics.median(took):.2f} s (median)")
    print(f"log ratio: sd {statistics.stdev(found):.2%}, robust sd {robust:.2%}, median {middle:+.2%}")


def play_null(n_experiments: int, rng: random.Random) -> None:
    """A night in which nothing changes anything."""
    with night([change_nothing(rng) for _ in range(n_experiments)]) as study:
        study.reconcile()
        baseline, began = study.attempt(), time.monotonic()
        study.record(baseline)
        for _ in range(n_experiments):
            study.record(study.attempt())
        _report_null(study, time.monotonic() - began)


def _report_null(study: Study, seconds: float) -> None:
    done = study.history.experiments[1:]
    counts = {outcome: sum(each.verdict.outcome is outcome for each in done) for outcome in Outcome}
    measured = study.history.measured - study.history.experiments[0].verdict.statistic.get("n", 0)
    print(f"{len(done)} changes that change nothing, in {seconds / 60:.0f} min: kept {counts[Outcome.KEEP]}")
    print("outcomes: " + ", ".join(f"{n} {outcome}" for outcome, n in counts.items() if n))
    print(f"{measured:g} measurements, {measured / len(done):.2f} an experiment")
    for each in done:
        if each.verdict.outcome is not Outcome.DISCARD:
            print(f"  {each.number}: {each.verdict.outcome}, {each.verdict.reason}")


def play_planted(percent: float, times: int) -> None:
    """One change that takes out waste worth `percent` of the time, proven or not; `times` nights of it."""
    waste = WASTE.format(count=_loops(percent))
    for number in range(times):
        with night([Edit("take out the waste", lambda tree: _replace(tree / FILE, waste, ""))], waste) as study:
            study.reconcile()
            study.record(study.attempt())
            before = study.history.measured
            study.record(done := study.attempt())
            tested = study.history.measured - before
            print(f"night {number + 1}: {done.verdict.outcome} after {tested} measurements: {done.verdict.reason}")
            if done.verdict.outcome is Outcome.KEEP:
                study.record(proof := study.certify())
                gain, low, high = (
                    each / (proof.mean + proof.gain) for each in (proof.gain, proof.gain_low, proof.gain_high)
                )
                print(
                    f"    {proof.ruling} after {proof.n} more: {gain:.1%} faster, 95 % interval {low:.1%} to {high:.1%}"
                )


def _replace(file: Path, old: str, new: str) -> None:
    file.write_text(file.read_text().replace(old, new))


def _loops(percent: float) -> int:
    """Turns of an empty loop that are `percent` of the time of one page with them."""
    code = (
        "import random, timeit, cases, template\n"
        "page = cases.page(random.Random(1))\n"
        "print(min(timeit.repeat(lambda: template.render(*page), number=1, repeat=2000)))\n"
        "print(min(timeit.repeat('for _ in range(1000): pass', number=1, repeat=2000)) / 1000)\n"
    )
    said = subprocess.run([sys.executable, "-c", code], cwd=EXAMPLE, capture_output=True, text=True, check=True)
    page, turn = map(float, said.stdout.split())
    return round(page * percent / (100 - percent) / turn)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--noise", type=int, metavar="RUNS")
    parser.add_argument("--null", type=int, metavar="EXPERIMENTS")
    parser.add_argument("--planted", type=float, metavar="PERCENT")
    parser.add_argument("--times", type=int, default=1, help="nights of --planted")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    if asked.noise:
        measure_noise(asked.noise)
    if asked.null:
        play_null(asked.null, random.Random(asked.seed))
    if asked.planted:
        play_planted(asked.planted, asked.times)


if __name__ == "__main__":
    main()
