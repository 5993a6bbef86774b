"""The ledger in other tools' formats: from the ledger alone, complete, and the second time nothing new."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from autoresearch.cli import app
from autoresearch.export.attempts import attempts
from autoresearch.history import Archive
from autoresearch.readers import read
from autoresearch.records import Direction, Outcome
from autoresearch.site import Site


def exported(*words: str) -> str:
    done = CliRunner().invoke(app, ["export", *words])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture
def history(night: Path, monkeypatch: pytest.MonkeyPatch) -> Archive:
    monkeypatch.chdir(night)
    return Site(night, "toy").ledger().history


def test_the_csv_has_every_experiment_and_every_metric(history: Archive) -> None:
    rows = list(csv.DictReader(io.StringIO(exported("csv"))))
    assert [int(row["number"]) for row in rows] == [done.number for done in history.experiments]
    assert [row["outcome"] for row in rows] == [str(done.verdict.outcome) for done in history.experiments]
    scored = [row for row in rows if row["value"]]
    assert scored
    assert all(float(row["value"]) == float(row["value.loss"]) for row in scored)
    assert exported("csv") == exported("csv")


def test_no_cell_is_a_formula(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = ("=1+1\t1.0\tkeep\t=HYPERLINK(1)\n", 'b\t1.0\tkeep\t"never closed\n', "c\t1.0\tkeep\tx\n")
    Path("r.tsv").write_text("commit\tloss\tstatus\tdescription\n" + "".join(rows))
    CliRunner().invoke(app, ["import", "r.tsv", "--as", "theirs"], catch_exceptions=False)
    assert next(csv.DictReader(io.StringIO(exported("csv"))))["summary"] == "'=HYPERLINK(1)"
    table = list(csv.DictReader(io.StringIO(exported("tsv")), delimiter="\t"))
    assert [row["description"] for row in table] == ["'=HYPERLINK(1)", "'\"never closed", "x"]
    assert table[0]["commit"] == "'=1+1"


@pytest.mark.parametrize("form", ["tsv", "jsonl"])
def test_an_unknown_fate_goes_out_and_comes_back_unknown(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = "a\t1.0\tkeep\tx\nb\t0.9\tmaybe\ty\nc\t-\tmaybe\tz\nd\t-\tkeep\tw\ne\t-\tcrash\tv\nf\t0.8\tdiscard\tu\n"
    Path("r.tsv").write_text("commit\tloss\tstatus\tdescription\n" + rows)
    CliRunner().invoke(app, ["import", "r.tsv", "--as", "theirs"], catch_exceptions=False)
    before, again = Site(tmp_path, "theirs").ledger().history.experiments, read(exported(form).encode()).rows
    assert [(row.outcome, row.value) for row in again] == [(done.verdict.outcome, done.value) for done in before]
    assert [row.outcome for row in again[1:4]] == [Outcome.UNKNOWN, Outcome.UNKNOWN, Outcome.KEEP]
    log = [json.loads(line) for line in exported("jsonl").splitlines()]
    assert "keep" not in {run["status"] for run in log[2:]}


def test_our_log_comes_back_through_our_reader_of_theirs(history: Archive) -> None:
    text = exported("jsonl")
    found = read(text.encode())
    assert [(s.metric, s.direction) for s in found.segments] == [("loss", Direction.MINIMIZE)]
    assert [row.value for row in found.rows] == [done.value for done in history.experiments]
    assert [row.outcome for row in found.rows] == [done.verdict.outcome for done in history.experiments]
    assert not found.doubts


def test_every_line_has_what_their_readers_ask_for(history: Archive) -> None:
    config, *runs = map(json.loads, exported("jsonl").splitlines())
    assert config == {
        "type": "config",
        "name": "toy",
        "metricName": "loss",
        "metricUnit": "",
        "bestDirection": "lower",
    }
    for run in runs:
        assert isinstance(run["run"], int)
        assert isinstance(run["metric"], int | float)
        assert run["status"] in ("keep", "discard", "crash", "checks_failed")
        assert set(run["metrics"]) == set()
        assert run["timestamp"] > 1_600_000_000_000
        assert run["segment"] == 0
    assert runs[0]["run"] == 1


def test_an_id_names_one_experiment_of_one_study(history: Archive) -> None:
    ids = [each.id for each in attempts(history)]
    assert len(set(ids)) == len(history.experiments)
    assert ids[3:] == [each.id for each in attempts(history, first=3)]


def test_what_is_unknown_is_no_number(history: Archive) -> None:
    for each, done in zip(attempts(history), history.experiments, strict=True):
        assert ("loss" in each.scalars) == (done.value is not None)


def test_upstreams_notebook_finds_its_way(history: Archive, tmp_path: Path) -> None:
    """What its cells do: upper-case the status, take the crashes out, follow the lowest kept value, rank the steps."""
    pandas = pytest.importorskip("pandas", reason="pandas is not installed: upstream's notebook asks for it")
    (tmp_path / "results.tsv").write_text(exported("tsv"))
    frame = pandas.read_csv(tmp_path / "results.tsv", sep="\t")
    assert list(frame.columns) == ["commit", "val_bpb", "memory_gb", "status", "description"]
    frame["val_bpb"] = pandas.to_numeric(frame["val_bpb"], errors="coerce")
    frame["status"] = frame["status"].str.strip().str.upper()
    valid = frame[frame["status"] != "CRASH"].reset_index(drop=True)
    kept = valid[valid["status"] == "KEEP"]
    assert len(kept) == sum(done.verdict.outcome is Outcome.KEEP for done in history.experiments)
    assert kept["val_bpb"].cummin().iloc[-1] == pytest.approx(history.tip_value, abs=1e-6)
    assert valid.loc[0, "val_bpb"] >= kept["val_bpb"].min()


def test_parquet_comes_back_as_it_was(history: Archive, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed: the extra export-parquet")
    exported("parquet", str(tmp_path / "t.parquet"))
    table = parquet.read_table(tmp_path / "t.parquet").to_pylist()
    assert [row["value"] for row in table] == [done.value for done in history.experiments]


def test_tensorboard_files_grow_by_what_is_new_only(history: Archive, tmp_path: Path) -> None:
    pytest.importorskip("tensorboardX", reason="tensorboardX is not installed: the extra export-tensorboard")
    from autoresearch.export.tensorboard import export

    assert export(history, tmp_path) == len(history.experiments)
    assert export(history, tmp_path) == 0
    scalars = _scalars(tmp_path)
    assert scalars["loss"] == {d.number: pytest.approx(d.value) for d in history.experiments if d.value is not None}


def _scalars(folder: Path) -> dict[str, dict[int, float]]:
    """The scalars in event files: records of length, checksum, payload, checksum."""
    from tensorboardX.proto.event_pb2 import Event

    found: dict[str, dict[int, float]] = {}
    for path in folder.rglob("events.*"):
        data = path.read_bytes()
        while data:
            size = int.from_bytes(data[:8], "little")
            event = Event.FromString(data[12 : 12 + size])
            data = data[16 + size :]
            for value in event.summary.value:
                if value.HasField("simple_value"):
                    found.setdefault(value.tag, {})[event.step] = value.simple_value
    return found


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # its own, about libraries of its own
def test_mlflow_is_told_once_of_each(history: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("mlflow", reason="mlflow is not installed: the extra export-mlflow")
    pytest.importorskip("sqlalchemy", reason="mlflow's database store needs sqlalchemy")
    from mlflow.tracking import MlflowClient

    from autoresearch.export.mlflow import export

    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    monkeypatch.chdir(tmp_path)
    assert export(history, uri) == len(history.experiments)
    assert export(history, uri) == 0
    client = MlflowClient(tracking_uri=uri)
    place = client.get_experiment_by_name("toy").experiment_id
    values = sorted(run.data.metrics["loss"] for run in client.search_runs([place]) if "loss" in run.data.metrics)
    assert values == pytest.approx(sorted(d.value for d in history.experiments if d.value is not None))


@pytest.mark.slow
def test_wandb_offline_is_told_once_of_each(history: Archive, night: Path) -> None:
    pytest.importorskip("wandb", reason="wandb is not installed: the extra export-wandb")
    from autoresearch.export.wandb import to_wandb

    site = Site(night, "toy")
    few = _first(history, 2)
    assert to_wandb(few, site, project="p", offline=True) == 2
    assert to_wandb(few, site, project="p", offline=True) == 0
    assert to_wandb(_first(history, 3), site, project="p", offline=True) == 1
    assert len(list((site.folder / "exports" / "wandb").glob("offline-run-*"))) == 3


@pytest.mark.slow
def test_trackio_is_told_once_of_each(
    history: Archive, night: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACKIO_DIR", str(tmp_path))
    pytest.importorskip("trackio", reason="trackio is not installed: the extra export-trackio")
    from autoresearch.export.wandb import to_trackio

    site = Site(night, "toy")
    assert to_trackio(_first(history, 2), site, project="p") == 2
    assert to_trackio(_first(history, 2), site, project="p") == 0
    assert list(tmp_path.rglob("*.db"))


def _first(history: Archive, n: int) -> Archive:
    """The same study after its first `n` experiments."""
    import copy

    cut = copy.copy(history)
    cut.experiments = history.experiments[:n]
    return cut
