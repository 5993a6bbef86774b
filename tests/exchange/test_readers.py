"""Ledgers as people really have them: every row is read, every doubt told by line, nothing guessed into a keep."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoresearch.readers import Foreign, read
from autoresearch.readers.cells import number
from autoresearch.readers.words import status
from autoresearch.records import Direction, Outcome

FIXTURES = Path(__file__).parent / "fixtures"

EXPECTED = {
    # file: segments (metric, rows), keeps, rows in doubt, doubts
    "upstream.tsv": ([("val_bpb", 6)], 3, 0, 0),
    "no_heading.tsv": ([("val_bpb", 4)], 2, 0, 1),
    "extra_columns.tsv": ([("val_loss", 4)], 2, 0, 1),
    "percent.csv": ([("accuracy", 5)], 4, 2, 2),
    "unknown_words.tsv": ([("val_bpb", 9)], 2, 7, 7),
    "run_numbers.tsv": ([("score", 6)], 3, 0, 1),
    "schema_change.tsv": ([("val_bpb", 2), ("val_rmse", 3)], 4, 0, 1),
    "silent_change.tsv": ([("val_bpb", 5)], 4, 0, 1),
    "broken_lines.tsv": ([("val_bpb", 4)], 3, 2, 2),
    "units.tsv": ([("parse_time", 7)], 5, 5, 5),
    "crash_zero.tsv": ([("val_bpb", 6)], 3, 3, 3),
    "windows.tsv": ([("val_bpb", 2)], 2, 0, 0),
    "powershell.tsv": ([("val_bpb", 2)], 1, 0, 1),
    "notes.md": ([("PSNR", 4)], 2, 2, 3),
    "latin.tsv": ([("val_bpb", 2)], 2, 0, 1),
    "remarks.tsv": ([("val_bpb", 2)], 1, 1, 3),
    "pi_session.jsonl": ([("total_µs", 6), ("accuracy", 3)], 5, 0, 0),
    "pi_messy.jsonl": ([("metric", 8)], 4, 7, 11),
    "claw.jsonl": ([("seconds", 2), ("seconds", 2)], 4, 0, 0),
    "history.txt": ([("total_ms", 3)], 3, 0, 0),
}


def fixture(name: str) -> Foreign:
    return read((FIXTURES / name).read_bytes())


@pytest.mark.parametrize("name", EXPECTED)
def test_every_row_of_a_fixture_is_read(name: str) -> None:
    found = fixture(name)
    segments, keeps, doubtful, doubts = EXPECTED[name]
    assert [(each.metric, len(each.rows)) for each in found.segments] == segments
    assert sum(row.outcome is Outcome.KEEP for row in found.rows) == keeps
    assert sum(bool(row.doubts) for row in found.rows) == doubtful
    assert len(found.doubts) == doubts
    assert found.is_ledger


NO_LEDGERS = {
    "nothing": b"",
    "a program": b"\x7fELF\tkeep\t1.0\0\0\0",
    "passwd": b"root:x:0:0:root:/root:/bin/sh\nbin:x:1:1:bin:/bin:/bin/sh\n",
    "settings": b"[project]\nname = 1\nsize = 2\n",
    "json": b'{"a": 1}\n',
    "broken json": b"{\n",
    "history": b"commit 0123456789\n\n    no trailer\n",
}


@pytest.mark.parametrize("what", NO_LEDGERS)
def test_what_says_nothing_of_attempts_is_no_ledger(what: str) -> None:
    assert not read(NO_LEDGERS[what]).is_ledger


@pytest.mark.parametrize("data", [b"commit\tloss\tstatus\n", b'{"type":"config","metricName":"x"}\n', b"1.5\tkept\n"])
def test_a_heading_or_one_word_makes_a_ledger(data: bytes) -> None:
    assert read(data).is_ledger


def test_no_fixture_is_left_out() -> None:
    assert {path.name for path in FIXTURES.iterdir()} == set(EXPECTED)


@pytest.mark.parametrize(
    ("name", "direction"),
    [
        ("upstream.tsv", "minimize"),
        ("percent.csv", "maximize"),
        ("run_numbers.tsv", "maximize"),
        ("units.tsv", "minimize"),
    ],
)
def test_which_way_is_better(name: str, direction: str) -> None:
    assert fixture(name).segments[0].direction == direction


def test_a_direction_nobody_states_is_read_from_the_keeps_and_said() -> None:
    rows = b"commit\twidgets\tstatus\tdescription\na\t1\tkeep\tx\nb\t3\tkeep\ty\nc\t5\tkeep\tz\n"
    found = read(rows)
    assert found.segments[0].direction is Direction.MAXIMIZE
    assert "what they kept says maximize" in found.doubts[0]
    assert read(rows, direction=Direction.MINIMIZE).doubts == []


def test_a_word_nobody_knows_is_neither_kept_nor_discarded() -> None:
    rows = fixture("unknown_words.tsv").rows
    assert [row.outcome for row in rows[2:6]] == [Outcome.UNKNOWN] * 4
    assert rows[0].outcome is Outcome.KEEP  # where the segment begins
    assert rows[4].status == "baseline"


def test_an_unknown_status_and_a_missing_metric_stay_unknown_where_their_own_readers_guess() -> None:
    rows = fixture("pi_messy.jsonl").rows
    assert rows[1].value is None
    assert rows[4].outcome is Outcome.UNKNOWN


UPSTREAM = "commit\tval_bpb\tmemory_gb\tstatus\tdescription\n"


@pytest.mark.parametrize(
    "text", ["不keep", "!keep", "keep?", "~~keep~~", '["keep"]', "\u212aept", "kee\u200bp", "keep 2"]
)
def test_a_sign_beside_a_word_may_turn_it_round(text: str) -> None:
    row = read(f"{UPSTREAM}a\t0.5\t1\tkeep\tx\nb\t0.4\t1\t{text}\ty\n".encode()).rows[1]
    assert (row.outcome, row.value, len(row.doubts)) == (Outcome.UNKNOWN, 0.4, 1)


@pytest.mark.parametrize("text", ["keep", " KEEP ", "**kept**", "`keep`", "* Keep *"])
def test_emphasis_is_no_sign(text: str) -> None:
    assert read(f"{UPSTREAM}b\t0.4\t1\t{text}\ty\n".encode()).rows[0].outcome is Outcome.KEEP


@pytest.mark.parametrize("heading", ["commit loss kept desc", "commit error status desc", "idea loss kept how"])
def test_a_heading_may_be_a_word_for_an_outcome(heading: str) -> None:
    place = heading.split().index("loss") if "loss" in heading else 1
    (segment,) = read((heading.replace(" ", "\t") + "\na\t0.5\tdiscard\tx\nb\t0.4\tkept\ty\n").encode()).segments
    assert segment.metric == heading.split()[place]
    assert [row.outcome for row in segment.rows] == [Outcome.DISCARD, Outcome.KEEP]


def test_rows_that_look_like_none_are_rows() -> None:
    numbered = read(b"id\tloss\n#1\t0.5\n#2\t0.4\n")
    assert [(row.commit, row.value) for row in numbered.rows] == [("#1", 0.5), ("#2", 0.4)]
    assert "line 1: taken for a heading" in numbered.doubts[0]
    odd = read(f"{UPSTREAM}a\t0.5\t1\tkeep\tx\n-\t-\t-\t-\t-\nabcdef1\t0.81".encode())
    assert [(row.line, row.outcome) for row in odd.rows[1:]] == [(3, Outcome.UNKNOWN), (4, Outcome.UNKNOWN)]
    assert [odd.rows[0].summary, odd.rows[2].cell] == ["x", "0.81"]
    assert "line 4: 3 fewer cells than columns" in odd.doubts


def test_whatever_is_no_row_is_told_by_line() -> None:
    found = read(f"# night 1\n{UPSTREAM}a\t0.5\t1\tkeep\tx\n-----\n{UPSTREAM}{UPSTREAM}b\t0.4\t1\tkeep\ty\n".encode())
    told = " ".join(found.doubts)
    assert len(found.rows) == 2
    assert all(f"line {line}: " in told for line in (1, 4, 5))


def test_one_of_several_fitting_metrics_is_taken_with_a_doubt() -> None:
    data = b"iter\tbest_loss\tloss\tstatus\tdescription\n1\t0.5\t0.5\tkeep\tx\n2\t0.5\t0.6\tdiscard\ty\n"
    found = read(data)
    assert (found.segments[0].metric, found.rows[1].value) == ("loss", 0.6)
    assert found.doubts == ["line 2: loss is taken for the metric; it may be best_loss: --metric NAME"]
    assert read(data, metric="loss").doubts == []


def test_garbage_above_a_log_is_one_row_and_the_log_is_read() -> None:
    line = '{"run": 1, "metric": 1.5, "status": "keep", "description": "x"}\n'
    found = read(("Warning: not a terminal\n" + line * 3).encode())
    assert (found.form, [row.value for row in found.rows]) == ("pi", [None, 1.5, 1.5, 1.5])


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "text",
    [
        f"{UPSTREAM}a\t1{' ' * 200_000}!\t1\tkeep\tx\n",
        f"{UPSTREAM}a\t0.5\t1\tkeep\tx\n" + "more\n" * 200_000,
        "commit abcdef1\n" + "    \n" * 200_000 + "    Result: {}\n",
    ],
    ids=["spaces", "continuations", "blank lines"],
)
def test_a_long_file_takes_no_square_of_its_length(text: str) -> None:
    """Each took minutes when it was read by the square."""
    assert len(read(text.encode()).rows) == 1


def test_a_crash_coded_zero_is_no_score_and_a_zero_far_from_all_others_neither() -> None:
    by_line = {row.line: row for row in fixture("crash_zero.tsv").rows}
    assert [by_line[line].value for line in (2, 4, 6)] == [None, None, None]
    assert "taken for a missing number" in by_line[4].doubts[0]


def test_a_count_that_reaches_zero_stays() -> None:
    rows = "commit\tfailures\tstatus\tdescription\n" + "".join(f"{n}\t{n}\tkeep\tx\n" for n in (3, 2, 1, 0))
    assert [row.value for row in read(rows.encode()).rows] == [3, 2, 1, 0]


def test_repeated_ids_become_different_commits_and_keep_their_own_word() -> None:
    rows = fixture("run_numbers.tsv").rows
    assert len({row.name for row in rows}) == len(rows)
    assert [row.commit for row in rows[1:3]] == ["exp-2", "exp-2"]


def test_what_else_a_row_says_is_kept() -> None:
    second = fixture("pi_session.jsonl").rows[1]
    assert second.hypothesis == "lookups dominate"
    assert second.values == {"allocs": 8800.0}
    assert second.extra["asi.next_action_hint"] == "try arrays"
    assert fixture("extra_columns.tsv").rows[1].values["tok_per_s"] == 409200


def test_both_forms_of_a_trailer_are_read_oldest_first() -> None:
    rows = fixture("history.txt").rows
    assert [row.value for row in rows] == [3818, 3464, 3314]
    assert [row.summary for row in rows] == ["baseline", "no strings on the way", "one scanner for both"]


def test_the_named_metric_is_gone_by() -> None:
    data = (FIXTURES / "extra_columns.tsv").read_bytes()
    assert read(data, metric="train_loss").rows[0].value == 3.10
    assert "no column 'speed'" in read(data, metric="speed").doubts[0]


@pytest.mark.parametrize("text", ["1,5", "3,818", "1_000", "0x10", "--1", "1e999", "inf", "NaN", "one", "3 4 5"])
def test_what_is_no_certain_number_is_none(text: str) -> None:
    assert number(text).value is None


def covered(data: bytes) -> None:
    """Every line of the file that says anything is in a row, a heading, a remark; every keep is their own word."""
    found = read(data)
    rows = sum(row.text.count("\n") + 1 for row in found.rows)
    assert rows <= found.lines
    for row in found.rows:
        assert row.outcome is not Outcome.KEEP or status(row.status) in (
            "keep",
            "kept",
            "baseline",
            "base",
            "initial",
        )


@given(st.binary(max_size=400))
@settings(max_examples=150)
def test_no_bytes_are_too_strange(data: bytes) -> None:
    covered(data)


CELLS = st.one_of(
    st.sampled_from(["keep", "discard", "crash", "0.0", "1.5", "-", "95%", "3 ms", "a1b2c3d", "\r", '"']),
    st.text(max_size=8),
)
ROWS = st.lists(st.lists(CELLS, min_size=4, max_size=7).map("\t".join), max_size=12)


@given(ROWS)
@settings(max_examples=200)
def test_no_row_under_a_heading_is_dropped(rows: list[str]) -> None:
    text = "commit\tval_bpb\tmemory_gb\tstatus\tdescription\n" + "\n".join(rows)
    covered(text.encode("utf-8", "replace"))
    found = read(text.encode("utf-8", "replace"))
    said = "\n".join(row.text for row in found.rows)
    for row in rows:
        line = row.split("\n")[0].rstrip("\r")
        if line.count("\t") == 4 and "keep" in line.split("\t") and "\ud800" not in line:
            assert line.encode("utf-8", "replace").decode() in said


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=6),
        lambda each: (
            st.lists(each, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["run", "metric", "metrics", "status", "type", "asi", "commit", "segment", "timestamp"]
                ),
                each,
                max_size=6,
            )
        ),
        max_leaves=12,
    )
)
@settings(max_examples=200)
def test_no_json_is_too_strange(said: object) -> None:
    import json

    covered(("{\n" + json.dumps(said) + "\n").encode())


def test_without_a_heading_a_number_that_never_changes_is_not_the_metric() -> None:
    rows = b"HEAD\tmodel\t397.0\t3.30\tkeep\tfirst\nHEAD\tmodel\t397.0\t3.50\tkeep\tsecond\n"
    assert [row.value for row in read(rows).rows] == [3.3, 3.5]
    assert "the metric is column 4" in read(rows).doubts[0]
    assert read(rows, metric="column 3").rows[0].value == 397


def test_a_heading_in_words_nobody_knows_is_a_heading() -> None:
    (segment,) = read(
        b"what\twidgets\thow it went\nx\t1.5\tkeep\ny\t1.4\tkeep\n", direction=Direction.MINIMIZE
    ).segments
    assert (segment.metric, [row.value for row in segment.rows]) == ("widgets", [1.5, 1.4])
    assert [row.outcome for row in segment.rows] == [Outcome.KEEP] * 2


def test_a_table_may_begin_with_a_crash() -> None:
    rows = read(b"a1\t-\t-\tcrash\ttypo\nb2\t1.5\t1.0\tkeep\tx\nb3\t1.4\t1.0\tkeep\tx\n").rows
    assert [row.outcome for row in rows] == [Outcome.CRASH, Outcome.KEEP, Outcome.KEEP]


def test_a_table_in_which_nothing_is_kept_says_so_once() -> None:
    found = read(b"run\tlatency_us\tdescription\n1\t9.5\tx\n2\t9.4\ty\n")
    assert found.doubts == ["line 2: no row says what became of it, so nothing counts as kept"]
    assert [row.outcome for row in found.rows] == [Outcome.UNKNOWN] * 2
