"""The sealed gate's error and power, by simulation through the package's own test.

    python benchmarks/gate.py [--studies 4000]

Records of nothing under several laws; a share of tests certified at the level of one of eight questions, and at 5 %,
beside the share of intervals that miss zero. Then the power at gains in standard errors of the mean difference.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable

import numpy as np

from autoresearch.stats.blocks import paired

ONE_OF_EIGHT = 0.05 / 8
Noise = Callable[[np.random.Generator, int], np.ndarray]


def iid(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.standard_normal(n)


def heavy(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.standard_t(3, n)


def lasting(coefficient: float) -> Noise:
    def noise(rng: np.random.Generator, n: int) -> np.ndarray:
        scores, shocks = np.empty(n), rng.standard_normal(n)
        scores[0] = shocks[0] / math.sqrt(1 - coefficient**2)
        for at in range(1, n):
            scores[at] = coefficient * scores[at - 1] + shocks[at]
        return scores

    return noise


def lucky(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.standard_normal(n) + 10 * (rng.random(n) < 0.02) - 0.2


def crashing(rng: np.random.Generator, n: int) -> np.ndarray:
    return -lucky(rng, n)


LAWS: dict[str, Noise] = {
    "normal": iid,
    "t, 3 df": heavy,
    "AR(1) 0.3": lasting(0.3),
    "AR(1) 0.5": lasting(0.5),
    "AR(1) 0.9": lasting(0.9),
    "2 % of +10": lucky,
    "2 % of -10": crashing,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=4000)
    studies = parser.parse_args().studies
    print("| records | noise | certified at 0.625 % | at 5 % | interval misses |\n|---|---|---|---|---|")
    for n in (200, 500, 1000, 2000):
        for name, noise in LAWS.items():
            print(f"| {n} | {name} | {errors(noise, n, studies)} |", flush=True)
    print("\n| gain, standard errors | certified at 0.625 % | at 5 % |\n|---|---|---|")
    for gain in (1.0, 2.0, 3.0, 4.0, 5.0):
        one, all_of_it = power(gain, studies)
        print(f"| {gain:g} | {one:.0%} | {all_of_it:.0%} |")


def errors(noise: Noise, n: int, studies: int) -> str:
    rng = np.random.default_rng(n)
    tests = [paired(noise(rng, n).tolist(), [0.0] * n) for _ in range(studies)]
    one = sum(test.p <= ONE_OF_EIGHT for test in tests) / studies
    whole = sum(test.p <= 0.05 for test in tests) / studies
    missed = sum(not test.gain.low <= 0 <= test.gain.high for test in tests) / studies
    return f"{one:.2%} | {whole:.1%} | {missed:.1%}"


def power(gain: float, studies: int, n: int = 1000) -> tuple[float, float]:
    rng = np.random.default_rng(1)
    shift = gain / math.sqrt(n)
    tests = [paired((iid(rng, n) + shift).tolist(), [0.0] * n).p for _ in range(studies)]
    return sum(p <= ONE_OF_EIGHT for p in tests) / studies, sum(p <= 0.05 for p in tests) / studies


if __name__ == "__main__":
    main()
