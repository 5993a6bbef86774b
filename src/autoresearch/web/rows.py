"""The table's rows, as short as they can be: ten thousand of them are the first thing the page loads."""

from __future__ import annotations

from collections.abc import Iterator

from autoresearch.history import is_baseline
from autoresearch.records import Experiment
from autoresearch.views.reading import Reading
from autoresearch.views.rows import finite
from autoresearch.views.standing import Standing, standings
from autoresearch.views.words import plain

COLUMNS = (
    *("number", "outcome", "standing", "value", "summary", "hypothesis", "agent", "cause"),
    *("seconds", "cost_usd", "epoch", "from", "baseline"),
)
"""What stands where in a row. "from" is the number of the experiment that made the parent; None is the base.

"baseline" is 1 where an unchanged tip was measured: that is no experiment to count."""

Row = tuple[str | int | float | None, ...]


def rows(reading: Reading) -> Iterator[Row]:
    """A row for every finished experiment, in order."""
    where = standings(reading)
    for span in reading.spans:
        for done in span.experiments:
            yield _row(reading, done, where.get(done.number), span.epoch.number)


def _row(reading: Reading, done: Experiment, standing: Standing | None, epoch: int) -> Row:
    made, maker = done.candidate, reading.makers.get(done.parent)
    return (
        done.number,
        str(done.verdict.outcome),
        str(standing) if standing else "",
        finite(done.value),
        plain(made.summary, 160) if made else plain(done.verdict.reason, 160),
        plain(made.hypothesis, 200) if made else "",
        plain(done.agent, 40),
        done.verdict.cause,
        None if reading.history.imported else round(done.seconds, 1),
        done.cost_usd,
        epoch,
        maker.number if maker else None,
        int(is_baseline(done)),
    )
