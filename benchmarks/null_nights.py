"""How often is something called better that is not, and how much of what is better is found?

    python benchmarks/null_nights.py --nights 1000 --json benchmarks/null_nights.json     about ten minutes, one core
    python benchmarks/referee_figures.py                 the tables and the picture of the documentation, from that file

Nights of 100 experiments, under every preset (the package's own code, `dream.py`) and under the rules of other tools
(`naive.py`), with four laws of noise:

1. nothing is better: nights with a false keep, with a false certificate, runs a candidate;
2. a mixture: one candidate in ten better by 2 sigma, four worse by 1, five no different: what share of keeps is false;
3. one candidate in ten better by 0.5, 1, 2, 3 sigma: the true gain of what is delivered;
4. power: is one change of this size found. For the rules of others: after a night in which nothing was better;
5. `timing`: is a speed-up of 5 % found, where two runs of the same code differ by 1, 2, 5 % (standard deviation).
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

import naive
from autoresearch.referees import PRESETS
from dream import LAWS, generator, judged, mornings

Row = dict[str, object]
SIZES = (0.5, 1.0, 2.0, 3.0)
CURVE = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 3.5, 4.0)
SPEEDUP, SPREADS = 0.05, (0.01, 0.02, 0.05)
MIXTURE = (2.0, 0.0, 0.0, 0.0, 0.0, 0.0, -1.0, -1.0, -1.0, -1.0)


def nothing(nights: int, experiments: int) -> NDArray[np.float64]:
    return np.zeros((nights, experiments))


def mixture(nights: int, experiments: int) -> NDArray[np.float64]:
    """`MIXTURE` over and over, in another order every night."""
    return generator("mixture").permuted(np.resize(MIXTURE, (nights, experiments)), axis=1)


def one_in_ten(nights: int, experiments: int, *, size: float) -> NDArray[np.float64]:
    return np.tile(size * (np.arange(1, experiments + 1) % 10 == 5), (nights, 1))


def of_preset(preset: str, law: str, effects: NDArray[np.float64]) -> Row:
    """What nights under one preset came to."""
    found = list(mornings(preset, law=law, effects=effects))
    judged_nights = [each for each in found if not each.refused]
    return {
        "rule": preset,
        "law": law,
        "nights": len(found),
        "refused": sum(each.refused for each in found),
        "false_keep_nights": sum(each.false_keeps > 0 for each in found),
        "false_certificate_nights": sum(each.false_certificate for each in found),
        "certificate_nights": sum(each.certificates > 0 for each in found),
        "keeps": mean(each.keeps for each in judged_nights),
        "false_keeps": mean(each.false_keeps for each in judged_nights),
        "false_share": mean(each.false_keeps / max(each.keeps, 1) for each in judged_nights),
        "gain": mean(each.certified for each in judged_nights),
        "runs": mean(each.runs for each in judged_nights),
    }


def of_rule(name: str, law: str, effects: NDArray[np.float64]) -> Row:
    """What nights under the rule of another tool came to."""
    rng = generator(name, law)
    found = naive.nights(naive.RULES[name], lambda *shape: LAWS[law](rng, (len(effects), *shape)), effects)
    keeps, false = found.kept.sum(1), (found.kept & ~found.true).sum(1)
    return {
        "rule": name,
        "law": law,
        "nights": len(effects),
        "refused": 0,
        "false_keep_nights": int((false > 0).sum()),
        "false_certificate_nights": None,
        "certificate_nights": None,
        "keeps": float(keeps.mean()),
        "false_keeps": float(false.mean()),
        "false_share": float((false / np.maximum(keeps, 1)).mean()),
        "gain": float(found.truth.mean()),
        "runs": float(found.runs.mean()),
    }


def mean(values: Iterable[float]) -> float | None:
    """Their mean; None when every night was refused."""
    found = list(values)
    return fmean(found) if found else None


def measured(effects: NDArray[np.float64], laws: Iterable[str]) -> Iterator[Row]:
    """Every rule under these laws, presets last."""
    for law in laws:
        yield from (of_rule(name, law, effects) for name in naive.RULES)
        yield from (of_preset(preset, law, effects) for preset in PRESETS if preset != "exact" or law == "no noise")


def power(contests: int, experiments: int) -> Iterator[Row]:
    """Is one change of this size found? The preset `exact` sees no noise and is left out."""
    for preset in PRESETS:
        for effect in CURVE if preset != "exact" else ():
            yield contested(preset, effect, contests, experiments)
    for name in naive.RULES:
        for effect in CURVE:
            effects = np.hstack([nothing(contests, experiments), np.full((contests, 1), effect)])
            rng = generator(name, effect)
            after = naive.nights(naive.RULES[name], lambda *s, r=rng: LAWS["normal"](r, (contests, *s)), effects)
            share = float(after.kept[:, -1].mean())
            yield {"rule": name, "effect": effect, "contests": contests, "found": share, "runs": None}


def contested(preset: str, effect: float, contests: int, experiments: int) -> Row:
    """How often one change of this size is found, and its mean runs."""
    found = [judged(preset, effect, law="normal", experiments=experiments, seed=n) for n in range(contests)]
    share, runs = fmean(kept for kept, _ in found), fmean(runs for _, runs in found)
    return {"rule": preset, "effect": effect, "contests": contests, "found": share, "runs": runs}


def speedups(contests: int, experiments: int) -> Iterator[Row]:
    """A change that takes 5 % less time, by the spread of the log ratio of the same code timed beside itself."""
    for spread in SPREADS:
        yield {"spread": spread, **contested("timing", -math.log(1 - SPEEDUP) / spread, contests, experiments)}


def planted(nights: int, experiments: int) -> Iterator[Row]:
    """One candidate in ten is better, by one size a night."""
    for size in SIZES:
        for row in measured(one_in_ten(nights, experiments, size=size), ["normal"]):
            yield {"size": size, **row}


def everything(nights: int, experiments: int) -> dict[str, object]:
    """All parts, as plain data: the same on every machine. Nights with planted gains are a quarter as many."""
    parts = {
        "nothing_better": partial(measured, nothing(nights, experiments), LAWS),
        "mixture": partial(measured, mixture(nights, experiments), ["normal"]),
        "power": partial(power, nights, experiments),
        "speedups": partial(speedups, nights, experiments),
        "planted": partial(planted, max(1, nights // 4), experiments),
    }
    found: dict[str, object] = {"schema": 1, "nights": nights, "experiments": experiments}
    return found | {name: list(told(name, rows())) for name, rows in parts.items()}


def told(part: str, rows: Iterator[Row]) -> Iterator[Row]:
    """The rows, to four decimals, each with a line on standard error as it comes."""
    began = time.process_time()
    for row in rows:
        short = {key: round(value, 4) if isinstance(value, float) else value for key, value in row.items()}
        print(f"{time.process_time() - began:6.0f} s  {part}: {short}", file=sys.stderr, flush=True)
        yield short


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nights", type=int, default=100)
    parser.add_argument("--experiments", type=int, default=100)
    parser.add_argument("--json", type=Path, help="where to write the figures; default: standard output")
    options = parser.parse_args()
    text = json.dumps(everything(options.nights, options.experiments), indent=1) + "\n"
    if options.json:
        options.json.write_text(text)
    else:
        print(text, end="")


if __name__ == "__main__":
    main()
