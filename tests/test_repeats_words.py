"""What `check` advises once it has run the same commit again."""

from __future__ import annotations

from autoresearch.stats.repeats import Repeats
from autoresearch.views import repeats

NOISY = Repeats.of([1.0, 2.0, 3.0], [3.0, 1.0, 2.5])


def test_the_advice_names_a_table_that_the_task_has_and_leaves_a_race_alone() -> None:
    (said,) = repeats.advice(NOISY, preset="certify", cores=None, table="contestant")
    assert "Try: cores = 1 in [contestant]" in said
    assert list(repeats.advice(NOISY, preset="timing", cores=None, table="contestant")) == []
