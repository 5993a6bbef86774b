"""The brief carries what is needed: who reads it does better, and repeats nothing."""

from __future__ import annotations

import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from reads_brief import Blind, Night, Reader, simulated

SEEDS, EXPERIMENTS = range(5), 24


def nights(kind: type[Blind], folder: Path) -> list[Night]:
    return [simulated(kind(seed), folder, experiments=EXPERIMENTS) for seed in SEEDS]


def test_who_reads_the_brief_beats_who_does_not(tmp_path: Path) -> None:
    reading, blind = nights(Reader, tmp_path), nights(Blind, tmp_path)
    assert sum(one.loss <= other.loss for one, other in zip(reading, blind, strict=True)) >= 4
    assert statistics.median(one.loss for one in reading) < statistics.median(other.loss for other in blind) - 0.1
    assert sum(one.measured for one in reading) > sum(other.measured for other in blind)
