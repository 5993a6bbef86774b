import json
import math
import re
from dataclasses import replace
from statistics import fmean

import pytest
from nights import Teller, a_diff, a_night, a_task, an_epoch
from scipy.stats import t

from autoresearch.history import Archive, Ended, Night
from autoresearch.records import Certificate, Direction, Experiment, Measurement, Metric, Outcome, Ruling, Side, Verdict
from autoresearch.report.headline import headline
from autoresearch.report.page import compose
from autoresearch.report.sheet import spending
from autoresearch.task import Budget
from autoresearch.views import (
    Level,
    Reading,
    Standing,
    failures,
    hit_rate,
    log_rows,
    sentence,
    spend,
    standings,
    status,
    survivors,
)
from autoresearch.views.clock import ran_out
from autoresearch.views.costs import Cost, Costs
from autoresearch.views.effects import best_of_luck
from autoresearch.views.levels import t95
from autoresearch.views.machine import machine_words
from autoresearch.views.spend import Total
from autoresearch.views.standing import change_of
from autoresearch.views.tip import tip_words
from autoresearch.views.words import Figures, duration, numbers, plain

NOW = "2026-03-02T01:00:00Z"


def test_alarms_are_the_newest_nights_and_each_is_told_once() -> None:
    night = told().note("fault", "old")
    night.begin(epoch=2).note("fault", "nobody heard").note("alarm", "the disk is full").note("idea", "wider")
    night.note("fault", "nobody heard")
    assert status(night.history, state="idle", now=NOW)["alarms"] == ["the disk is full", "nobody heard (2 times)"]


def test_a_machine_is_told_in_words() -> None:
    machine = {"processor": "M1", "memory_gib": 24, "gpus": [], "load_average": 0.5}
    words = [("processor", "M1"), ("memory", "24 GiB"), ("GPUs", "none"), ("load average", "0.5")]
    assert machine_words(machine) == words


def told(**options: object) -> Teller:
    return Teller(**options).begin()  # type: ignore[arg-type]


def test_status_keeps_its_contract() -> None:
    got = status(a_night(30), state="running", now=NOW)
    assert set(got) >= {
        "schema", "study", "state", "epoch", "trust_class", "sandbox", "metric", "baseline", "tip", "certified",
        "counts", "experiments", "budget",
    }  # fmt: skip
    assert set(got["sandbox"]) == {"backend", "properties"}
    assert set(got["metric"]) >= {"name", "direction", "unit"}
    assert set(got["baseline"]) == {"mean", "sigma", "n"}
    assert set(got["tip"]) == {"experiment", "commit", "value", "mean", "n", "certified"}
    assert set(got["certified"]) >= {"commit", "mean", "low", "high", "n"}
    assert set(got["counts"]) == {
        "keep", "discard", "crash", "timeout", "checks_failed", "out_of_scope", "violation", "no_change",
        "unknown",
    }  # fmt: skip
    assert sum(got["counts"].values()) == got["experiments"] == 30
    assert got["budget"]["experiments"] == {"limit": 1000, "used": 30}
    assert got["budget"]["hours"]["limit"] == 8


def test_status_of_nothing_is_null_where_nothing_is_known() -> None:
    got = status(Archive(), state="idle", now=NOW)
    assert (got["study"], got["baseline"], got["tip"], got["certified"], got["epoch"]) == (None,) * 5
    assert got["next"] == "autoresearch run"


def test_certified_is_the_certificates_own_mean() -> None:
    teller = told(seed=3)
    teller.experiment(effect=6, outcome=Outcome.KEEP)
    assert status(teller.history, state="idle", now=NOW)["certified"] is None
    teller.certificate()
    proof, got = teller.history.certificates[-1], status(teller.history, state="idle", now=NOW)
    assert proof.ruling is Ruling.CERTIFIED
    assert (got["certified"]["mean"], got["certified"]["n"]) == (proof.mean, 12)
    assert got["tip"]["value"] != proof.mean


def test_what_a_self_reported_study_certified_is_labelled_wherever_it_is_told() -> None:
    teller = told(seed=3, trust_class="self-reported")
    teller.experiment(effect=6, outcome=Outcome.KEEP)
    teller.certificate()
    assert headline(Reading.of(teller.history)).claim.endswith("better, self-reported, certified")
    assert "kept, and self-reported, certified in the block of certificate 1" in sentence(teller.history, 1)
    assert status(teller.history, state="idle", now=NOW)["certified"]["trust_class"] == "self-reported"


