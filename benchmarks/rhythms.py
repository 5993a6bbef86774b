"""Stepwise against long sessions: the same real program, the same scripted model, the same changes in the same order.

    python benchmarks/rhythms.py [--experiments 12] [--programs claude pi] [--seeds 2]

The model on loopback proposes one constant of the toy task after the other and knows nothing of the verdicts, so both
rhythms try the same changes and end at the same best value: that they do is checked, and all that is measured is what a
rhythm costs. How much better a model becomes by remembering its own session, a scripted model cannot show.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "agents"))

import installed
from models import Edit, Models, Scene, Shell, Step, Text

from autoresearch.history import Archive
from autoresearch.site import Site
from autoresearch.testing import toy

CHOICES = {
    "LEARNING_RATE": ("0.001", "0.01", "0.02", "0.05", "0.2"),
    "WIDTH": ("16", "64", "128", "256", "512"),
    "DROPOUT": ("0.0", "0.1", "0.2", "0.7", "0.9"),
    "ACTIVATION": ('"gelu"', '"relu"'),
}


@dataclass(frozen=True)
class Night:
    """What one night cost, and where it ended."""

    seconds: float
    agent_seconds: float
    """Mean of an experiment: what the program and its model took, boxes and start included."""
    calls: float
    """Of the model, an experiment."""
    tokens: float
    best: float


def edits(seed: int, experiments: int) -> list[Edit]:
    """One change of the best so far after another; the task has no noise, so what is kept is known beforehand."""
    rng, scope = random.Random(seed), dict[str, object]()
    exec(toy.LOSS, scope)
    lines = dict(re.findall(r"^([A-Z_]+) = (\S+)", toy.SETTINGS, re.M))
    made, loss = [], scope["loss"]

    def value(of: dict[str, str]) -> float:
        return loss({name: eval(text) for name, text in of.items()}, 0, 0.0)  # type: ignore[operator, no-any-return]

    moves = [(name, to) for name, options in CHOICES.items() for to in options]
    for name, to in rng.sample(moves, min(experiments, len(moves))):
        made.append(Edit("settings.py", f"{name} = {lines[name]}", f"{name} = {to}"))
        after = lines | {name: to}
        lines = after if value(after) < value(lines) else lines
    return made


def stepwise(changes: list[Edit]) -> list[Scene]:
    return [Scene(rf"Experiment {n} of ", edit, Text(f"Summary: {edit.new}")) for n, edit in enumerate(changes, 1)]


def long(changes: list[Edit]) -> list[Scene]:
    steps: list[Step] = []
    for edit in changes:
        steps += [edit, Shell(f"\"$AUTORESEARCH_ASK\" try -m '{edit.new}'")]
    return [Scene("A long session", *steps, Text("The budget is spent."))]


def night(program: str, rhythm: str, changes: list[Edit]) -> Night:
    script = long(changes) if rhythm == "long" else stepwise(changes)
    with tempfile.TemporaryDirectory(prefix="rhythms-") as folder, Models(script) as models:
        more = installed.table(program, models.url) + f'rhythm = "{rhythm}"\n'
        root = toy.make(Path(folder) / "toy", noise=0.0, preset="exact", experiments=len(changes), more=more)
        began = time.monotonic()
        verb = [sys.executable, "-m", "autoresearch.cli", "run"]
        env = os.environ | {"PATH": installed.PATH, "MODEL_KEY": "none"}
        subprocess.run(verb, cwd=root, env=env, check=True, stderr=subprocess.DEVNULL)
        seconds = time.monotonic() - began
        return _account(Site(root, "toy").ledger().history, seconds, len(models.seen))


def _account(history: Archive, seconds: float, calls: int) -> Night:
    made = [done for done in history.experiments[1:] if done.candidate]
    assert len(made) == len(history.experiments) - 1, [done.verdict for done in history.experiments]
    return Night(
        seconds,
        fmean(done.candidate.agent_seconds for done in made if done.candidate),
        calls / len(made),
        fmean(done.tokens or 0 for done in made),
        history.tip_value or float("nan"),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--experiments", type=int, default=12)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--programs", nargs="+", default=["claude", "pi"])
    asked = parser.parse_args()
    print("program  rhythm    experiments/min  agent s each  calls each  tokens each     best")
    for program in asked.programs:
        best = {}
        for rhythm in ("stepwise", "long"):
            nights = [night(program, rhythm, edits(seed, asked.experiments)) for seed in range(asked.seeds)]
            rate = 60 * asked.experiments / fmean(each.seconds for each in nights)
            spent, calls = fmean(each.agent_seconds for each in nights), fmean(each.calls for each in nights)
            tokens, best[rhythm] = fmean(each.tokens for each in nights), [each.best for each in nights]
            row = f"{rate:16.1f}{spent:14.2f}{calls:12.1f}{tokens:13.0f}{fmean(best[rhythm]):9.4f}"
            print(f"{program:9}{rhythm:9}{row}", flush=True)
        assert best["stepwise"] == best["long"], best


if __name__ == "__main__":
    main()
