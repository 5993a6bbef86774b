"""What the report tells besides: changes in a fixed order, before and after, how far gains held, since, a picture."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import pytest
from nights import Teller, a_diff, a_night, a_task, an_epoch

from autoresearch.errors import UserError
from autoresearch.history import Archive
from autoresearch.records import Direction, Metric, Outcome, Side
from autoresearch.report import build, png
from autoresearch.report.comment import render
from autoresearch.report.environment import environment
from autoresearch.report.figures import figures
from autoresearch.report.headline import MOST_NAMED, headline
from autoresearch.report.kept import story
from autoresearch.report.markdown import escape
from autoresearch.report.morning import morning
from autoresearch.report.page import certificate_row, compose
from autoresearch.report.provenance import provenance
from autoresearch.report.sides import sides
from autoresearch.views import Reading, survivors
from autoresearch.views.calibration import calibration
from autoresearch.views.claimed import amount
from autoresearch.views.delivery import delivery
from autoresearch.views.since import first_since
from autoresearch.views.spend import spend

LONG = a_night(120, seed=3)


def certified_night(**detail: object) -> Teller:
    """Three steps, the first two proven together, with what their agent expected."""
    teller = Teller(seed=2).begin()
    if detail:
        make = teller.candidate
        teller.candidate = lambda *args: replace(make(*args), detail=detail)  # type: ignore[method-assign]
    teller.experiment(effect=8.0, outcome=Outcome.KEEP)
    teller.experiment(effect=8.0, outcome=Outcome.KEEP)
    teller.certificate()
    teller.experiment(effect=5.0, outcome=Outcome.KEEP)
    return teller


def test_every_change_is_told_in_the_same_order_and_what_nobody_said_is_named() -> None:
    reading = Reading.of(certified_night(expected_effect="0.03 lower").history)
    stories = [story(reading, change) for change in survivors(reading)]
    names = ["what", "why", "expected", "as judged", "measured again", "result", "code", "made by"]
    assert [[line.name for line in each] for each in stories] == [names] * 3
    assert {each[2].value for each in stories} == {"0.03 lower"}
    silent = Reading.of(certified_night().history)
    assert {story(silent, change)[2].value for change in survivors(silent)} == {"not said"}


def test_certified_sides_are_the_certificates_own_runs() -> None:
    history = certified_night().history
    found = delivery(Reading.of(history))
    assert found is not None
    (runs,), (proof,) = history.proofs, history.certificates
    after = [run.value for run in runs if run.side is Side.CANDIDATE and run.value is not None]
    row = found.rows[0]
    assert (row.after.mean, row.after.n) == (pytest.approx(sum(after) / len(after)), proof.n)  # type: ignore[union-attr]
    assert row.before.n == proof.n  # type: ignore[union-attr]
    assert "certificate 1" in found.source


def test_before_any_change_there_is_no_after() -> None:
    assert sides(Reading.of(Archive())) is None
    assert sides(Reading.of(a_night(0))) is None


def test_a_provisional_best_says_what_flatters_it() -> None:
    teller = Teller(seed=2).begin()
    teller.experiment(effect=8.0, outcome=Outcome.KEEP)
    table = sides(Reading.of(teller.history))
    assert table is not None
    assert "flatter" in table.source
    assert table.rows[0].runs == "12 / 1"


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0.01 lower", 0.01),
        ("-0.02 bit/byte", 0.02),
        ("about 5 % better", 0.15),
        ("1e-3", 0.001),
        ("lower", None),
        ("0.01 to 0.02", None),
        ("0", None),
        ("layer2 shrinks", None),
        ("reduce val_bpb by about 0.003, because of the rate", 0.003),
        ("bpb -0.002", 0.002),
        ("a gain of at least 0.01.", 0.01),
        ("layer-2 gets lower by 0.01", 0.01),
        ("0.01bit/byte with batches of all sizes", 0.01),
        ("2 ms faster", None),
        ("about 2x faster", None),
        ("2 times better", None),
        ("epoch 3 should be better", None),
        ("reduce loss at layer-2", None),
        ("raise top-1 accuracy", None),
        ("increase depth by 2", None),
        ("batch of 32", None),
        ("lower to 0.95 bit/byte", None),
        ("val_bpb: 0.95", None),
        ("val_bpb of about 0.95 bit/byte", None),
        ("at about 0.95 bit/byte", None),
        ("lower val_bpb by 0.003 bit/byte", 0.003),
        ("0.01-0.02 lower", None),
        ("1,5 lower", None),
    ],
)
def test_a_claim_is_a_number_only_where_it_is_exactly_one(text: str, size: float | None) -> None:
    metric = Metric("val_bpb", Direction.MINIMIZE, "bit/byte")
    assert amount(text, 3.0, metric) == (None if size is None else pytest.approx(size))


def test_claims_are_held_against_what_was_measured() -> None:
    found = calibration(Reading.of(certified_night(expected_effect="0.001 lower").history))
    assert (found.proposals, len(found.claims), found.reached) == (3, 3, 3)
    assert found.ratio is not None
    assert found.ratio > 10
    boasting = calibration(Reading.of(certified_night(expected_effect="50 % lower").history))
    assert boasting.reached == 0
    assert calibration(Reading.of(certified_night().history)).ratio is None


def test_lucky_keeps_do_not_hold() -> None:
    teller = Teller(seed=4).begin()
    teller.experiment(effect=0.0, luck=5.0, outcome=Outcome.KEEP)
    teller.certificate()
    found = calibration(Reading.of(teller.history))
    assert len(found.again) == 1
    assert found.held is not None
    assert found.held < 0.5
    (block,) = found.blocks
    assert block.judged > 3 * block.certificate.gain


def test_the_steps_of_a_block_are_added_up_as_judged() -> None:
    found = calibration(Reading.of(certified_night().history))
    assert [block.steps for block in found.blocks] == [2]
    assert found.blocks[0].judged == pytest.approx(0.064, abs=0.02)


def test_since_an_experiment_lists_only_what_came_after() -> None:
    page = compose(LONG, task=a_task(LONG.metric), diff_of=a_diff, first=100)
    assert page.since.startswith("Listed is what happened since experiment 100")
    assert all(row.number >= 100 for row in page.discards)
    assert page.facts[0].value == "21"
    assert page.headline == compose(LONG, task=a_task(LONG.metric), diff_of=a_diff).headline
    assert morning(LONG, first=100)[1].startswith("since experiment 100: 21 experiments in ")
    assert figures(LONG, first=100)["counts"]["experiments"] == 21
    assert spend(LONG, first=100).certificates < spend(LONG).certificates


def test_a_part_is_written_beside_the_whole(tmp_path: Path) -> None:
    paths = [build(LONG, task=a_task(LONG.metric), diff_of=a_diff, out_dir=tmp_path, first=at) for at in (0, 100)]
    assert [path.html.name for path in paths] == ["report.html", "report-since.html"]
    assert "Listed is" not in paths[0].html.read_text()


def test_the_figures_of_the_page_for_programs() -> None:
    history = certified_night().history
    proof, got = history.certificates[-1], figures(history)
    assert (got["proven"], got["level"], got["interval"]) == (True, proof.mean, [proof.low, proof.high])
    assert got["gain_interval"][0] < got["gain"] < got["gain_interval"][1]
    assert got["counts"] == {"experiments": 3, "kept": 3, "certified": 2, "rolled_back": 0, "without_score": 0}
    nothing = figures(a_night(0))
    assert nothing["claim"].startswith("Nothing was found")
    assert (nothing["level"], nothing["interval"], nothing["gain"]) == (None, None, None)


def test_since_a_time() -> None:
    now = LONG.experiments[-1].started
    assert first_since(LONG, "40", now=now) == 40
    with pytest.raises(UserError, match="Nothing new since experiment 121: the last experiment is number 120"):
        first_since(LONG, "121", now=now)
    with pytest.raises(UserError, match="Nothing new since 2027-01-01"):
        first_since(LONG, "2027-01-01", now=now)
    assert first_since(LONG, "10m", now=now) < first_since(LONG, "1m", now=now) <= LONG.next_number - 1
    assert first_since(LONG, "2w", now=now) == first_since(LONG, "99999999999d", now=now) == 0
    assert first_since(LONG, LONG.experiments[7].started, now=now) == 7
    with pytest.raises(UserError, match="neither a number, a time nor a while"):
        first_since(LONG, "yesterday", now=now)


@pytest.mark.parametrize("history", [Archive(), a_night(0), a_night(30), LONG], ids=["none", "0", "30", "120"])
def test_the_share_picture_is_1200_by_630(history: Archive, tmp_path: Path) -> None:
    png.write(history, tmp_path / "share.png")
    data = (tmp_path / "share.png").read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", data[16:24]) == (1200, 630)


def test_no_name_breaks_the_share_picture(tmp_path: Path) -> None:
    metric = Metric("$\\frac{1}{", Direction.MINIMIZE, "日本")
    png.write(Teller(metric=metric).begin().go(10).history, tmp_path / "share.png")
    assert (tmp_path / "share.png").stat().st_size > 5000


def test_the_sheet_lists_all_that_a_second_run_stands_on(tmp_path: Path) -> None:
    packages = {f"package_{number}": f"1.{number} 06952241582ee488" for number in range(80)}
    stands_on = {
        "packages": packages,
        "read": {},
        "task": {"metric": {"name": "loss", "bounds": [0, 20]}},
        "python": None,
    }
    teller = Teller()
    teller.add(replace(an_epoch(teller.metric), environment=stands_on, machine={"memory_gib": 24, "gpus": []}))
    made = build(teller.history, task=a_task(teller.metric), diff_of=a_diff, out_dir=tmp_path)
    lines = {line.name: line for line in environment(stands_on)}
    assert lines["installed packages"].value == "80 recorded"
    assert lines["task as measured"].more == ["metric.name: loss", "metric.bounds: [0, 20]"]
    assert (lines["read besides"].value, lines["Python"].value) == ("none", "unknown")
    for page, package in (
        (made.html, "<li>package_79: 1.79 06952241582ee488</li>"),
        (made.markdown, r"package\_79: 1.79"),
    ):
        text = page.read_text()
        assert package in text
        assert "gpus" not in text
        assert "24 GiB" in text


def test_a_patch_that_is_gone_costs_the_patch_and_not_the_page(tmp_path: Path) -> None:
    def gone(_parent: str, _child: str) -> str:
        raise UserError("git diff ended with status 128.", fix="run it by hand")

    history = certified_night().history
    assert (
        "not kept here" in build(history, task=a_task(history.metric), diff_of=gone, out_dir=tmp_path).html.read_text()
    )


def test_a_comment_gives_the_levels_it_speaks_of() -> None:
    history = certified_night().history
    levels = headline(Reading.of(history)).levels
    assert levels.endswith("bit/byte")
    assert f"**{escape(levels)}**" in render(history).splitlines()


def test_values_that_repeat_exactly_have_no_p() -> None:
    history = certified_night().history
    reading = Reading.of(history)
    span, proof = reading.spans[-1], reading.spans[-1].proofs[-1]
    assert certificate_row(reading, span, proof).p == "0.0004 (level 0.0125)"
    exact = replace(proof, certificate=replace(proof.certificate, p=0.0, level=0.0))
    assert certificate_row(reading, span, exact).p == "–, by repetition"


def test_a_night_in_three_lines() -> None:
    first, second, third = morning(certified_night().history, why="the budget is spent")
    assert first.startswith("quick: 0.0")
    assert "certified (" in first
    assert "3 experiments" in second
    assert "3 kept, 2 certified" in second
    assert third == "The night is over: the budget is spent. Read on: autoresearch report"


def test_claims_of_strangers_stay_text(tmp_path: Path) -> None:
    history = certified_night(expected_effect="<script>alert(1)</script> 0.01").history
    html = build(history, task=a_task(history.metric), diff_of=a_diff, out_dir=tmp_path).html.read_text()
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "How far gains held" in html


def test_metrics_of_every_name_are_in_the_table() -> None:
    teller = Teller(seed=2).begin()
    teller.experiment(effect=8.0, outcome=Outcome.KEEP)
    history = teller.history
    commit = history.tip_commit
    for runs in history.settled.values():
        runs[:] = [replace(run, values={"memory": 10.0 if run.commit == commit else 20.0}) for run in runs]
    table = sides(Reading.of(history))
    assert table is not None
    assert [(row.name, row.change) for row in table.rows][1] == ("memory", "−50.0%")


def test_the_sheet_says_who_and_when_and_how_to_begin_again() -> None:
    lines = {line.name: line for line in provenance(certified_night().history)}
    assert lines["to begin as it began"].value.startswith("git switch --detach ")
    assert lines["night 1"].value == "1,000 experiments, 8 hours"
    assert next(line for name, line in lines.items() if name.startswith("agent ")).value == "3 experiments"
    assert provenance(Archive()) == []


def test_a_long_chain_of_certificates_is_counted_not_listed() -> None:
    history = Teller(seed=5, good=0.9, failing=0.0, certify_every=3).begin().go(60).history
    said = headline(Reading.of(history))
    assert len(history.certificates) > MOST_NAMED
    assert f"certificates, {history.certificates[0].number} to " in said.detail
