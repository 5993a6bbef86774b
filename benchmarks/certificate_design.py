"""How a certificate should spend its runs and its level: the constants of `autoresearch.stats.looks`, made again.

    python benchmarks/certificate_design.py            about four minutes

1. Every way to look at 3 ... 6, then 5 ... 10, then 12 runs a side, with every pair of boundaries; the third takes what
   is left of the level. Errors are exact (`looks.loss_table`), powers and runs are simulated with normal noise.
2. For each number of certificates a night: the best design of each set of looks, and the one chosen, by the rule
   "fewest runs at 1.5, 2 and 3 sigma among those that keep 93 % of the power one single look at twelve has at 1 sigma".
3. The frozen designs through the package's own code, early stops and intervals included.
4. The smallest gain each preset proves with 80 % probability.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from autoresearch.stats.looks import DESIGNS, NIGHT, Call, Design, loss_table
from autoresearch.stats.ranks import shift
from dream import judged

EFFECTS = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0)
LAST = 12
KEPT_POWER = 0.93
SINGLE = (
    ("strict", 100, (1.6, 1.75, 1.9, 2.05)),
    ("strict", 1000, (1.9, 2.05, 2.2, 2.35)),
    ("fdr", 100, (1.6, 1.75, 1.9, 2.05)),
    ("fdr", 1000, (1.9, 2.05, 2.2, 2.35)),
    ("few", 60, (2.4, 2.55, 2.7, 2.85)),
    ("timing", 100, (0.85, 0.95, 1.05, 1.15)),
    ("timing", 1000, (0.85, 0.95, 1.05, 1.15)),
)
"""Presets that prove single changes, experiments planned, and gains that straddle 80 % power."""


@dataclass(frozen=True, slots=True)
class Option:
    """One design that was considered."""

    looks: tuple[int, ...]
    losses: tuple[int, ...]
    error: float
    power: dict[float, float]
    runs: dict[float, float]

    @property
    def cost(self) -> float:
        return sum(self.runs[effect] for effect in (1.5, 2.0, 3.0))


def simulated_losses(effect: float, *, nights: int, seed: int) -> dict[int, np.ndarray]:
    """Pairs lost after n runs a side, for n up to twelve, in each of `nights` simulated certificates."""
    rng = np.random.default_rng(seed)
    ours, theirs = rng.standard_normal((nights, LAST)) + effect, rng.standard_normal((nights, LAST))
    lost = ours[:, :, None] <= theirs[:, None, :]
    return {n: lost[:, :n, :n].sum((1, 2)) for n in range(1, LAST + 1)}


def options(looks: tuple[int, int, int], table: np.ndarray, level: float, bank: dict[float, dict]) -> Iterator[Option]:
    """Every design with these looks that spends at most `level`, the third boundary as wide as that allows."""
    first = loss_table(looks[:1], (looks[0] ** 2,))
    second = loss_table(looks[:2], (table.shape[0] - 2, looks[1] ** 2))
    for v1 in range(-1, table.shape[0] - 2):
        for v2 in range(-1, table.shape[1] - 2):
            spent = first[: v1 + 1].sum() + second[v1 + 1 :, : v2 + 1].sum()
            total = spent + table[v1 + 1 :, v2 + 1 :].sum((0, 1)).cumsum()
            if spent < level and total[0] <= level:
                v3 = int(np.flatnonzero(total <= level)[-1])
                yield measured(looks, (v1, v2, v3), float(total[v3]), bank)


def measured(looks: tuple[int, ...], losses: tuple[int, ...], error: float, bank: dict[float, dict]) -> Option:
    """Power and expected runs, by effect."""
    power, runs = {}, {}
    for effect, lost in bank.items():
        passed = [lost[n] <= allowed for n, allowed in zip(looks, losses, strict=True)]
        stopped = np.full(len(passed[0]), looks[-1])
        for n, passes in zip(reversed(looks[:-1]), reversed(passed[:-1]), strict=True):
            stopped[passes] = n
        power[effect], runs[effect] = float(np.any(passed, axis=0).mean()), float(2 * stopped.mean())
    return Option(looks, losses, error, power, runs)


def row(name: str, option: Option) -> str:
    cells = " | ".join(f"{option.power[effect]:.3f} / {option.runs[effect]:.1f}" for effect in EFFECTS)
    looks, losses = ", ".join(map(str, option.looks)), ", ".join(map(str, option.losses))
    return f"| {name} | {looks} | {losses} | {option.error:.5f} | {cells} |"


def choose(nights: int) -> None:
    bank = {effect: simulated_losses(effect, nights=nights, seed=1) for effect in EFFECTS}
    sets = [(a, b, LAST) for a in range(3, 7) for b in range(a + 2, 11)]
    tables = {looks: loss_table(looks, (3, int(0.3 * looks[1] ** 2), 50)) for looks in sets}
    heads = " | ".join(f"+{effect:g}" for effect in EFFECTS)
    for k in (1, 2, 4, 8):
        level = NIGHT / k
        single = loss_table((LAST,), (LAST**2,)).cumsum()
        v = int(np.flatnonzero(single <= level)[-1])
        alone = measured((LAST,), (v,), float(single[v]), bank)
        print(f"\n### {k} certificates a night, level {level:g}: power / runs by effect in sigma\n")
        print(f"| | looks | losses allowed | exact error | {heads} |")
        print("| --- " * (4 + len(EFFECTS)) + "|")
        print(row("one look", alone))
        best = []
        for looks, table in tables.items():
            able = [o for o in options(looks, table, level, bank) if o.power[1.0] >= KEPT_POWER * alone.power[1.0]]
            if able:
                best.append(min(able, key=lambda option: option.cost))
                print(row("", best[-1]))
        print(row("**chosen**", min(best, key=lambda option: option.cost)), flush=True)


def frozen(nights: int) -> None:
    """The shipped designs, as the certify referee uses them."""
    print("\n### The frozen designs in the package's own code: better / worse / runs; interval of the gain covers\n")
    effects = (-2.0, -1.0, *EFFECTS)
    print("| certificates | exact error | " + " | ".join(f"{effect:+g}" for effect in effects) + " |")
    print("| --- " * (2 + len(effects)) + "|")
    for design in DESIGNS:
        cells = []
        for effect in effects:
            rng = random.Random(f"{design.certificates} {effect}")
            ends = [play(design, effect, rng) for _ in range(nights)]
            better = sum(call is Call.BETTER for call, _, _ in ends) / nights
            worse = sum(call is Call.WORSE for call, _, _ in ends) / nights
            runs, covered = sum(2 * n for _, n, _ in ends) / nights, sum(held for _, _, held in ends) / nights
            cells.append(f"{better:.3f} / {worse:.3f} / {runs:.1f}; {covered:.1%}")
        print(f"| {design.certificates} | {design.error:.5f} | " + " | ".join(cells) + " |", flush=True)


def play(design: Design, effect: float, rng: random.Random) -> tuple[Call, int, bool]:
    """One certificate: how it ended, after how many runs a side, and whether its interval holds the true gain."""
    ours: list[float] = []
    theirs: list[float] = []
    while (call := design.judge(ours, theirs)) is Call.MORE:
        ours.append(rng.gauss(effect, 1))
        theirs.append(rng.gauss(0, 1))
    found = shift(ours, theirs)
    return call, len(ours), found.low <= effect <= found.high


def smallest_gains(nights: int) -> None:
    """By bisection on common random numbers for `certify`, on a grid through the real referee for the others."""
    print("\n### Gain proven with 80 % probability, in sigma\n\n| preset | planned | gain |\n| --- | --- | --- |")
    for design in DESIGNS:
        low, high = 0.0, 5.0
        for _ in range(8):
            middle = (low + high) / 2
            bank = {middle: simulated_losses(middle, nights=4 * nights, seed=2)}
            power = measured(design.looks, design.losses, design.error, bank).power[middle]
            low, high = (middle, high) if power < 0.8 else (low, middle)
        print(f"| certify | {design.certificates} certificates | {high:.2f} |", flush=True)
    for preset, planned, grid in SINGLE:
        powers = [kept(preset, planned, effect, nights // 10) for effect in grid]
        gain = np.interp(0.8, powers, grid)
        print(f"| {preset} | {planned} experiments | {gain:.2f} |", flush=True)


def kept(preset: str, planned: int, effect: float, contests: int) -> float:
    """Share of first candidates with this effect that are kept."""
    ends = [judged(preset, effect, law="normal", experiments=planned, seed=n) for n in range(contests)]
    return sum(found for found, _ in ends) / contests


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nights", type=int, default=20_000, help="simulated certificates a figure")
    nights = parser.parse_args().nights
    choose(nights)
    frozen(nights // 5)
    smallest_gains(nights)


if __name__ == "__main__":
    main()
