"""An imported study: read-only, shown by every verb, our statistics beside their claims."""

from __future__ import annotations

import json
import math
import random
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from autoresearch.cli import app
from autoresearch.errors import UserError
from autoresearch.history import Note
from autoresearch.records import Outcome
from autoresearch.report.morning import morning
from autoresearch.site import Site
from autoresearch.stats import luck
from autoresearch.views.hearsay import accounts

FIXTURES = Path(__file__).parent / "fixtures"


def verb(*words: str, exit_code: int = 0) -> str:
    done = CliRunner().invoke(app, list(words))
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == exit_code, done.output
    return done.stdout


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def null_ledger(path: Path, *, rows: int, seed: int = 7) -> None:
    """A night in which nothing is better, kept by "better than before"; the level measured four times."""
    chance, best = random.Random(seed), math.inf
    lines = ["commit\tval_bpb\tmemory_gb\tstatus\tdescription"]
    for number in range(rows):
        value = 1 + chance.gauss(0, 0.01)
        status = "keep" if value < best else "discard"
        best = min(best, value)
        lines.append(f"{number:07x}\t{value:.6f}\t1.0\t{status}\t{'baseline' if number < 1 else f'idea {number}'}")
    path.write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize("name", sorted(path.name for path in FIXTURES.iterdir()))
def test_every_fixture_is_shown_by_every_verb(name: str, folder: Path) -> None:
    said = json.loads(verb("import", str(FIXTURES / name), "--as", "theirs", "--json"))
    assert said["dropped"] == 0
    site = Site(folder, "theirs")
    history = site.ledger().history
    assert len(history.experiments) == len(history.hearsay) == said["rows"]
    assert history.imported
    kept = site.folder / "imported" / history.imported.sha256
    assert kept.read_bytes() == (FIXTURES / name).read_bytes()
    status = json.loads(verb("status", "--json"))
    assert status["certified"] is None
    assert status["trust_class"] == "imported"
    assert "0 dropped" in status["imported"]["imported"]
    assert len(verb("log", "--json").splitlines()) == said["rows"]
    assert "Imported: nothing of it was measured here." in verb("show", "0")
    page = Path(verb("report").strip()).read_text()
    assert "What their ledger says" in page
    assert "Nothing here was measured, judged or certified by autoresearch." in page
    assert "their best" in page
    for ours in ("provisional", "<h2>Certificates", "certified, 95 %", "Nothing was certified"):
        assert ours not in page
    captions = re.findall(r"<figcaption>Epoch \d+\. ([\d,]+) experiments?: ([\d,]+) kept, ([\d,]+) discarded", page)
    totals = [sum(int(text.replace(",", "")) for text in column) for column in zip(*captions, strict=True)]
    assert totals == [status["experiments"], status["counts"]["keep"], status["counts"]["discard"]]
    assert status["experiments"] == sum(status["counts"].values())
    assert "in an unknown time" in morning(history)[1]
    assert "imported from" in verb("replay", exit_code=4)
    comment = verb("report", "--comment", str(site.ledger_path))
    assert "nothing here was measured" in comment
    assert "provisional" not in comment
    assert "|" not in comment.replace("\\|", "")


def test_an_imported_study_cannot_be_added_to(folder: Path) -> None:
    verb("import", str(FIXTURES / "upstream.tsv"), "--as", "theirs")
    before = Site(folder, "theirs").ledger_path.read_bytes()
    with pytest.raises(UserError, match="it can only be read"):
        verb("pause")
    with pytest.raises(UserError, match="it can only be read"):
        verb("finish")
    with pytest.raises(UserError, match="has no patches"):
        verb("diff", "1")
    with pytest.raises(UserError, match="it can only be read"):
        Site(folder, "theirs").ledger().append(Note("alarm", "x"))
    assert Site(folder, "theirs").ledger_path.read_bytes() == before


def test_their_table_goes_out_as_it_came_in(folder: Path) -> None:
    verb("import", str(FIXTURES / "upstream.tsv"), "--as", "theirs")
    assert verb("export", "tsv") == (FIXTURES / "upstream.tsv").read_text()
    rows = [json.loads(line) for line in verb("export", "jsonl").splitlines()]
    assert {row["autoresearch"]["standing"] for row in rows if row.get("run")} == {""}


def test_the_same_file_again_changes_nothing_and_another_is_refused(folder: Path) -> None:
    verb("import", str(FIXTURES / "upstream.tsv"), "--as", "theirs")
    before = Site(folder, "theirs").ledger_path.read_bytes()
    verb("import", str(FIXTURES / "upstream.tsv"), "--as", "theirs")
    assert Site(folder, "theirs").ledger_path.read_bytes() == before
    with pytest.raises(UserError, match="was imported from another"):
        verb("import", str(FIXTURES / "percent.csv"), "--as", "theirs")