def test_the_best_so_far_is_told_from_fresh_runs_and_as_certified_once_it_is() -> None:
    teller = told(seed=3)
    assert tip_words(teller.history) == "mean of 12 runs, the baseline"
    teller.experiment(effect=6, outcome=Outcome.KEEP)
    assert tip_words(teller.history) == "one run, provisional"
    teller.certificate()
    proof, got = teller.history.certificates[-1], status(teller.history, state="idle", now=NOW)["tip"]
    assert (got["mean"], got["n"], got["certified"]) == (pytest.approx(proof.mean), 12, True)
    assert tip_words(teller.history) == "mean of 12 runs, the certified one"


def test_unknown_cost_is_null_and_never_zero() -> None:
    teller = told()
    teller.experiment(effect=0, outcome=Outcome.DISCARD)
    assert spend(teller.history).cost_usd == 0.0
    teller.failure(teller.history.next_number, teller.history.tip_commit)
    while teller.history.experiments[-1].candidate is not None:
        teller.failure(teller.history.next_number, teller.history.tip_commit)
    assert spend(teller.history).cost_usd is None
    assert not [line for line in spending(teller.history) if line.name.startswith("cost of")]
    assert (
        Costs.of(teller.history).words("bit")
        == "at least US$ 0.00 (1 of 2 unknown), at least 0 tokens (1 of 2 unknown)"
    )
    assert str(Cost(None, None)) == "cost unknown"
    assert Cost(None, 1200.0).known == "1,200 tokens"
    assert status(teller.history, state="idle", now=NOW)["spend"]["cost_usd"] is None


def test_everything_is_json_even_with_unbounded_intervals() -> None:
    teller = told()
    teller.experiment(effect=5, outcome=Outcome.KEEP)
    tip, base = teller.history.tip_commit, teller.history.proven_commit
    teller.add(
        Certificate(1, tip, base, Ruling.CERTIFIED, "", 0.01, 0.0125, 4, 2.9, -math.inf, math.inf, 0.1, 0.0, math.inf)
    )
    got = status(teller.history, state="idle", now=NOW)
    assert got["certified"]["low"] is None
    json.dumps(got, allow_nan=False)
    for row in log_rows(teller.history):
        json.dumps(row, allow_nan=False)


def test_log_rows_keep_their_contract() -> None:
    history = a_night(20)
    rows = list(log_rows(history))
    assert [row["number"] for row in rows] == list(range(21))
    assert set(rows[1]) >= {
        "number", "commit", "parent", "outcome", "reason", "summary", "hypothesis", "value", "measurements", "seconds",
        "agent", "started",
    }  # fmt: skip
    assert rows[0]["value"] == pytest.approx(fmean(rows[0]["measurements"]))
    assert len(rows[0]["measurements"]) == 12
    assert list(log_rows(history, first=18)) == rows[18:]


def test_a_sentinel_is_no_measurement_of_the_candidate() -> None:
    teller = told()
    while teller.history.next_number < 11:
        teller.experiment(effect=-3)
    assert len(teller.history.settled[10]) == 2
    assert len(list(log_rows(teller.history))[10]["measurements"]) == 1


def test_measurements_survive_a_new_epoch() -> None:
    teller = told().go(5)
    before = list(log_rows(teller.history))
    teller.begin(epoch=2)
    assert list(log_rows(teller.history))[:6] == before
    assert [span.experiments[0].number for span in Reading.of(teller.history).spans] == [0, 6]


def test_sentence_of_the_baseline() -> None:
    assert sentence(told().history, 0).startswith("The baseline: 2.9")
    assert "mean of 12 runs with standard deviation 0.00" in sentence(told().history, 0)


def test_sentence_of_a_keep_within_noise() -> None:
    teller = told()
    teller.experiment(effect=0, luck=0.8, outcome=Outcome.KEEP)
    got = sentence(teller.history, 1)
    assert " better than the baseline's mean of 12 runs, in one run, within noise (" in got
    assert "sigma; 95 % interval of the gain −0." in got
    assert got.endswith("kept provisionally, not yet certified.")


