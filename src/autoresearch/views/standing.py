"""What became of every change: certified, provisional or rolled back; discarded; failed, and of what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from autoresearch.causes import alike
from autoresearch.history import Archive, History, is_baseline
from autoresearch.history.lineage import undoes
from autoresearch.records import Experiment, Outcome, Ruling
from autoresearch.views.effects import Gain, fresh_gain, measured_gain
from autoresearch.views.reading import Reading


class Standing(StrEnum):
    """Where a kept change stands now."""

    CERTIFIED = "certified"
    PROVISIONAL = "provisional"
    PRUNED = "pruned"
    """Kept once, then taken back by a night that prunes."""
    ROLLED_BACK = "rolled back"
    THEIRS = "kept, by their word"
    """Of another tool's ledger: nothing of it was judged here."""


@dataclass(frozen=True, slots=True)
class Change:
    """One judged experiment and what it was worth."""

    experiment: Experiment
    standing: Standing | None
    """None when it was discarded."""
    gain: Gain | None
    """As measured when it was judged: selected, so flattering."""
    fresh: Gain | None
    """As re-measured since; None when it never was."""
    certificate: int | None
    """Number of the certificate that proved, or rolled back, its block."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A cause, and the experiments that ended of it."""

    outcome: Outcome
    cause: str
    """The first such experiment's reason."""
    experiments: Sequence[Experiment]
    kind: str = ""
    """One of `causes.Cause`; empty where the outcome says it all."""


@dataclass(frozen=True, slots=True)
class HitRate:
    """How many experiments became improvements that are really improvements."""

    tried: int
    """`number_tried`."""
    kept: int
    certified: int
    """Kept changes inside certified blocks. A block is proven as a whole, not each change in it."""
    rolled_back: int

    @property
    def share(self) -> float | None:
        """`certified` of `tried`; None before anything was tried."""
        return self.certified / self.tried if self.tried else None


def number_tried(history: History, *, first: int = 0) -> int:
    """How many experiments there were from number `first` on: the one count every surface tells.

    A baseline tries nothing, so it is none of them; what only took a change back is one.
    """
    return sum(not is_baseline(done) for done in history.experiments[first:])


def standings(reading: Reading) -> dict[int, Standing]:
    """Every kept change's standing, by experiment number; baselines left out. What others kept was never proven."""
    if reading.history.imported:
        kept = [done.number for done in reading.history.experiments if _is_keep(done)]
        return dict.fromkeys(kept, Standing.THEIRS)
    pruned = {undoes(done) for done in reading.lineage(reading.history.tip_commit)}
    on_tip = {done.number for done in reading.lineage(reading.history.tip_commit)}
    proven = blocks(reading, Ruling.CERTIFIED)
    kept = [done.number for done in reading.history.experiments if _is_keep(done)]
    return {
        number: Standing.PRUNED
        if number in pruned
        else Standing.CERTIFIED
        if number in proven
        else Standing.PROVISIONAL
        if number in on_tip
        else Standing.ROLLED_BACK
        for number in kept
    }


def blocks(reading: Reading, ruling: Ruling) -> dict[int, int]:
    """Experiment number to the number of the certificate with this ruling whose block it is in."""
    return {
        done.number: proof.number
        for proof in reading.history.certificates
        if proof.ruling is ruling
        for done in reading.lineage(proof.commit, stop=proof.against)
    }


def change_of(reading: Reading, done: Experiment) -> Change:
    """What became of one experiment. For many, `survivors` and `discards` are quicker."""
    standing = standings(reading).get(done.number)
    ruling = Ruling.ROLLED_BACK if standing is Standing.ROLLED_BACK else Ruling.CERTIFIED
    return _change(reading, done, standing, blocks(reading, ruling).get(done.number))


def survivors(reading: Reading) -> list[Change]:
    """Every kept change: certified first, then provisional, then rolled back; the larger gain first in each."""
    order = list(Standing)
    where = standings(reading)
    proven, undone = blocks(reading, Ruling.CERTIFIED), blocks(reading, Ruling.ROLLED_BACK)
    changes = [
        _change(reading, reading.history.experiments[number], standing, proven.get(number, undone.get(number)))
        for number, standing in where.items()
    ]
    return sorted(changes, key=lambda change: (order.index(change.standing or order[-1]), _badness(change)))


def discards(reading: Reading) -> list[Change]:
    """Every discarded change, the nearest miss first."""
    done = [done for done in reading.history.experiments if done.verdict.outcome is Outcome.DISCARD]
    return sorted((_change(reading, each, None, None) for each in done), key=_badness)


def failures(history: Archive, *, first: int = 0) -> list[Failure]:
    """Experiments from number `first` on that never earned a score, by outcome and cause, the most frequent first.

    Where no cause is recorded, like reasons are one.
    """
    groups: dict[tuple[Outcome, str, str], list[Experiment]] = {}
    for done in history.experiments[first:]:
        verdict = done.verdict
        if verdict.outcome not in (Outcome.KEEP, Outcome.DISCARD, Outcome.UNKNOWN):
            like = "" if verdict.cause else alike(verdict.reason)
            groups.setdefault((verdict.outcome, verdict.cause, like), []).append(done)
    found = [Failure(outcome, group[0].verdict.reason, group, kind) for (outcome, kind, _), group in groups.items()]
    return sorted(found, key=lambda failure: -len(failure.experiments))


def causes(history: Archive) -> dict[str, int]:
    """How many experiments failed of each recorded cause, the most frequent first."""
    return dict(Counter(done.verdict.cause for done in history.experiments if done.verdict.cause).most_common())


def hit_rate(reading: Reading, *, first: int = 0) -> HitRate:
    """Proven by certificate, not merely kept; of the experiments from number `first` on."""
    made = reading.history.experiments
    kept = [(number, standing) for number, standing in standings(reading).items() if number >= first]
    where = [standing for number, standing in kept if undoes(made[number]) is None]
    tried = number_tried(reading.history, first=first)
    return HitRate(tried, len(where), where.count(Standing.CERTIFIED), where.count(Standing.ROLLED_BACK))


def _is_keep(done: Experiment) -> bool:
    return done.verdict.outcome is Outcome.KEEP and not is_baseline(done)


def _change(reading: Reading, done: Experiment, standing: Standing | None, certificate: int | None) -> Change:
    span = reading.span_of(done.number)
    gain = measured_gain(reading, span, done) if span else None
    fresh = fresh_gain(reading, span, done) if span and standing else None
    return Change(done, standing, gain, fresh, certificate)


def _badness(change: Change) -> float:
    best = change.fresh or change.gain
    return -best.mean if best else float("inf")
