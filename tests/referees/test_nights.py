"""Whole simulated nights through the real referees: a small edition of benchmarks/null_nights.py."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from null_nights import LAWS, mornings


def nights(preset, *, law="normal", effect=lambda _: 0.0, n=60, experiments=40, seed=7):
    return list(mornings(preset, nights=n, experiments=experiments, law=law, effect=effect, seed=seed))


@pytest.mark.parametrize("law", LAWS)
def test_a_night_without_improvements_ends_without_a_certificate(law):
    found = nights("certify", law=law)
    false = sum(each.false_certificate for each in found)
    assert false <= 9, "5 % of 60 nights, and three standard errors"
    assert sum(each.false_keep for each in found) > 50, "while the provisional lane keeps junk nearly every night"


@pytest.mark.parametrize("preset", ["strict", "few"])
def test_strict_presets_keep_no_junk(preset):
    assert sum(each.false_keep for each in nights(preset, n=40)) <= 6


def test_naive_keeping_is_wrong_nearly_every_night():
    assert sum(each.false_keep for each in nights("naive")) > 50


@pytest.mark.parametrize("preset", ["certify", "strict", "few"])
def test_real_gains_are_found_and_certified(preset):
    found = nights(preset, effect=lambda n: 3.0 * (n % 10 == 5), n=20)
    assert sum(each.certificates > 0 for each in found) >= 19
    assert sum(each.certified for each in found) / 20 > 0.7 * 12
