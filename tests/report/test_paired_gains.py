"""Where both sides are timed in every run, a page says what happened within the runs, not between them."""

from dataclasses import replace

import pytest

from autoresearch.cli.tables import print_experiment, print_log
from autoresearch.history import Archive, Epoch, Night, StudyStart
from autoresearch.records import (
    Candidate,
    Certificate,
    Direction,
    Experiment,
    Measurement,
    Metric,
    Outcome,
    Ruling,
    Side,
    Verdict,
)
from autoresearch.referees import PRESETS, smallest_gain
from autoresearch.report.headline import headline
from autoresearch.report.sheet import noise_sheet
from autoresearch.report.staircase import Staircase
from autoresearch.report.svg import description
from autoresearch.site import Site
from autoresearch.task import Budget
from autoresearch.views.effects import fresh_gain, measured_gain
from autoresearch.views.paired import delivered
from autoresearch.views.reading import Reading, own_runs
from autoresearch.views.rows import log_row
from autoresearch.views.sentences import sentence

METRIC = Metric("seconds", Direction.MINIMIZE, unit="s")


def told(preset):
    """A change 10 % faster beside the incumbent, measured when the machine had become twice as slow."""
    history = Archive()
    for record in (StudyStart("s", "b", "00", "0"), Epoch(1, "", "", "sealed", "none", {}, {}, {}, METRIC, preset)):
        history.add(record)
    history.add(Night(1, Budget(experiments=9), 9, 1, "2026-01-01T00:00:00+00:00"))
    timed(history, 0, "b", [(1.0 + i / 1000 * (-1) ** i, 1.0) for i in range(20)])
    timed(history, 1, "c1", [(1.8 + i / 1000, 2.0) for i in range(13)])
    for i in range(12):
        history.add(run("c1", (1.34 + i / 1000, 1.5), certificate=1))
    return Reading.of(history)


def certified():
    history = told("timing").history
    history.add(proof("c1", "b"))
    return Reading.of(history)


def proof(commit, against):
    gain = (0.15, 0.14, 0.16)
    return Certificate(
        1, commit, against, Ruling.CERTIFIED, "", 0.01, 0.05, 12, 1.3455, 1.34, 1.35, *gain, experiment=1
    )


def run(commit, pair, **asker):
    return Measurement(
        commit, Side.CANDIDATE, pair[0], 7, 1.0, values={"seconds": pair[0], "seconds@incumbent": pair[1]}, **asker
    )


def timed(history, number, commit, pairs):
    candidate = Candidate(number, commit, "b", "a change")
    history.add(candidate)
    for pair in pairs:
        history.add(run(commit, pair, experiment=number))
    history.add(Experiment(number, candidate, Verdict(Outcome.KEEP, ""), pairs[0][0], "b"))


def test_the_gain_of_a_timed_change_is_the_one_within_its_runs():
    reading = told("timing")
    span, done = reading.spans[0], reading.history.experiments[1]
    gain = measured_gain(reading, span, done)
    assert gain.mean == pytest.approx(0.194, rel=0.01)
    assert not gain.within_noise
    assert (gain.n, gain.over, gain.over_n) == (13, 0, 13)
    assert gain.sigmas > 5, "in units of what the same code differs by, timed beside itself"


def test_other_presets_compare_the_numbers_themselves():
    reading = told("strict")
    gain = measured_gain(reading, reading.spans[0], reading.history.experiments[1])
    assert gain.mean == pytest.approx(1.0 - 1.806, rel=0.01)


def test_the_sentence_says_where_the_other_side_stood_in_the_same_runs():
    said = sentence(certified().history, 1)
    assert "the baseline, which took its turn in the same 13 runs at 2.000 s: 9.7 % better" in said
    assert "gain of the block +0.150" in said
    assert "10.0 % better than the 1.500 s in its own runs" in said


def test_the_headline_begins_where_the_other_side_stood_in_the_certificates_runs():
    made = headline(certified())
    assert (made.before, made.after) == ("1.500", "1.345 s")
    assert "timed both: 1.500 s there" in made.detail


def test_gains_of_several_certificates_multiply():
    """A tenth, then a fifth, on a machine that has become twice as slow: 28 % of where it all began."""
    reading = certified()
    for i in range(12):
        reading.history.add(run("c2", (2.4 + i / 1e9, 3.0), certificate=2))
    reading.history.add(replace(proof("c2", "c1"), number=2))
    found = Reading.of(reading.history).spans[0].proofs
    base, gain = delivered(METRIC, found)
    assert base == pytest.approx(3.0 * 1.5 / 1.3455, rel=1e-3)
    assert gain.estimate == pytest.approx(base - 2.4, rel=1e-3)


def test_the_band_of_noise_is_that_of_a_pair_and_a_share_of_the_level():
    reading = certified()
    stairs = Staircase.of(reading, reading.spans[0])
    baseline, after = stairs.plateaus
    assert after.sigma / after.mean == pytest.approx(baseline.sigma / baseline.mean)
    assert stairs.note in description(stairs)
    assert stairs.note
    assert "pair" in noise_sheet(reading)[1].name


def test_without_fresh_pairs_there_is_no_fresh_gain():
    reading = told("timing")
    assert fresh_gain(reading, reading.spans[0], reading.history.experiments[1]) is None


@pytest.mark.parametrize("preset", [preset for preset in PRESETS if preset != "exact"])
def test_every_preset_tells_the_smallest_gain_from_the_baselines_runs(preset):
    reading = told(preset)
    found = smallest_gain(preset, METRIC, own_runs(reading.history, reading.spans[0].baseline), Budget(experiments=100))
    assert 0.005 < found < 0.05


def test_the_log_has_one_column_named_like_the_metric(capsys):
    print_log(told("timing").history, [0, 1])
    head = capsys.readouterr().out.splitlines()[0].split()
    assert head.count("seconds") == 1
    assert "took" in head


def test_a_run_is_shown_beside_the_incumbents_number(tmp_path, capsys):
    history = told("timing").history
    row = log_row(history, history.experiments[1], epoch=history.epoch)
    print_experiment(history, row, "", Site(tmp_path, "s"))
    assert "1.8 beside 2 " in capsys.readouterr().out