def test_a_part_of_an_import_is_no_study_of_ours_and_the_same_file_again_makes_it_whole(folder: Path) -> None:
    verb("import", str(FIXTURES / "upstream.tsv"), "--as", "theirs")
    site = Site(folder, "theirs")
    whole = site.ledger_path.read_bytes()
    site.ledger_path.write_bytes(b"".join(whole.splitlines(keepends=True)[:5]))
    assert json.loads(verb("status", "--json"))["imported"]
    with pytest.raises(UserError, match="it can only be read"):
        verb("tell", "go on")
    verb("import", str(FIXTURES / "upstream.tsv"), "--as", "theirs")
    assert len(verb("log", "--json").splitlines()) == len(site.ledger().history.hearsay) == 6
    assert "4 attempts" in json.loads(verb("status", "--json"))["imported"]["their rule"]
    assert not list(site.folder.glob("import-*"))


def test_a_dry_run_writes_nothing(folder: Path) -> None:
    verb("import", str(FIXTURES / "upstream.tsv"), "--dry-run")
    assert list(folder.iterdir()) == []


def test_a_file_that_is_no_ledger_is_refused(folder: Path) -> None:
    with pytest.raises(UserError, match="ls is no ledger: nothing in it is a heading"):
        verb("import", "/bin/ls")
    assert list(folder.iterdir()) == []


def test_segments_become_epochs_that_do_not_compare(folder: Path) -> None:
    verb("import", str(FIXTURES / "pi_session.jsonl"), "--as", "theirs")
    history = Site(folder, "theirs").ledger().history
    first, second = accounts(history)
    assert (first.kept, first.best, str(first.metric.direction)) == (2, 4701.0, "minimize")
    assert (second.kept, second.best, str(second.metric.direction)) == (1, 73.0, "maximize")
    assert verb("log", "--where", "outcome = 'keep' and epoch = 2", "--json").count("\n") == 2


def test_a_night_in_which_nothing_is_better_has_nothing_to_show(folder: Path) -> None:
    null_ledger(folder / "results.tsv", rows=100)
    verb("import", "results.tsv", "--as", "null")
    (night,) = accounts(Site(folder, "null").ledger().history)
    assert night.kept >= 3
    assert night.supported == 0
    assert night.by_luck > 0.01
    assert night.noise
    assert night.noise.sigma == pytest.approx(0.01, rel=0.5)


def test_what_is_far_better_than_the_noise_is_supported(folder: Path) -> None:
    rows = ["commit\tloss\tstatus\tdescription"]
    rows += [
        f"{n}\t{1 + d}\t{s}\t{w}"
        for n, (d, s, w) in enumerate(
            [
                (0, "keep", "baseline"),
                (0.001, "discard", "baseline again"),
                (-0.001, "discard", "re-run of the baseline"),
                (-0.5, "keep", "really better"),
                (-0.5005, "keep", "a hair"),
                (0.2, "discard", "worse"),
            ]
        )
    ]
    (folder / "results.tsv").write_text("\n".join(rows))
    verb("import", "results.tsv", "--as", "theirs")
    (night,) = accounts(Site(folder, "theirs").ledger().history)
    assert (night.kept, night.supported) == (2, 1)
    assert night.noise
    assert night.noise.sigma == pytest.approx(0.001)
    assert not night.noise.bound


def test_words_of_theirs_stay_text(folder: Path) -> None:
    rows = (
        "commit\tval_bpb\tmemory_gb\tstatus\tdescription\na1b2c3d\t1.0\t1\tkeep\t<script>alert(1)</script> \x1b[31m\n"
    )
    (folder / "results.tsv").write_text(rows)
    verb("import", "results.tsv", "--as", "theirs")
    assert "<script>alert" not in Path(verb("report").strip()).read_text()
    assert "\x1b[31m" not in verb("log") + verb("show", "0") + verb("status")


def test_false_keeps_of_keep_if_better_are_counted_exactly() -> None:
    chance, nights, n = random.Random(1), 4000, 20
    counts = []
    for _ in range(nights):
        best, kept = chance.random(), 0
        for _ in range(n):
            value = chance.random()
            kept, best = kept + (value < best), min(best, value)
        counts.append(kept)
    assert sum(counts) / nights == pytest.approx(luck.expected_keeps(n), abs=0.08)
    assert sum(c >= 1 for c in counts) / nights == pytest.approx(luck.any_keep(n), abs=0.015)
    for k in (1, 3, 5):
        assert sum(c >= k for c in counts) / nights == pytest.approx(luck.keeps_by_luck(n, k), abs=0.03)


def test_the_luckiest_of_n_leads_by_so_much() -> None:
    chance = random.Random(2)
    for n in (2, 10, 100):
        mean = sum(max(chance.gauss(0, 1) for _ in range(n)) for _ in range(3000)) / 3000
        assert luck.luckiest(n, 1.0) == pytest.approx(mean, abs=0.07)


def test_unknown_is_an_outcome_of_imported_rows_only() -> None:
    assert Outcome("unknown") is Outcome.UNKNOWN
    assert luck.robust_sigma([1.0, 2.0]) is None
