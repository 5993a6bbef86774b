import csv
import io

from nights import Teller, a_night

from autoresearch.export.tsv import HEADER, remark, tsv
from autoresearch.history import Archive
from autoresearch.records import Direction, Experiment, Metric, Outcome, Verdict


def rows_of(history: Archive) -> list[dict[str, str]]:
    """The way upstream's notebook reads it."""
    return list(csv.DictReader(io.StringIO(tsv(history)), delimiter="\t", quoting=csv.QUOTE_NONE))


def test_five_columns_a_row_an_experiment_and_the_baseline_first() -> None:
    history = a_night(50, seed=3)
    rows = rows_of(history)
    assert tuple(rows[0]) == HEADER == ("commit", "val_bpb", "memory_gb", "status", "description")
    assert len(rows) == len(history.experiments)
    assert (rows[0]["status"], rows[0]["description"]) == ("keep", "baseline")
    assert all(len(row["commit"]) == 7 for row in rows)
    assert rows[0]["memory_gb"] == "1.5"


def test_values_come_back_to_six_decimals() -> None:
    history = a_night(50, seed=3)
    for row, done in zip(rows_of(history), history.experiments, strict=True):
        assert abs(float(row["val_bpb"]) - (done.value or 0.0)) <= 5e-7


def test_whatever_earned_no_score_is_a_crash_and_says_which() -> None:
    teller = Teller().begin()
    for number, outcome in enumerate((Outcome.TIMEOUT, Outcome.VIOLATION, Outcome.NO_CHANGE, Outcome.CRASH), 1):
        teller.add(Experiment(number, None, Verdict(outcome, "why"), None, teller.history.tip_commit))
    rows = rows_of(teller.history)[1:]
    assert {(row["val_bpb"], row["memory_gb"], row["status"]) for row in rows} == {("0.000000", "0.0", "crash")}
    assert [row["description"] for row in rows] == ["timeout: why", "violation: why", "no_change: why", "why"]


def test_no_description_breaks_a_row() -> None:
    history = a_night(30, seed=3, texts=('tab\there, "quotes"\nand a\r\nnew line\u2028and another',))
    rows = rows_of(history)
    assert len(rows) == 31
    assert all(row["description"] and None not in row for row in rows)


def test_a_maximised_metric_is_written_so_that_lower_is_better() -> None:
    history = a_night(10, metric=Metric("speed", Direction.MAXIMIZE), level=100.0, sigma=1.0)
    assert all(float(row["val_bpb"]) <= 0 for row in rows_of(history))
    assert remark(history).startswith("The column val_bpb holds speed, its sign turned, because")
    assert remark(a_night(1, metric=Metric("val_bpb", Direction.MINIMIZE))) == ""


def test_only_numbers_that_compare_are_in_one_table() -> None:
    teller = Teller(seed=3).begin().go(10)
    teller.begin(epoch=2).go(4)
    assert rows_of(teller.history)[0]["description"] == "baseline"
    assert len(rows_of(teller.history)) == 5


def test_nothing_measured_is_a_header() -> None:
    assert tsv(Archive()) == "\t".join(HEADER) + "\n"
    assert remark(Archive()) == ""