@pytest.mark.parametrize(
    ("reason", "end"),
    [
        ("0.02 bit/byte worse than the best so far (3.5 sigma): discarded", "): discarded."),
        ("no better than the best so far: discarded; drift alarm: it moved", "): discarded, drift alarm: it moved."),
        ("0.02 worse than the incumbent (5 sigma): won 3 of 8 pairs", "): discarded, won 3 of 8 pairs."),
        ("2 better than the best so far, short of it: discarded", "2 better than the best so far, short of it."),
    ],
)  # fmt: skip
def test_a_discard_is_told_once_and_in_one_figure(reason: str, end: str) -> None:
    teller = told()
    teller.experiment(effect=-5, luck=0, outcome=Outcome.DISCARD)
    done = teller.history.experiments[1]
    teller.history.experiments[1] = replace(done, verdict=replace(done.verdict, reason=reason))
    assert sentence(teller.history, 1).endswith(end)


def test_few_baseline_runs_exclude_nothing_and_a_large_gain_is_not_called_noise() -> None:
    teller = Teller(seed=3).begin(baseline_runs=2)
    teller.experiment(effect=-5, luck=0, outcome=Outcome.DISCARD)
    assert ", chance not excluded by one run (" in sentence(teller.history, 1)


def test_sentence_of_a_certified_keep_tells_the_blocks_gain() -> None:
    teller = told()
    teller.experiment(effect=6, outcome=Outcome.KEEP)
    teller.certificate()
    got = sentence(teller.history, 1)
    assert "within noise" not in got
    assert "kept, and certified in the block of certificate 1 (gain of the block +0.02" in got


def test_sentence_of_a_keep_that_was_rolled_back() -> None:
    teller = told()
    teller.experiment(effect=-6, luck=9, outcome=Outcome.KEEP)
    teller.certificate()
    assert "kept at first, then rolled back by certificate 1 (gain of the block −0.02" in sentence(teller.history, 1)


def test_sentence_of_a_discard_says_which_way_and_why() -> None:
    teller = told()
    teller.experiment(effect=-5, luck=0, outcome=Outcome.DISCARD)
    got = sentence(teller.history, 1)
    assert " bit/byte worse than the baseline's mean of 12 runs, in one run (" in got
    assert got.endswith("discarded, not better than the best so far.")


@pytest.mark.parametrize(
    ("outcome", "start"),
    [
        (Outcome.CRASH, "It crashed"),
        (Outcome.TIMEOUT, "It ran out of time"),
        (Outcome.CHECKS_FAILED, "It failed the checks"),
        (Outcome.OUT_OF_SCOPE, "It changed what it must not"),
        (Outcome.VIOLATION, "It broke a rule"),
        (Outcome.NO_CHANGE, "It changed nothing"),
    ],
)
def test_sentence_of_a_foul_claims_nothing(outcome: Outcome, start: str) -> None:
    teller = told()
    teller.add(Experiment(1, None, Verdict(outcome, "because\x1b[31m of this"), None, teller.history.tip_commit))
    got = sentence(teller.history, 1)
    assert got == f"{start}, so it has no score and nothing is claimed: because�[31m of this."


def test_sentence_without_noise_gives_no_interval() -> None:
    teller = Teller().begin(baseline_runs=1)
    teller.experiment(effect=3, outcome=Outcome.KEEP)
    assert "noise unknown, so no interval" in sentence(teller.history, 1)


def test_sentence_of_an_exact_metric_gives_no_interval() -> None:
    teller = Teller(sigma=1e-300).begin()
    teller.truth = dict.fromkeys(teller.truth, 3.0)
    teller.experiment(effect=3, outcome=Outcome.KEEP)
    assert "the baseline's runs do not vary" in sentence(teller.history, 1)


def test_sentence_says_what_fresh_runs_said_since() -> None:
    teller = told(seed=7)
    teller.experiment(effect=1, luck=3, outcome=Outcome.KEEP)
    teller.run(teller.history.tip_commit, Side.INCUMBENT, experiment=2)
    teller.experiment(effect=-5, outcome=Outcome.DISCARD)
    assert "; 1 fresh run since say" in sentence(teller.history, 1)


