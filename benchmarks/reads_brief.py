"""Whether the brief carries what is needed: two scripted agents on the toy task, alike but for one reading its brief.

Both know the same moves, a constant doubled, halved or switched, and draw among them. The reader takes from the text
of its brief, and from nothing else, which values were tried, what helped, and what it is asked to combine. Real nights
in the real loop; printed is the true loss of what each delivers, 1 being the best possible.

    python benchmarks/reads_brief.py --seeds 5 --experiments 24
"""

from __future__ import annotations

import argparse
import ast
import random
import re
import statistics
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from autoresearch import config
from autoresearch.assembly import assemble
from autoresearch.history import History
from autoresearch.records import Brief, Outcome, Proposal
from autoresearch.task import Budget
from autoresearch.testing import toy

ROW = re.compile(r"#(\d+) (kept|close|[\d.]+ sigma worse|[\d.]+ sigma better)[^:]*: ([A-Z_]+) (\S+) -> (\S+)")
CHOICES = ("tanh", "relu", "gelu")
Values = dict[str, object]


@dataclass(slots=True)
class Blind:
    """Draws one move and makes it."""

    seed: int
    name: str = "blind"
    stop: threading.Event = field(default_factory=threading.Event)

    def edit(self, brief: Brief, tree: Path, history: History) -> Proposal:
        """Make one move in `settings.py`."""
        file = tree / "settings.py"
        values = constants(file.read_text())
        changes = self.choose(brief, moves(values), random.Random(f"{self.seed}:{brief.number}"))
        file.write_text(edited(file.read_text(), changes))
        said = ", ".join(f"{name} {values[name]} -> {value}" for name, value in changes.items())
        return Proposal(said, agent=self.name, cost_usd=0.0, tokens=0)

    def choose(self, brief: Brief, offered: list[tuple[str, object]], draw: random.Random) -> Values:
        """Any move, whatever was tried."""
        return dict([draw.choice(offered)])


@dataclass(slots=True)
class Reader(Blind):
    """Draws among the moves that its brief does not speak against."""

    name: str = "reader"

    def choose(self, brief: Brief, offered: list[tuple[str, object]], draw: random.Random) -> Values:
        """What it is asked to combine; else a constant nobody moved, or a value nobody tried."""
        if brief.step == "combine":
            asked = ROW.findall(brief.text.partition("## What is wanted now")[2])
            return {name: _value(new) for _, _, name, _, new in asked}
        rows = ROW.findall(brief.text)
        tried = {(name, value) for _, _, name, *both in rows for value in both}
        fresh = [(name, value) for name, value in offered if (name, str(value)) not in tried] or offered
        untouched = [move for move in fresh if move[0] not in {name for name, _ in tried}]
        return dict([draw.choice(untouched or fresh)])


def constants(text: str) -> Values:
    """The constants of `settings.py`."""
    assigned = [node for node in ast.parse(text).body if isinstance(node, ast.Assign)]
    return {ast.unparse(node.targets[0]): ast.literal_eval(node.value) for node in assigned}


def moves(values: Mapping[str, object]) -> list[tuple[str, object]]:
    """Every constant doubled, halved, or switched."""
    found: list[tuple[str, object]] = []
    for name, value in values.items():
        if isinstance(value, str):
            found += [(name, choice) for choice in CHOICES if choice != value]
        elif isinstance(value, int):
            found += [(name, value * 2), (name, max(1, value // 2))]
        elif isinstance(value, float):
            found += [(name, float(f"{value * factor:.3g}")) for factor in (2.0, 0.5)]
    return found


def edited(text: str, changes: Mapping[str, object]) -> str:
    """`text` with other constants."""
    for name, value in changes.items():
        text = re.sub(rf"^({name} = )(\"[a-z]*\"|\S+)", rf"\g<1>{_literal(value)}", text, flags=re.M)
    return text


def _literal(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _value(text: str) -> object:
    return text if text in CHOICES else ast.literal_eval(text)


@dataclass(frozen=True, slots=True)
class Night:
    """What came of one night."""

    loss: float
    """Of the tip, without noise."""
    measured: int
    """Experiments that were measured; the others were refused as tried before."""
    kept: int


def night(agent: Blind, root: Path, *, experiments: int) -> Night:
    """One night of `agent` on the toy task in `root`, which must not exist."""
    toy.make(root, experiments=experiments)
    assembly = assemble(root, config.load(root), granted=Budget(experiments=experiments))
    study = assembly.study
    study.agent = agent
    try:
        study.run()
        settings = study.workspace.read(study.history.tip_commit, "settings.py").decode()
    finally:
        assembly.rig.workspace.close()
    counts = study.history.counts
    measured = sum(counts.get(outcome, 0) for outcome in (Outcome.KEEP, Outcome.DISCARD))
    return Night(true_loss(root, constants(settings)), measured, counts.get(Outcome.KEEP, 0))


def true_loss(root: Path, settings: Values) -> float:
    """The loss of these settings without noise, by the task's own formula."""
    formula: dict[str, object] = {}
    exec((root / "loss.py").read_text(), formula)
    return float(formula["loss"](settings, 0, 0.0))  # type: ignore[operator]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--experiments", type=int, default=24)
    options = parser.parse_args()
    losses: dict[str, list[float]] = {}
    print("| seed | agent | true loss | measured | kept |\n| --- | --- | --- | --- | --- |")
    for seed in range(options.seeds):
        for agent in (Reader(seed), Blind(seed)):
            with tempfile.TemporaryDirectory() as folder:
                done = night(agent, Path(folder) / "toy", experiments=options.experiments)
            losses.setdefault(agent.name, []).append(done.loss)
            print(f"| {seed} | {agent.name} | {done.loss:.4f} | {done.measured} | {done.kept} |", flush=True)
    for name, found in losses.items():
        print(f"{name}: median {statistics.median(found):.4f}, worst {max(found):.4f}")


if __name__ == "__main__":
    main()
