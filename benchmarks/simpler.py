"""What keeping "smaller and no worse" costs in runs, and how often it is wrong.

    python benchmarks/simpler.py --contests 2000

Simulated runs through the package's own tests; effects are in sigma, the standard deviation of one normal run. Prints
Markdown.
"""

from __future__ import annotations

import argparse

from autoresearch.stats.equivalence import PRUNED, SMALLER, Equivalence, NoWorse
from dream import LAWS, drawn, generator

EFFECTS = (-2.0, -1.0, -0.5, -0.25, 0.0, 0.25, 0.5)


def contests(test: NoWorse, effect: float, law: str, *, count: int, seed: int) -> tuple[float, float]:
    """Share of candidates of this true effect that pass, and the runs of a candidate they take."""
    noise = drawn(LAWS[law], generator(seed, test.pool, effect, law))
    passed = runs = 0
    for _ in range(count):
        pool = [next(noise) for _ in range(test.pool)]
        ours: list[float] = []
        call = Equivalence.MORE
        while call is Equivalence.MORE:
            ours.append(next(noise) + effect)
            call = test.judge(ours, pool)
        passed += call is Equivalence.NO_WORSE
        runs += len(ours)
    return passed / count, runs / count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--contests", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for name, test in (("prune", PRUNED), ("an ordinary night", SMALLER)):
        print(f"\n{name}: a pool of {test.pool} runs, looks at {', '.join(map(str, test.looks))}\n")
        print("| true effect | " + " | ".join(f"{law}: passes | runs" for law in LAWS) + " |")
        print("| --- |" + " --- | --- |" * len(LAWS))
        for effect in EFFECTS:
            cells = [contests(test, effect, law, count=options.contests, seed=options.seed) for law in LAWS]
            print(
                f"| {effect:+g} | " + " | ".join(f"{rate:.1%} | {runs:.1f}" for rate, runs in cells) + " |", flush=True
            )


if __name__ == "__main__":
    main()
