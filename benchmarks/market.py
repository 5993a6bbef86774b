"""Planted overfitting: a market with nothing to find and one with a little, a thousand experiments on each.

    python benchmarks/market.py [--experiments 1000] [--seed 1]

Two loops, the same tuner: one keeps whatever scores best on the public years and is told every score; the other is a
study of `examples/market` as it stands, run by the command line. For both: the score they show, what the sealed years
say of the same strategy, and what it truly earns, from 400 more years of the same market.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

from autoresearch.agents.tuner import Tuner
from autoresearch.errors import Foul
from autoresearch.history import Archive, History, StudyStart
from autoresearch.ledger import Ledger
from autoresearch.records import Brief, Candidate, Direction, Experiment, Measurement, Metric, Outcome, Side, Verdict
from autoresearch.report.headline import certified_gain
from autoresearch.views.reading import Reading
from autoresearch.workspace import git

EXAMPLE = Path(__file__).parents[1] / "examples" / "market"
MARKETS = {"nothing to find": 0.0, "a small trend": 0.2}
"""Strength of the trend, in daily standard deviations."""
YEARS = 400
DAYS_A_YEAR = 252
BIN = Path(sys.executable).parent


@dataclass(frozen=True, slots=True)
class Row:
    """What one loop delivers."""

    market: str
    loop: str
    shown: float
    sealed: float
    true: float
    verdict: str
    minutes: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--experiments", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=MARKETS, help="one of the two markets")
    options = parser.parse_args()
    print("| market | loop | shown, %/year | sealed | true | verdict | minutes |\n|---|---|---|---|---|---|---|")
    for name, trend in MARKETS.items():
        if options.only not in (None, name):
            continue
        with tempfile.TemporaryDirectory() as folder:
            root = made(Path(folder) / "market", trend=trend, seed=options.seed)
            for loop in (naive, study):
                row = loop(name, root, trend, options.experiments)
                print(
                    f"| {row.market} | {row.loop} | {row.shown:+.1f} | {row.sealed:+.1f} | {row.true:+.1f}"
                    f" | {row.verdict} | {row.minutes:.1f} |",
                    flush=True,
                )


def made(root: Path, *, trend: float, seed: int) -> Path:
    """The example in a repository of its own, with its market."""
    shutil.copytree(EXAMPLE, root)
    subprocess.run([sys.executable, "prepare.py", "--trend", str(trend), "--seed", str(seed)], cwd=root, check=True)
    git.create(root, message="A market")
    return root


def naive(market: str, root: Path, trend: float, experiments: int) -> Row:
    """Keep whatever scores better on the public years."""
    began, days = time.monotonic(), read(root / "data" / "public.csv")
    history = History(Metric("return", Direction.MAXIMIZE, "%/year"))
    history.add(StudyStart("naive", "c0", "00", "0"))
    text = {"c0": (root / "strategy.py").read_text()}
    best = "c0"
    _tell(history, Candidate(0, "c0", "c0", "baseline"), earned(text["c0"], days), keep=True)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(1, experiments + 1):
            tree = Path(folder)
            (tree / "strategy.py").write_text(text[best])
            try:
                said = Tuner(["strategy.py"]).edit(Brief(number, best), tree, history)
            except Foul:
                break
            commit = f"c{number}"
            text[commit] = (tree / "strategy.py").read_text()
            value, record = earned(text[commit], days), history.values(best)[0]
            _tell(
                history, Candidate(number, commit, best, said.summary, detail=said.detail), value, keep=value > record
            )
            best = commit if value > record else best
    sealed = earned(text[best], read(root / "data" / "sealed.csv"))
    shown, minutes = history.values(best)[0], (time.monotonic() - began) / 60
    return Row(market, "keep if better", shown, sealed, truth(root, text[best], trend), "-", minutes)


def _tell(history: History, candidate: Candidate, value: float, *, keep: bool) -> None:
    history.add(candidate)
    history.add(Measurement(candidate.commit, Side.CANDIDATE, value, 0, 0.0, experiment=candidate.number))
    verdict = Verdict(Outcome.KEEP if keep else Outcome.DISCARD, "")
    history.add(Experiment(candidate.number, candidate, verdict, value, candidate.parent))


def study(market: str, root: Path, trend: float, experiments: int) -> Row:
    """The example as it stands."""
    began = time.monotonic()
    cli(root, "run", "--experiments", str(experiments))
    cli(root, "report")
    minutes = (time.monotonic() - began) / 60
    history = Ledger(root / ".autoresearch" / "market" / "ledger.jsonl", Archive())
    history.refresh()
    said = json.loads(cli(root, "status", "--json"))
    first = (root / ".autoresearch" / "market" / "report" / "report.md").read_text().partition("\n")[0]
    proof = next((p for p in reversed(history.history.certificates) if p.ruling == "certified"), None)
    branch = "autoresearch/market-certified" if proof else "autoresearch/market"
    text = subprocess.run(
        ["git", "show", f"{branch}:strategy.py"], cwd=root, check=True, capture_output=True, text=True
    )
    true = truth(root, text.stdout, trend)
    verdict = first.removeprefix("# ").replace("\\", "")
    if proof:
        whole = certified_gain(Reading.of(history.history))
        assert whole
        inside = "inside" if whole.low <= true <= whole.high else "OUTSIDE"
        verdict += f"; true gain {inside} {whole.low:.1f} .. {whole.high:.1f}"
    sealed = earned(text.stdout, read(root / "data" / "sealed.csv"))
    shown = proof.mean if proof else said["finite"]["told"]
    return Row(market, "study", shown, sealed, true, verdict, minutes)


def cli(root: Path, *words: str) -> str:
    env = os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(["autoresearch", *words], cwd=root, env=env, check=True, capture_output=True, text=True)
    return done.stdout


def read(path: Path) -> list[tuple[float, int, int, int]]:
    rows = (line.split(",") for line in path.read_text().splitlines()[1:])
    return [(float(a), int(b), int(c), int(d)) for a, b, c, d in rows]


def earned(text: str, days: Sequence[tuple[float, int, int, int]]) -> float:
    """Mean yearly return in percent of a strategy over `days`: what `evaluate.py` computes, in this process."""
    strategy: dict[str, object] = {}
    exec(text, strategy)
    position, past, scores = strategy["position"], [], []
    for today, weekday, month, day in days:
        scores.append(DAYS_A_YEAR * position(past, weekday, month, day) * today)  # type: ignore[operator]
        past.append(today)
    return math.fsum(scores) / len(scores)


def truth(root: Path, text: str, trend: float) -> float:
    """What a strategy earns in the long run: over `YEARS` more years of the same market."""
    prepare: dict[str, object] = {"__name__": "prepare"}
    exec((root / "prepare.py").read_text(), prepare)
    maker = SimpleNamespace(**prepare)
    returns = maker.market(YEARS * DAYS_A_YEAR, trend=trend, seed=10**6)
    months = maker.DAYS_A_MONTH
    return earned(text, [(r, i % 5, i // months % 12, i % months) for i, r in enumerate(returns)])


if __name__ == "__main__":
    main()
