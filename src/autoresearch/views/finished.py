"""What became of the branches of a hand-over when each was measured alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autoresearch.history import Archive, Epoch, Finish
from autoresearch.records import Certificate, Measurement, Metric
from autoresearch.stats.ranks import Interval
from autoresearch.views.revalidated import Remeasured, remeasured
from autoresearch.views.sides import BeforeAfter, before_after
from autoresearch.workspace.refs import short_name


@dataclass(frozen=True, slots=True)
class Branch:
    """One branch alone on the base, or all of them together, as measured for the hand-over."""

    name: str
    """As people type it; "all together" for the last row of several."""
    experiments: tuple[int, ...]
    measured: Remeasured
    metrics: Sequence[BeforeAfter]
    """Every metric of the base and of the branch, from the same interleaved runs."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The last hand-over, for reading."""

    finish: Finish
    metric: Metric
    rows: Sequence[Branch]


def finished(history: Archive) -> Finished | None:
    """The last hand-over, as far as it was measured; None without any."""
    done = history.finish
    if done is None:
        return None
    epochs = [record for _, record in history.trail if isinstance(record, Epoch)]
    metric = next((epoch.metric for epoch in epochs if epoch.number == done.epoch), history.metric)
    rows = [(short_name(each.branch), each.experiments, each.commit) for each in done.branches]
    if len(rows) > 1:
        rows.append(("all together", tuple(sorted(n for _, numbers, _ in rows for n in numbers)), done.tip))
    return Finished(done, metric, [_branch(history, done, metric, *row) for row in rows])


def _branch(
    history: Archive, done: Finish, metric: Metric, name: str, experiments: tuple[int, ...], commit: str
) -> Branch:
    runs = history.asides.get(done.purpose, [])
    is_whole = commit == done.tip or len(done.branches) == 1
    claimed = _claimed(history, done) if is_whole else None
    row = remeasured(done.base, metric, runs, None, commit, name, claimed)
    return Branch(name, experiments, row, before_after(metric, _of(runs, done.base), _of(runs, commit)))


def _of(runs: Sequence[Measurement], commit: str) -> list[Measurement]:
    return [run for run in runs if run.commit == commit]


def _claimed(history: Archive, done: Finish) -> Interval | None:
    """What the certificate of the whole said, where one certificate covers it."""
    proof: Certificate | None = next(
        (each for each in history.certificates if (each.commit, each.against) == (done.tip, done.base)), None
    )
    return Interval(proof.gain, proof.gain_low, proof.gain_high) if proof else None