def test_unsafe_stands_in_every_sentence() -> None:
    teller = told(unsafe=True).go(20)
    assert all(sentence(teller.history, n).endswith("Unsafe: measured without a sandbox.") for n in range(21))
    assert all(row["unsafe"] for row in log_rows(teller.history))


def test_no_such_experiment() -> None:
    with pytest.raises(IndexError):
        sentence(told().history, 7)


def test_higher_is_better_where_the_task_says_so() -> None:
    teller = told(metric=Metric("speed", Direction.MAXIMIZE, "tok/s"), level=50_000.0, sigma=100.0)
    teller.experiment(effect=5, luck=0, outcome=Outcome.KEEP)
    assert re.match(r"\d{3} tok/s better than the baseline's mean", sentence(teller.history, 1))


def test_only_certified_keeps_are_hits() -> None:
    teller = told()
    teller.experiment(effect=6, outcome=Outcome.KEEP)
    teller.certificate()
    teller.experiment(effect=-6, luck=9, outcome=Outcome.KEEP)
    teller.certificate()
    teller.experiment(effect=6, luck=1, outcome=Outcome.KEEP)
    reading = Reading.of(teller.history)
    assert standings(reading) == {1: Standing.CERTIFIED, 2: Standing.ROLLED_BACK, 3: Standing.PROVISIONAL}
    rate = hit_rate(reading)
    assert (rate.tried, rate.kept, rate.certified, rate.rolled_back, rate.share) == (3, 3, 1, 1, 1 / 3)
    assert [change.experiment.number for change in survivors(reading)] == [1, 3, 2]
    assert [change.certificate for change in survivors(reading)] == [1, None, 2]


def test_hit_rate_of_nothing_is_unknown() -> None:
    assert hit_rate(Reading.of(told().history)).share is None


def test_failures_of_one_cause_are_one_row_whatever_their_figures() -> None:
    teller = told()
    for number, seconds in enumerate((300.02, 300.01, 299.0), 1):
        verdict = Verdict(Outcome.TIMEOUT, f"still running after {seconds} s\nlong tail {number}")
        teller.add(Experiment(number, None, verdict, None, teller.history.tip_commit))
    teller.add(Experiment(4, None, Verdict(Outcome.CRASH, "ValueError"), None, teller.history.tip_commit))
    assert [(f.outcome, len(f.experiments)) for f in failures(teller.history)] == [
        (Outcome.TIMEOUT, 3),
        (Outcome.CRASH, 1),
    ]


def test_gains_are_held_against_this_epochs_parent_only() -> None:
    teller = told()
    teller.experiment(effect=5, outcome=Outcome.KEEP)
    teller.truth = {commit: level + 1 for commit, level in teller.truth.items()}
    teller.begin(epoch=2)
    teller.experiment(effect=0, luck=0.5, outcome=Outcome.DISCARD)
    assert "than the baseline's mean of 12 runs" in sentence(teller.history, 3)
    assert "0.00" in sentence(teller.history, 3)


def test_a_foul_run_in_a_certificate_is_no_value() -> None:
    teller = told()
    teller.experiment(effect=5, outcome=Outcome.KEEP)
    tip = teller.history.tip_commit
    teller.add(Measurement(tip, Side.CANDIDATE, None, 1, 3.0, certificate=1, foul="crash: boom"))
    teller.certificate()
    assert len(Reading.of(teller.history).spans[0].values(tip)) == 13


def test_hours_are_counted_from_the_night() -> None:
    history = Archive()
    history.add(an_epoch(Metric("m", Direction.MINIMIZE)))
    history.add(Night(1, Budget(hours=2), 1, 0, "2026-03-02T00:30:00Z"))
    running = status(history, state="running", now=NOW, held=True)["budget"]["hours"]
    assert running == {"limit": 2, "used": 0.5, "over": False}


def test_the_hours_of_a_study_that_nobody_holds_end_with_what_it_did_last() -> None:
    history = Teller().begin().go(3).history
    later = "2027-03-02T01:00:00Z"
    much_later = status(history, state="idle", now=later)["budget"]
    assert much_later["last"].startswith("2026-03-01T22:0")
    assert much_later["hours"]["used"] < 0.2
    assert much_later["hours"]["over"]
    assert ran_out(history, now=later, held=False)
    assert not ran_out(history, now=later, held=True)
    assert not ran_out(history, now="2026-03-01T23:00:00Z", held=False)
    history.add(Ended("the budget of 8 hours is spent"))
    assert not ran_out(history, now=later, held=False), "it saw its own end"


