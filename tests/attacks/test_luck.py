"""Rows 63 and 64: being lucky instead of better, by many seeds or by much noise."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from autoresearch.site import Site
from autoresearch.testing import toy

from .dreams import Run, is_certified, keeps, nights
from .night import autoresearch


def of_spread(factor: float) -> object:
    """Runs of candidates that are as good as the baseline, and `factor` times as noisy."""

    def night(_: random.Random) -> Run:
        return lambda commit, rng, split: rng.gauss(0, factor if commit else 1)

    return night


@pytest.mark.slow
@pytest.mark.parametrize(("preset", "n", "most"), [("certify", 120, 14), ("strict", 60, 6), ("few", 60, 6)])
@pytest.mark.parametrize("factor", [1.0, 3.0])
def test_luck_is_kept_and_not_certified(preset: str, n: int, most: int, factor: float) -> None:
    """5 % of the nights, and three standard errors; with noise that differs, which ranks forbid, 6 % were measured."""
    assert sum(map(is_certified, nights(preset, of_spread(factor), n=n))) <= most


def test_noise_alone_does_buy_keeps_so_there_is_something_to_stop() -> None:
    assert sum(keeps(night) > 0 for night in nights("strict", of_spread(3.0), n=40)) > 6
    assert all(keeps(night) > 2 for night in nights("certify", of_spread(3.0), n=10))


@pytest.mark.slow
def test_seeds_are_the_referees_and_none_is_used_twice(tmp_path: Path) -> None:
    """Whoever adds something to the seed draws again, as everybody does; a certificate draws anew for both sides."""
    root, edits = toy.make(tmp_path / "toy", noise=0.5), tmp_path / "edits"
    for number in range(3):
        (edits / f"{number}").mkdir(parents=True)
        (edits / f"{number}" / "settings.py").write_text(f"{toy.SETTINGS}SEED = {number}\n")
    options = ["agent.use=scripted", f"agent.patches={edits}", "referee.baseline_runs=2"]
    words = [word for option in options for word in ("-c", option)]
    assert autoresearch(root, "run", *words, "--experiments", "3").returncode == 0
    lines = [json.loads(line) for line in Site(root, "toy").ledger_path.read_text().splitlines()]
    seeds = [line["body"]["seed"] for line in lines if line["type"] == "measurement"]
    assert len(set(seeds)) == len(seeds) >= 5
