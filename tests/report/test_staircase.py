import re
from itertools import combinations
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nights import Teller, a_night

from autoresearch.history import Archive
from autoresearch.records import Direction, Metric, Outcome, Ruling
from autoresearch.report import svg, terminal
from autoresearch.report.axes import tick_text, ticks
from autoresearch.report.labels import Anchor, Rect, place
from autoresearch.report.staircase import Staircase
from autoresearch.views import Reading, Standing

UP = Metric("speed", Direction.MAXIMIZE, "tok/s")


def stairs_of(history: Archive, epoch: int = -1) -> Staircase:
    reading = Reading.of(history)
    return Staircase.of(reading, reading.spans[epoch])


def test_every_experiment_is_in_the_picture_once() -> None:
    stairs = stairs_of(a_night(200, seed=3))
    assert len(stairs.discards) + len(stairs.keeps) + len(stairs.rug) == 200


def test_the_line_steps_to_what_was_kept_and_back_when_rolled_back() -> None:
    teller = Teller().begin()
    teller.experiment(effect=-6, luck=9, outcome=Outcome.KEEP)
    kept = teller.reference
    teller.certificate()
    stairs = stairs_of(teller.history)
    assert [point.y for point in stairs.line][2:4] == [kept, kept]
    assert stairs.line[-1].y == pytest.approx(teller.reference)
    assert [keep.standing for keep in stairs.keeps] == [Standing.ROLLED_BACK]
    assert [mark.ruling for mark in stairs.marks] == [Ruling.ROLLED_BACK]
    assert 'class="undone" cx=' in svg.draw(stairs)


def test_levels_are_the_baselines_then_the_certified() -> None:
    teller = Teller(seed=2).begin()
    teller.experiment(effect=8, outcome=Outcome.KEEP)
    teller.certificate()
    teller.go(3)
    stairs = stairs_of(teller.history)
    assert [(p.x0, p.x1, p.certificate) for p in stairs.plateaus] == [(-0.5, 1.5, 0), (1.5, 4.5, 1)]
    assert stairs.plateaus[1].mean == teller.history.certificates[0].mean


def test_a_holdout_level_is_not_drawn_on_the_public_axis() -> None:
    teller = Teller(seed=2, split="holdout").begin()
    teller.experiment(effect=8, luck=0, outcome=Outcome.KEEP)
    value = teller.history.tip.value if teller.history.tip else None
    teller.certificate()
    mark = stairs_of(teller.history).marks[0]
    assert (mark.y, mark.low, mark.high) == (value, value, value)
    proof, stairs = teller.history.certificates[0], stairs_of(teller.history)
    assert [plateau.certificate for plateau in stairs.plateaus] == [0], "no line at the one run that was picked"
    assert f"Last certified level {stairs.figures.with_unit(proof.mean)} on the holdout" in svg.description(stairs)
    assert f"certified, {stairs.figures.with_unit(proof.mean)} on the holdout" in svg.draw(stairs)
    assert len(stairs_of(teller.history).repeats) == 12


@pytest.mark.parametrize("sign", [-1, 1])
def test_wild_discards_are_arrows_and_do_not_flatten_the_rest(sign: int) -> None:
    teller = Teller(seed=4).begin().go(10)
    before = stairs_of(teller.history).y_range
    teller.experiment(effect=5000.0 * sign, outcome=Outcome.DISCARD)
    stairs = stairs_of(teller.history)
    assert len(stairs.beyond) == 1
    assert stairs.y_range == pytest.approx(before)
    assert "1 dot off the scale, as far as" in svg.draw(stairs)


def test_each_epoch_has_its_own_picture() -> None:
    teller = Teller(seed=9).begin().go(10)
    teller.begin(epoch=2).go(5)
    assert [stairs_of(teller.history, epoch).x_range[0] for epoch in (0, 1)] == [-0.5, 10.5]


@pytest.mark.parametrize("width", [960, 400])
@pytest.mark.parametrize("seed", range(6))
def test_no_label_covers_another_or_a_kept_dot(seed: int, width: int) -> None:
    options = {"metric": UP, "level": 5e4, "sigma": 300.0} if seed % 2 else {}
    stairs = stairs_of(a_night(150, seed=seed, **options))
    frame = svg.Frame.of(stairs, width=width, height=480)
    boxes = [label.box for label in svg._labels(frame, 14)]
    assert len(boxes) >= 4
    assert not any(a.meets(b) for a, b in combinations(boxes, 2))
    assert all(box.within(frame.plot) for box in boxes)
    dots = [frame.at(keep) for keep in stairs.keeps]  # type: ignore[arg-type]
    assert not any(box.left < x < box.right and box.top < y < box.bottom for box in boxes for x, y in dots)


