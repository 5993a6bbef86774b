"""The Pareto set: who is in it, and what the page shows of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from nights import Teller, a_diff, a_task

from autoresearch.history import Archive
from autoresearch.records import Direction, Measurement, Side
from autoresearch.report import build
from autoresearch.views import Reading
from autoresearch.views.pareto import front


class Weighed(Teller):
    """A night whose runs also have a size."""

    sizes: tuple[float | None, ...] = ()

    def add(self, record: object) -> None:
        if isinstance(record, Measurement) and record.experiment is not None and self.sizes:
            size = self.sizes[min(record.experiment, len(self.sizes) - 1)]
            extra = {} if size is None else {"size": size}
            record = replace(record, values={**record.values, **extra}, peak_memory_bytes=None)
        super().add(record)


def a_night(*changes: tuple[float, float | None]) -> Archive:
    """A baseline of size 10, then changes by their true effect in sigma and their size; noiseless enough to rank."""
    teller = Weighed(seed=3, sigma=0.004)
    teller.sizes = (10.0, *(size for _, size in changes))
    teller.begin()
    for effect, _ in changes:
        teller.experiment(effect=effect, luck=0.0)
    return teller.history


def numbers(history: Archive, **axes: Direction) -> tuple[set[int], set[int], int]:
    reading = Reading.of(history)
    found = front(reading, reading.spans[-1], axes)
    assert found is not None
    return (
        {point.experiment.number for point in found.best},
        {point.experiment.number for point in found.rest},
        found.unknown,
    )


def test_what_nothing_beats_in_every_value_is_in_the_set() -> None:
    history = a_night((-30, 20.0), (-20, 5.0), (-40, 4.0), (-50, 30.0))
    assert numbers(history, size=Direction.MINIMIZE) == ({0, 2, 3}, {1, 4}, 0)
    assert numbers(history, size=Direction.MAXIMIZE) == ({0, 1, 4}, {2, 3}, 0)


def test_a_change_without_the_value_is_left_out_and_counted() -> None:
    assert numbers(a_night((-30, None), (-20, 5.0)), size=Direction.MINIMIZE) == ({0, 2}, set(), 1)


def test_equal_changes_are_both_in_the_set() -> None:
    history = a_night((-20, 10.0))
    runs = history.settled[0]
    history.settled[1] = [replace(run, commit="other", experiment=1) for run in runs if run.side is Side.CANDIDATE]
    best, _, _ = numbers(history, size=Direction.MINIMIZE)
    assert best == {0, 1}


def test_nothing_to_weigh_is_no_section(tmp_path: Path) -> None:
    history = a_night((-20, 5.0))
    reading = Reading.of(history)
    assert front(reading, reading.spans[-1], {}) is None
    paths = build(history, task=a_task(history.metric), diff_of=a_diff, out_dir=tmp_path)
    assert "Trade-offs" not in paths.html.read_text()


def test_two_values_make_a_picture_and_three_a_table(tmp_path: Path) -> None:
    history = a_night((-20, 5.0), (-30, 20.0))
    two = replace(a_task(history.metric), pareto={"size": Direction.MINIMIZE})
    paths = build(history, task=two, diff_of=a_diff, out_dir=tmp_path)
    html, markdown = paths.html.read_text(), paths.markdown.read_text()
    assert html.count('class="best"') == 2
    assert html.count('class="beaten"') == 1
    scatter = html[html.index('class="scatter"') :].partition("</svg>")[0]
    assert scatter.count("<text") > 2 + 4, "both axes have names and round numbers"
    assert "| 1 | discard |" in markdown
    assert "1 change beaten" in markdown
    three = replace(two, pareto={"size": Direction.MINIMIZE, "run.seconds": Direction.MINIMIZE})
    html = build(history, task=three, diff_of=a_diff, out_dir=tmp_path).html.read_text()
    assert "Trade-offs" in html
    assert 'class="scatter"' not in html


def test_a_hostile_name_stays_text(tmp_path: Path) -> None:
    history = a_night((-20, 5.0))
    task = replace(a_task(history.metric), pareto={"<script>": Direction.MINIMIZE, "size": Direction.MINIMIZE})
    assert "<script>" not in build(history, task=task, diff_of=a_diff, out_dir=tmp_path).html.read_text()
