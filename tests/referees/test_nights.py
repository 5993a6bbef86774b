"""Whole simulated nights through the real referees: a small edition of benchmarks/null_nights.py."""

import sys
from pathlib import Path
from statistics import fmean

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import naive
from dream import LAWS, generator, judged, mornings
from null_nights import mixture, nothing, one_in_ten

NOISY = [law for law in LAWS if law != "no noise"]


def nights(preset, *, law="normal", n=60, size=0.0):
    return list(mornings(preset, law=law, effects=one_in_ten(n, 40, size=size), seed=7))


@pytest.mark.parametrize("law", NOISY)
def test_a_night_without_improvements_ends_without_a_certificate(law):
    found = nights("certify", law=law)
    false = sum(each.false_certificate for each in found)
    assert false <= 9, "5 % of 60 nights, and three standard errors"
    assert sum(each.false_keeps > 0 for each in found) > 50, "while the provisional lane keeps junk nearly every night"


@pytest.mark.parametrize("law", NOISY)
@pytest.mark.parametrize("preset", ["strict", "fdr", "few", "timing"])
def test_presets_that_prove_every_keep_keep_no_junk(preset, law):
    assert sum(each.false_keeps > 0 for each in nights(preset, law=law, n=25)) <= 5


def test_exact_refuses_noise_and_keeps_nothing_without_it():
    assert all(each.refused and not each.keeps for each in nights("exact", n=5))
    silent = nights("exact", law="no noise", n=5)
    assert not any(each.refused or each.keeps for each in silent)
    assert all(each.certified == 12 for each in nights("exact", law="no noise", n=2, size=3.0))


def test_the_share_of_false_keeps_stays_within_the_rate():
    found = list(mornings("fdr", law="normal", effects=mixture(30, 100)))
    assert fmean(each.false_keeps / max(each.keeps, 1) for each in found) < 0.10
    assert fmean(each.keeps for each in found) > 7, "of ten that are better by two sigma"


@pytest.mark.parametrize("preset", ["certify", "strict", "fdr", "few", "timing"])
def test_real_gains_are_found_and_certified(preset):
    found = nights(preset, size=3.0, n=20)
    assert sum(each.certificates > 0 for each in found) >= 19
    assert fmean(each.certified for each in found) > 0.7 * 12


def test_pairs_find_a_change_as_large_as_their_own_noise():
    found = [judged("timing", 1.0, law="normal", experiments=100, seed=n)[0] for n in range(60)]
    assert 0.6 < fmean(found) < 0.95
    ranks = [judged("strict", 1.0, law="normal", experiments=100, seed=n)[0] for n in range(60)]
    assert fmean(ranks) < 0.4, "while ranks against a pool rarely do"


def test_the_same_names_draw_the_same_night():
    assert nights("timing", n=2) == nights("timing", n=2)


@pytest.mark.parametrize(
    ("rule", "keeps"),
    [
        ("better than the best run stored", 4.2),  # the harmonic number of 101, less 1
        ("better than one fresh run", 50.0),
        ("mean of three runs better", 4.2),
        ("2 sigma better than the best", 0.7),
        ("t test, 3 against 3, p < 5 %", 0.55),
        ("SPRT, 5 % a candidate", 3.3),
    ],
)
def test_the_rules_of_others_keep_as_much_junk_as_theory_says(rule, keeps):
    rng = generator(rule)
    found = naive.nights(naive.RULES[rule], lambda *shape: LAWS["normal"](rng, (400, *shape)), nothing(400, 100))
    assert found.kept.sum(1).mean() == pytest.approx(keeps, rel=0.25)
    assert not found.true.any()
    assert not found.truth.any()


def test_every_rule_keeps_what_is_far_better():
    for name, make in naive.RULES.items():
        rng = generator(name)
        found = naive.nights(make, lambda *shape, r=rng: LAWS["normal"](r, (50, *shape)), one_in_ten(50, 10, size=20.0))
        assert found.kept[:, 4].mean() > 0.9, name
        assert found.truth.mean() > 15, name
