"""How `timing` should judge its pairs: the figures behind its constants, as quoted in design/referee.md.

    python benchmarks/pair_design.py            about a minute

1. Signed ranks or signs alone, at the same looks: power under normal and heavy-tailed noise.
2. What stopping early saves and costs.
3. An evaluation that leans to the candidate's side: what comparing with the baseline's own pairs catches and costs.

Effects and leans are in sigma of one pair; a hundred experiments planned. Errors of the looks are exact
(`stats/pairs.py`), powers and runs simulated.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from math import comb

import numpy as np
from numpy.typing import NDArray

from autoresearch.referees.timing import NO_BETTER_THAN_ITSELF, Timing
from autoresearch.stats.pairs import LOOKS, false_rate, looks_for, most_lost, signed_p
from autoresearch.stats.ranks import critical
from dream import LAWS, generator

LEVEL = 0.05 / 100
EFFECTS = (0.0, 0.5, 0.75, 1.0, 1.5, 2.0)
OWN = Timing().baseline_runs
SHIPPED = dict(Timing().drops)
DROPS: Mapping[str, Mapping[int, float]] = {
    "never": {},
    "after one run too": {1: 0.5, 2: 0.65, 4: 0.70, 8: 0.72, 16: 0.75},
    "milder": {2: 0.65, 4: 0.60, 8: 0.65, 16: 0.70},
    "as shipped": SHIPPED,
}
BEYOND = {"any level": 1.0, "5 %": NO_BETTER_THAN_ITSELF, "the full level": LEVEL / LOOKS}
Floats = NDArray[np.float64]


def pairs(law: str, shape: tuple[int, int], *names: object) -> Floats:
    """Differences of two equally noisy runs, standard deviation 1."""
    first, second = (LAWS[law](generator(law, side, *names), shape) for side in "ab")
    return (first - second) / np.sqrt(2)


def ranks_lost(found: Floats) -> NDArray[np.int64]:
    """W- of each row."""
    ranks = np.abs(found).argsort(1).argsort(1) + 1
    return (ranks * (found <= 0)).sum(1)


def signs_lost(found: Floats) -> NDArray[np.int64]:
    return (found <= 0).sum(1)


def most_signs(n: int, level: float) -> int:
    """The most lost signs of n that stay within the level; -1 when none may be."""
    tail = np.cumsum([comb(n, k) for k in range(n + 1)]) / 2.0**n
    return int(np.searchsorted(tail, level, side="right")) - 1


def played(
    found: Floats,
    *,
    lost: Callable[[Floats], NDArray[np.int64]] = ranks_lost,
    most: Callable[[int, float], int] = most_lost,
    drops: Mapping[int, float] = SHIPPED,
    own: Floats | None = None,
    beyond: float = NO_BETTER_THAN_ITSELF,
) -> str:
    """Share kept and mean runs, a row of `found` a candidate; `own` are the baseline's pairs with itself."""
    looks = looks_for(LEVEL)
    going, kept = np.ones(len(found), bool), np.zeros(len(found), bool)
    runs = np.zeros(len(found))
    for n in sorted({*looks, *drops}):
        runs[going] = n
        behind = lost(found[:, :n])
        if n in looks:
            passed = going & (behind <= most(n, LEVEL / LOOKS))
            if own is not None:
                won = (found[:, :n, None] > own[:, None, :]).sum((1, 2))
                passed &= won >= critical(n, OWN, beyond)
            kept |= passed
            going &= ~passed
        if n in drops:
            going &= behind <= (1 - drops[n]) * n * (n + 1) / 2
    return f"{kept.mean():.1%} / {runs.mean():.1f}"


def table(head: str, rows: Mapping[str, Callable[[float], str]]) -> None:
    print(f"\n| {head} | " + " | ".join(f"{effect:+g}" for effect in EFFECTS) + " |")
    print("| --- " * (1 + len(EFFECTS)) + "|")
    for name, cell in rows.items():
        print(f"| {name} | " + " | ".join(cell(effect) for effect in EFFECTS) + " |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--contests", type=int, default=10_000, help="simulated candidates a figure")
    contests = parser.parse_args().contests
    looks = looks_for(LEVEL)
    most, shape = [most_lost(n, LEVEL / LOOKS) for n in looks], (contests, looks[-1])
    worst = sum(signed_p(lost, n) for lost, n in zip(most, looks, strict=True))
    print(
        f"looks {looks}, ranks that may be lost {most}: exact error {false_rate(looks, most) / LEVEL:.0%} of the level"
    )
    print(f"for steady noise, at most {worst / LEVEL:.0%} for any. Below: kept / runs, by effect.")
    rules = {"signed ranks": (ranks_lost, most_lost), "signs": (signs_lost, most_signs)}
    table(
        "statistic, no drops",
        {
            f"{name}, {law}": lambda effect, law=law, rule=rule: played(
                pairs(law, shape, effect) + effect, lost=rule[0], most=rule[1], drops={}
            )
            for name, rule in rules.items()
            for law in ("normal", "t, 3 df")
        },
    )
    table(
        "dropped",
        {
            name: lambda effect, drops=drops: played(pairs("normal", shape, effect) + effect, drops=drops)
            for name, drops in DROPS.items()
        },
    )
    for lean in (0.0, 0.5, 1.0):
        table(
            f"leans by {lean:g}; must beat the baseline's own pairs at",
            {
                name: lambda effect, beyond=beyond, lean=lean: played(
                    pairs("normal", shape, effect) + effect + lean,
                    own=pairs("normal", (contests, OWN), "own") + lean,
                    beyond=beyond,
                )
                for name, beyond in {
                    "any level": 1.0,
                    "5 %": NO_BETTER_THAN_ITSELF,
                    "the full level": LEVEL / 3,
                }.items()
            },
        )


if __name__ == "__main__":
    main()
