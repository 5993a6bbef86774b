import subprocess
import sys
from dataclasses import replace

import pytest

from autoresearch import referees
from autoresearch.errors import UserError
from autoresearch.records import Direction, Measurement, Metric, Side
from autoresearch.task import Budget

METRIC = Metric("loss", Direction.MINIMIZE)


def runs(*values):
    """Runs of the baseline with these losses."""
    return [Measurement("b", Side.CANDIDATE, value, 7, 1.0, experiment=0) for value in values]


SAME, NOISY = runs(1.0, 1.0, 1.0), runs(1.0, 1.1, 0.9)


@pytest.mark.parametrize("name", referees.PRESETS)
def test_presets_are_made_by_name(name):
    made = referees.make(name, {}, METRIC)
    assert all(callable(getattr(made, method)) for method in ("next", "certificate_due", "certify"))
    assert made == referees.make(name, {}, METRIC), "replay makes the same one"


@pytest.mark.parametrize(
    ("name", "options", "message", "fix"),
    [
        ("certfy", {}, "no referee preset 'certfy'", "use 'certify'"),
        ("certify", {"baseline_run": 5}, "no option 'baseline_run'", "use 'baseline_runs'"),
        ("exact", {"min_efect": 5}, "no option 'min_efect'", "use 'min_effect'"),
        ("strict", {"pool": 5}, "no option 'pool'", "remove pool"),
        ("certify", {"baseline_runs": 1}, "baseline_runs = 1", "from 2 to 100"),
        ("certify", {"baseline_runs": 2.5}, "baseline_runs = 2.5", "whole number"),
        ("certify", {"baseline_runs": "5"}, "baseline_runs = '5'", "number >= 0"),
        ("certify", {"baseline_runs": True}, "baseline_runs = True", "number >= 0"),
        ("fdr", {"fdr": 0}, "fdr = 0", "above 0"),
        ("fdr", {"fdr": 0.9}, "fdr = 0.9", "0.5 at most"),
        ("fdr", {"rate": 0.1}, "no option 'rate'", "use 'fdr'"),
        ("timing", {"pairs": 5}, "no option 'pairs'", "remove pairs"),
        ("exact", {"min_effect": -1}, "min_effect = -1", "unit of loss"),
        ("exact", {"min_effect": float("nan")}, "min_effect = nan", "number >= 0"),
        ("exact", {"min_effect": float("inf")}, "min_effect = inf", "number >= 0"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_way_out(name, options, message, fix):
    with pytest.raises(UserError) as caught:
        referees.make(name, options, METRIC)
    assert message in caught.value.message
    assert fix in caught.value.fix


@pytest.mark.parametrize(
    ("experiments", "expected"), [(1, 1), (39, 1), (40, 2), (149, 2), (150, 4), (499, 4), (500, 8), (None, 2)]
)
def test_a_longer_night_has_more_certificates(experiments, expected):
    assert referees.certificates(Budget(experiments=experiments, hours=8), "certify") == expected
    assert referees.certificates(Budget(experiments=experiments, hours=8), "exact") == expected


def test_strict_may_certify_every_experiment():
    assert referees.certificates(Budget(experiments=70), "strict") == 70
    assert referees.certificates(Budget(hours=8), "few") == 1000


def test_runs_that_are_not_experiments():
    assert referees.fixed_runs(Budget(experiments=12), "certify") == 5 + 1 + 14
    assert referees.fixed_runs(Budget(hours=8), "certify") == 5 + 2 * 16
    assert referees.fixed_runs(Budget(experiments=100), "strict") == 20 + 10 + 110
    assert referees.fixed_runs(Budget(experiments=100), "timing") == 20 + 430
    assert referees.fixed_runs(Budget(experiments=100), "exact") == 2 + 4


def test_no_smallest_gain_is_promised_where_the_study_shares_the_level():
    finite = replace(METRIC, source="depleting", feedback="ladder")
    assert referees.smallest_gain("certify", METRIC, NOISY, Budget(experiments=30)) is not None
    assert referees.smallest_gain("certify", finite, NOISY, Budget(experiments=30)) is None


def test_the_smallest_gain_grows_with_the_number_of_claims():
    def smallest(preset, **budget):
        return referees.smallest_gain(preset, METRIC, runs(0.99, 1.0, 1.01), Budget(**budget))

    assert smallest("certify", experiments=12) == pytest.approx(0.0117)
    assert (
        smallest("certify", experiments=12) < smallest("certify", experiments=1000) < smallest("strict", experiments=50)
    )
    assert smallest("strict", experiments=100) < smallest("strict", hours=9) < smallest("few", experiments=60)
    assert smallest("exact", experiments=12) is None


@pytest.mark.parametrize(
    ("preset", "values", "word"),
    [("exact", NOISY, "not deterministic"), ("strict", SAME, "all equal"), ("few", SAME, "all equal")],
)
def test_a_preset_that_does_not_suit_the_metric_is_objected_to(preset, values, word):
    assert word in referees.objections(preset, METRIC, values)[0]


@pytest.mark.parametrize(
    ("preset", "values"),
    [("exact", SAME), ("certify", SAME), ("certify", NOISY), ("strict", NOISY), ("strict", runs(1.0))],
)
def test_a_preset_that_suits_is_not(preset, values):
    assert referees.objections(preset, METRIC, values) == []


def paired(*pairs):
    """Runs of the baseline, timed beside itself."""
    made = runs(*(own for own, _ in pairs))
    return [
        replace(run, values={"loss": own, "loss@incumbent": rival})
        for run, (own, rival) in zip(made, pairs, strict=True)
    ]


def test_timing_objects_to_an_evaluation_that_times_one_side_only():
    assert "writes no 'loss@incumbent'" in referees.objections("timing", METRIC, NOISY)[0]
    assert "not a positive number" in referees.objections("timing", METRIC, paired((1.0, 0.0)))[0]
    assert referees.objections("timing", METRIC, paired((1.0, 1.01), (3.0, 2.99))) == []


def test_the_noise_of_timing_is_that_within_a_run():
    budget = Budget(experiments=100)
    pairs = paired((2.0, 2.02), (6.0, 5.94), (4.0, 4.0))
    assert referees.smallest_gain("timing", METRIC, pairs, budget) == pytest.approx(0.04, rel=0.15)
    assert referees.smallest_gain("certify", METRIC, pairs, budget) > 2
    assert referees.smallest_gain("timing", METRIC, NOISY, budget) is None


def test_importing_the_referees_loads_nothing_heavy():
    code = "import autoresearch.referees, sys; print(*{m.split('.')[0] for m in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert not {"numpy", "scipy", "pydantic", "rich", "optuna"} & set(loaded)