@given(st.lists(st.tuples(st.floats(0, 900), st.floats(0, 400), st.text(max_size=30)), max_size=12), st.booleans())
def test_placed_labels_never_overlap(dots: list[tuple[float, float, str]], below: bool) -> None:
    frame = Rect(0, 0, 900, 400)
    labels = place([Anchor(*dot) for dot in dots], frame=frame, solid=[], soft=[], below=below)
    assert not any(a.box.meets(b.box) for a, b in combinations(labels, 2))


@pytest.mark.parametrize(
    ("experiments", "options", "most"),
    [
        (0, {}, 8_000),
        (1, {}, 8_000),
        (12, {}, 12_000),
        (100, {}, 40_000),
        (1000, {"certify_every": 120, "good": 0.03}, 80_000),
        (10_000, {"certify_every": 1200, "good": 0.004}, 160_000),
    ],
)
def test_the_file_stays_small_and_is_well_formed(experiments: int, options: dict[str, float], most: int) -> None:
    text = svg.draw(stairs_of(a_night(experiments, seed=3, **options)))
    assert len(text.encode()) < most
    ElementTree.fromstring(text)


def test_an_unmeasured_study_says_so() -> None:
    stairs = stairs_of(Teller().begin(baseline_runs=0).history)
    assert "nothing has been measured yet" in svg.draw(stairs)
    assert "nothing measured yet" in terminal.text(stairs)


def test_the_picture_is_self_contained_and_everything_in_it_escaped() -> None:
    evil = '<script>alert(1)</script><image href="https://evil.example/x"/>'
    metric = Metric(evil, Direction.MINIMIZE, '"><b>')
    text = svg.draw(stairs_of(a_night(40, seed=5, metric=metric, texts=(evil, "\x1b[31m\x00\ud800"))))
    tree = ElementTree.fromstring(text)
    names = {element.tag.rpartition("}")[2] for element in tree.iter()}
    assert names <= {"svg", "title", "desc", "style", "rect", "path", "polyline", "circle", "text", "g"}
    assert all(not key.startswith("on") and "href" not in key for element in tree.iter() for key in element.attrib)
    assert "url(" not in text


def test_the_picture_tells_who_cannot_see_it() -> None:
    history = a_night(30, seed=3)
    tree = ElementTree.fromstring(svg.draw(stairs_of(history)))
    named = {element.attrib["id"]: element.text for element in tree if "id" in element.attrib}
    title, description = (named[name] for name in tree.attrib["aria-labelledby"].split())
    assert title == "quick: val_bpb by experiment"
    assert "30 experiments: " in str(description)
    assert "Last certified level 2.8" in str(description)


def test_unsafe_is_written_into_the_picture() -> None:
    stairs = stairs_of(a_night(5, unsafe=True))
    assert "UNSAFE" in svg.draw(stairs)
    assert "UNSAFE" in terminal.text(stairs)


@pytest.mark.parametrize("columns", [40, 80, 160])
@pytest.mark.parametrize("experiments", [0, 1, 12, 300])
def test_the_terminal_picture_fits(columns: int, experiments: int) -> None:
    lines = terminal.text(stairs_of(a_night(experiments, seed=3)), columns=columns, rows=20).split("\n")
    assert len(lines) == 20
    assert max(map(len, lines)) <= columns
    assert not any("\x1b" in line for line in lines)


def test_no_line_of_the_terminal_picture_hides_a_discard() -> None:
    stairs = stairs_of(a_night(30, seed=3))
    wide = {"columns": 200, "rows": 60}
    drawn = terminal.text(stairs, **wide).replace("· discarded", "").count("·")
    assert drawn == len({point.x for point in stairs.inside(stairs.discards)})


def test_colour_adds_nothing_to_the_terminal_picture() -> None:
    stairs = stairs_of(a_night(60, seed=3))
    coloured = terminal.rich_text(stairs, columns=72)
    assert "\n".join(line.rstrip() for line in coloured.plain.split("\n")) == terminal.text(stairs, columns=72)


@given(st.floats(-1e9, 1e9), st.floats(1e-5, 1e3))
def test_ticks_are_few_and_inside(low: float, relative: float) -> None:
    width = relative * max(abs(low), 1e-3)
    high = low + width
    values = ticks(low, high, about=6)
    assert len(values) <= 13
    assert all(low - width * 1e-6 <= value <= high + width * 1e-6 for value in values)


def test_tick_texts_need_no_more_decimals_than_their_neighbours() -> None:
    values = ticks(2.881, 2.9212, about=5)
    assert [tick_text(value, values) for value in values] == ["2.89", "2.90", "2.91", "2.92"]
    assert all(re.fullmatch(r"[\d,]+", tick_text(v, ticks(0, 9000, about=4))) for v in ticks(0, 9000, about=4))


def test_a_label_has_room_for_what_was_changed_and_not_only_where() -> None:
    teller = Teller(seed=2, texts=("params.py: SHIFT 1.0 -> 0.515",)).begin()
    teller.experiment(effect=8, luck=0, outcome=Outcome.KEEP)
    assert "params.py: SHIFT 1.0 -&gt; 0.515</text>" in svg.draw(stairs_of(teller.history))
