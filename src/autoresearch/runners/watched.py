"""A runner that looks, before and after every run, whether what numbers depend on is still what it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from autoresearch.errors import Foul
from autoresearch.protocols import Runner
from autoresearch.records import Measurement, Outcome, Side
from autoresearch.surroundings.surroundings import Watch


@dataclass(slots=True)
class WatchedRunner:
    """Measures with another runner, and hands nothing on that was measured in a setting that changed."""

    runner: Runner
    watch: Watch
    on_drift: Callable[[str], None] = lambda _: None
    """Hears what changed, before Drift is raised."""

    def measure(self, commit: str, *, side: Side, seed: int, split: str = "public", against: str = "") -> Measurement:
        """Run the task once at `commit`. Raises Drift, and what the runner raises."""
        with self._watched():
            return self.runner.measure(commit, side=side, seed=seed, split=split, against=against)

    def check(self, commit: str) -> None:
        """Run the task's checks at `commit`. Raises Drift, and what the runner raises."""
        with self._watched():
            self.runner.check(commit)

    @contextmanager
    def _watched(self) -> Iterator[None]:
        self.demand_unchanged()
        try:
            yield
        except Foul as foul:  # perhaps nobody's: what it stands on may have gone
            self.demand_unchanged(thorough=foul.outcome is Outcome.VIOLATION)
            raise
        self.demand_unchanged()

    def demand_unchanged(self, *, thorough: bool = False) -> None:
        """Raise Drift if anything numbers depend on is known to have changed; `thorough` looks at all of it."""
        if drift := self.watch.drift(thorough=thorough):
            self.on_drift(str(drift))
            raise drift
