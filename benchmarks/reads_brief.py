"""Whether the brief carries what is needed: two scripted agents on the toy task, alike but for one reading its brief.

Both know the same moves, a constant doubled, halved or switched, and draw among them. The reader takes from the text
of its brief, and from nothing else, which values were tried and what it is asked to combine. Real nights in the real
loop; printed is the true loss of what each delivers, 1 being the best possible. With `--simulated` only the runs are
made up: history, briefs and the refusal of duplicates are the real ones, and the same seed gives the same night.

    python benchmarks/reads_brief.py --seeds 5 --experiments 24
    python benchmarks/reads_brief.py --seeds 100 --experiments 24 --simulated
"""

from __future__ import annotations

import argparse
import ast
import random
import re
import statistics
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from autoresearch import config
from autoresearch.admission import Admission
from autoresearch.assembly import assemble
from autoresearch.brief import Author
from autoresearch.changes import forms, hunks
from autoresearch.changes.footprint import Footprint
from autoresearch.errors import Foul
from autoresearch.history import History, StudyStart
from autoresearch.records import (
    Brief,
    Candidate,
    Direction,
    Experiment,
    Measurement,
    Metric,
    Outcome,
    Proposal,
    Side,
    Verdict,
)
from autoresearch.strategies.greedy import Greedy
from autoresearch.task import Budget, Limits, Phase, Task
from autoresearch.testing import toy

ROW = re.compile(r"#(\d+) (kept|close|[\d.]+ sigma worse|[\d.]+ sigma better)[^:]*: ([A-Z_]+) (\S+) -> (\S+)")
METRIC = Metric("loss", Direction.MINIMIZE)
TASK = Task("toy", "Lowest loss", ("settings.py",), METRIC, Phase(("python",), Limits(20.0)), agent="scripted")
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
    return formula((root / "loss.py").read_text())(settings, 0, 0.0)


def formula(source: str) -> Callable[[Values, int, float], float]:
    """The function `loss` of a version of `loss.py`."""
    names: dict[str, Callable[[Values, int, float], float]] = {}
    exec(source, names)
    return names["loss"]


def simulated(agent: Blind, folder: Path, *, experiments: int, noise: float = 0.02) -> Night:
    """One night of `agent` in which a run is a draw."""
    loss, history, texts = formula(toy.LOSS), History(METRIC), {"c0": toy.SETTINGS}
    strategy, admission, file = Greedy(Author(TASK)), Admission(), folder / "settings.py"

    def measure(candidate: Candidate, runs: int = 1) -> None:
        history.add(candidate)
        first = 1000 * agent.seed + 10 * candidate.number
        drawn = [loss(constants(texts[candidate.commit]), first + run, noise) for run in range(runs)]
        for value in drawn:
            history.add(Measurement(candidate.commit, Side.CANDIDATE, value, 0, 1.0, experiment=candidate.number))
        value = statistics.fmean(drawn)
        is_better = history.tip_value is None or value < history.tip_value - noise
        verdict = Verdict(Outcome.KEEP if is_better else Outcome.DISCARD, "drawn")
        history.add(Experiment(candidate.number, candidate, verdict, value, candidate.parent))

    history.add(StudyStart("toy", "c0", f"{agent.seed}", "0"))
    measure(Candidate(0, "c0", "c0", "baseline"), runs=4)
    for number in range(1, experiments + 1):
        brief = strategy.ask(history)
        file.write_text(texts[brief.parent])
        proposal = agent.edit(brief, folder, history)
        texts[f"c{number}"] = file.read_text()
        candidate = _candidate(brief, proposal, texts)
        try:
            admission(candidate, history)
        except Foul as foul:
            history.add(Experiment(number, None, Verdict(foul.outcome, foul.reason), None, brief.parent))
        else:
            measure(candidate)
    best = loss(constants(texts[history.tip_commit]), 0, 0.0)
    measured = sum(history.counts.get(outcome, 0) for outcome in (Outcome.KEEP, Outcome.DISCARD))
    return Night(best, measured, history.counts.get(Outcome.KEEP, 0))


def _candidate(brief: Brief, proposal: Proposal, texts: Mapping[str, str]) -> Candidate:
    """What intake would make of a proposal."""
    commit, base = f"c{brief.number}", forms.of_file("settings.py", toy.SETTINGS.encode())
    found = hunks.read("settings.py", texts[brief.parent].encode(), texts[commit].encode())
    form = forms.of_file("settings.py", texts[commit].encode())
    tree = forms.of_tree([("settings.py", form)] if form != base else [])
    footprint = Footprint(hunks.places(found), len(hunks.parts(found)), tree)
    return Candidate(brief.number, commit, brief.parent, proposal.summary, step=brief.step, footprint=footprint)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--experiments", type=int, default=24)
    parser.add_argument("--simulated", action="store_true", help="draw the runs instead of making them")
    options = parser.parse_args()
    losses: dict[str, list[float]] = {}
    print("| seed | agent | true loss | measured | kept |\n| --- | --- | --- | --- | --- |")
    for seed in range(options.seeds):
        for agent in (Reader(seed), Blind(seed)):
            with tempfile.TemporaryDirectory() as folder:
                if options.simulated:
                    done = simulated(agent, Path(folder), experiments=options.experiments)
                else:
                    done = night(agent, Path(folder) / "toy", experiments=options.experiments)
            losses.setdefault(agent.name, []).append(done.loss)
            print(f"| {seed} | {agent.name} | {done.loss:.4f} | {done.measured} | {done.kept} |", flush=True)
    for name, found in losses.items():
        print(f"{name}: median {statistics.median(found):.4f}, worst {max(found):.4f}")


if __name__ == "__main__":
    main()
