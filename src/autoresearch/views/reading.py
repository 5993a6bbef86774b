"""A history arranged for telling: epochs with baselines, certificates with their moment, commits with makers."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autoresearch.history import Archive, Epoch, is_baseline
from autoresearch.records import Certificate, Experiment, Measurement, Outcome, Side
from autoresearch.views.levels import Level


@dataclass(frozen=True, slots=True)
class Proof:
    """A certificate, the moment it was given, and the runs it rests on."""

    certificate: Certificate
    at: int
    """Number of the experiment that came next."""
    runs: Sequence[Measurement]


@dataclass(frozen=True, slots=True)
class Span:
    """One epoch of the story: only inside it do numbers compare."""

    index: int
    """0 for the oldest."""
    epoch: Epoch
    experiments: Sequence[Experiment]
    baseline: Experiment | None
    """None until it is measured."""
    noise: Level | None
    """The baseline's own runs: its level, and the noise everything is held against."""
    proofs: Sequence[Proof]
    runs: dict[str, list[Measurement]]
    """Runs on the public split by commit, oldest first, certificates' included."""

    def values(self, commit: str) -> list[float]:
        """Metric values of the public runs of `commit`, fouls left out."""
        return [run.value for run in self.runs.get(commit, ()) if run.value is not None]


@dataclass(frozen=True, slots=True)
class Reading:
    """A history, indexed once. Building it costs one pass over the records."""

    history: Archive
    spans: Sequence[Span]
    """Oldest first; empty before the first epoch."""
    makers: dict[str, Experiment]
    """Commit to the experiment that made it; baselines make none."""

    @classmethod
    def of(cls, history: Archive) -> Reading:
        """Index `history`."""
        makers = {
            done.candidate.commit: done for done in history.experiments if done.candidate and not is_baseline(done)
        }
        return cls(history, tuple(_spans(history)), makers)

    def span_of(self, number: int) -> Span | None:
        """The span that experiment `number` belongs to."""
        firsts = [span.experiments[0].number for span in self.spans if span.experiments]
        full = [span for span in self.spans if span.experiments]
        place = bisect_right(firsts, number) - 1
        return full[place] if place >= 0 else None

    def lineage(self, commit: str, stop: str = "") -> Iterator[Experiment]:
        """The experiments that made `commit` and its ancestors, youngest first, up to but without `stop`."""
        while commit != stop and (maker := self.makers.get(commit)) is not None:
            yield maker
            commit = maker.parent


def own_runs(history: Archive, done: Experiment) -> list[Measurement]:
    """The candidate's runs that experiment `done` asked for, oldest first."""
    return [run for run in history.settled.get(done.number, ()) if run.side is Side.CANDIDATE]


def own_values(history: Archive, done: Experiment) -> list[float]:
    """Their metric values, fouls left out."""
    return [run.value for run in own_runs(history, done) if run.value is not None]


def _spans(history: Archive) -> Iterator[Span]:
    starts = [(at, record) for at, record in history.trail if isinstance(record, Epoch)]
    ends = [*(at for at, _ in starts[1:]), history.next_number]
    proofs = _proofs(history)
    for index, ((first, epoch), end) in enumerate(zip(starts, ends, strict=False)):
        experiments = history.experiments[first:end]
        mine = [proof for proof in proofs if first < proof.at <= end]
        baseline = _baseline(experiments)
        floor = _floor(history, baseline) if baseline else None
        yield Span(index, epoch, experiments, baseline, floor, mine, _runs(history, experiments, mine))


def _proofs(history: Archive) -> list[Proof]:
    given = [(at, record) for at, record in history.trail if isinstance(record, Certificate)]
    return [Proof(record, at, runs) for (at, record), runs in zip(given, history.proofs, strict=True)]


def _baseline(experiments: Sequence[Experiment]) -> Experiment | None:
    """The first experiment; in a ledger of others, where crashes may come before it, the first that is one."""
    first = next((done for done in experiments if is_baseline(done)), experiments[0] if experiments else None)
    return first if first is not None and first.verdict.outcome is Outcome.KEEP else None


def _floor(history: Archive, baseline: Experiment) -> Level | None:
    """The baseline's level by its own runs; the one number an imported row claims, whose noise nobody knows."""
    if history.hearsay:
        return None if baseline.value is None else Level(baseline.value, None, 1)
    return Level.of(own_values(history, baseline))


def _runs(history: Archive, experiments: Sequence[Experiment], proofs: Sequence[Proof]) -> dict[str, list[Measurement]]:
    runs: dict[str, list[Measurement]] = {}
    for batch in [history.settled.get(done.number, ()) for done in experiments] + [proof.runs for proof in proofs]:
        for run in batch:
            if run.split == "public":
                runs.setdefault(run.commit, []).append(run)
    return runs
