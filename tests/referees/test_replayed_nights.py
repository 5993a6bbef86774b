"""A night of each preset, written to a real ledger, is judged again to the same verdicts; a changed number is found."""

import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from autoresearch import referees
from autoresearch.history import History
from autoresearch.ledger import Ledger
from autoresearch.records import Measurement
from autoresearch.replay import replay

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from dream import LAWS, METRIC, Dream, drawn, generator


@dataclass(slots=True)
class Kept(History):
    """A history that keeps its records."""

    records: list[object] = field(default_factory=list)

    def add(self, record):
        self.records.append(record)
        History.add(self, record)


def night(preset):
    law = "no noise" if preset == "exact" else "t, 3 df"
    noise, history = drawn(LAWS[law], generator(preset)), Kept()
    dream = Dream(referees.make(preset, {}, METRIC), noise, lambda n: 4.0 * (n % 5 == 3), history)
    dream.run(preset, 20)
    assert history.certificates
    return history.records


def judged_again(records, folder):
    Ledger(folder / "ledger.jsonl", History()).append(*records)
    return replay(folder / "ledger.jsonl")


@pytest.mark.parametrize("preset", referees.PRESETS)
def test_replay_agrees_on_a_whole_night(preset, tmp_path):
    found = judged_again(night(preset), tmp_path)
    assert found.disagreements == []
    assert found.verdicts == 21
    assert found.certificates


@pytest.mark.parametrize("preset", referees.PRESETS)
def test_replay_finds_a_number_that_was_changed(preset, tmp_path):
    """A late candidate's run becomes much better than it was, and the verdict stays what it was."""
    records = night(preset)
    runs = [at for at, each in enumerate(records) if isinstance(each, Measurement) and each.experiment == 20]
    lost = records[runs[-1]]
    values = lost.values and {**lost.values, "loss": 1.0}
    changed = [*records[: runs[-1]], replace(lost, value=1.0, values=values), *records[runs[-1] + 1 :]]
    assert judged_again(changed, tmp_path).disagreements
