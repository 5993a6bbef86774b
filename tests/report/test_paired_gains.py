"""Where both sides are timed in every run, a page says what happened within the runs, not between them."""

import pytest

from autoresearch.history import Archive, Epoch, Night, StudyStart
from autoresearch.records import Candidate, Direction, Experiment, Measurement, Metric, Outcome, Side, Verdict
from autoresearch.referees import PRESETS, smallest_gain
from autoresearch.task import Budget
from autoresearch.views.effects import fresh_gain, measured_gain
from autoresearch.views.reading import Reading, own_runs

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
        history.add(run("c1", (1.84 + i / 1000, 2.0), certificate=1))
    return Reading.of(history)


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


def test_without_fresh_pairs_there_is_no_fresh_gain():
    reading = told("timing")
    assert fresh_gain(reading, reading.spans[0], reading.history.experiments[1]) is None


@pytest.mark.parametrize("preset", [preset for preset in PRESETS if preset != "exact"])
def test_every_preset_tells_the_smallest_gain_from_the_baselines_runs(preset):
    reading = told(preset)
    found = smallest_gain(preset, METRIC, own_runs(reading.history, reading.spans[0].baseline), Budget(experiments=100))
    assert 0.005 < found < 0.05