@pytest.mark.parametrize("freedom", [*range(1, 31), 100, 1000])
def test_t95_is_students(freedom: int) -> None:
    assert t95(freedom) == pytest.approx(t.ppf(0.975, freedom), rel=2e-3)


def test_an_interval_needs_two_runs() -> None:
    assert Level.of([]) is None
    one, two = Level.of([1.0]), Level.of([1.0, 3.0])
    assert one
    assert two
    assert one.interval() is None
    assert two.interval() == pytest.approx((2 - 12.7062, 2 + 12.7062), rel=1e-4)


def test_luck_grows_with_the_number_of_tries() -> None:
    floor = Level(3.0, 0.01, 20)
    assert best_of_luck(floor, 1) == pytest.approx(1.645 * 0.01 * math.sqrt(1.05), rel=1e-3)
    assert best_of_luck(floor, 100) == pytest.approx(3.2905 * 0.01 * math.sqrt(1.05), rel=1e-3)
    assert best_of_luck(Level(3.0, None, 1), 5) is None


@pytest.mark.parametrize(
    ("number", "sigma", "text"),
    [
        (2.91324, 0.0042, "2.9132"),
        (-2.5, 0.3, "−2.50"),
        (-0.001, 0.3, "0.00"),
        (-0.0, None, "0"),
        (51234.5, 310.0, "51,234"),
        (1.23456789, None, "1.23457"),
        (math.inf, 1.0, "∞"),
        (math.nan, 1.0, "unknown"),
        (None, 1.0, "unknown"),
        (1e300, 0.1, "1e+300"),
    ],
)
def test_numbers_have_as_many_decimals_as_noise_allows(number: float | None, sigma: float | None, text: str) -> None:
    assert Figures.of("", sigma).value(number) == text


def test_plain_text_is_one_harmless_line() -> None:
    assert plain("a\n b\tc") == "a b c"
    assert plain("\x1b[2J\u202eabc\x00\ud800") == "�[2J�abc��"
    assert plain("x" * 500, 20) == "x" * 19 + "…"
    assert plain("👩\u200d🔬 日本") == "👩\u200d🔬 日本"


def test_durations_and_lists_read_aloud() -> None:
    assert [duration(s) for s in (0.0, 9.96, 59.6, 3599, 3600, 25_500)] == [
        "0.0 s", "10 s", "1 min 00 s", "59 min 59 s", "1 h 00 min", "7 h 05 min",
    ]  # fmt: skip
    assert numbers(range(20), 3) == "0, 1, 2 and 17 more"


def test_what_was_certified_is_called_that_and_counted_in_experiments() -> None:
    teller = told()
    teller.experiment(effect=6, outcome=Outcome.KEEP)
    teller.certificate()
    page = compose(teller.history, task=a_task(teller.metric), diff_of=a_diff)
    assert [(line.name, line.note) for line in page.facts if line.name == "certified"] == [
        ("certified", "100.0% of experiments")
    ]
    assert "1 of 1 experiment (100.0%)" in page.hit_rate
    assert "Kept on the way: 1; rolled back since: 0." in page.hit_rate


def test_a_total_says_how_much_is_known() -> None:
    written = "{:g}".format
    assert Total.over([1, 2]).words(written) == "3"
    assert Total.over([1, None, 2]).words(written) == "at least 3 (1 of 3 unknown)"
    assert Total.over([None]).words(written) == "unknown"
    assert Total.over([1, None]).exact is None


def test_a_gain_is_the_verdicts_whatever_is_measured_later() -> None:
    teller = told()
    teller.experiment(effect=5, outcome=Outcome.KEEP)
    done = teller.history.experiments[1]
    before = change_of(Reading.of(teller.history), done).gain
    teller.certificate()
    after = change_of(Reading.of(teller.history), done).gain
    assert before is not None
    assert after is not None
    assert after.mean == before.mean == done.verdict.statistic["gain"]
    assert (after.over_n, before.over_n) == (12, 12)
