"""What the ledger says so far: a fold of its records. No I/O."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace

from autoresearch import clean
from autoresearch.hearsay import Hearsay, Imported
from autoresearch.history.entries import (
    AGENTS_NOTE,
    NOTE,
    TELL,
    UNTELL,
    Asked,
    Control,
    Ended,
    Epoch,
    Finish,
    Night,
    Note,
    Revalidation,
    SelfTested,
    StudyStart,
    Vault,
)
from autoresearch.records import (
    Candidate,
    Certificate,
    Direction,
    Experiment,
    Measurement,
    Metric,
    Outcome,
    Ruling,
    Side,
)


def is_baseline(done: Experiment) -> bool:
    """Whether this experiment measured an unchanged tip: the first of its epoch."""
    return done.candidate is not None and done.candidate.commit == done.candidate.parent


@dataclass(slots=True)
class History:
    """The fold. Hand out, never write: only `add` changes it, and only the ledger calls `add`."""

    metric: Metric = field(default_factory=lambda: Metric("", Direction.MINIMIZE))
    """Of the current epoch; nameless before the first."""
    study: StudyStart | None = None
    epoch: Epoch | None = None
    night: Night | None = None
    """The one the next experiment counts in."""
    granted: Night | None = None
    """The last one that somebody granted, be it open or not."""
    trying: Night | None = None
    """The last one of tries."""
    tries: set[int] = field(default_factory=set)
    """Numbers of the experiments that were made in nights of tries."""
    experiments: list[Experiment] = field(default_factory=list)
    certificates: list[Certificate] = field(default_factory=list)
    candidates: dict[int, Candidate] = field(default_factory=dict)
    """By experiment number, open ones included."""
    pending: dict[int, list[Measurement]] = field(default_factory=dict)
    """Runs of experiments that have no verdict yet, by number."""
    pending_certificate: list[Measurement] = field(default_factory=list)
    runs: dict[tuple[str, str], list[Measurement]] = field(default_factory=dict)
    """Runs of this epoch by (commit, split), oldest first, fouls included. Those of discarded candidates are let go."""
    measured: int = 0
    """Measurements in the whole ledger."""
    tip: Experiment | None = None
    """The experiment whose candidate is the current best, provisional."""
    proven: Experiment | None = None
    """The experiment whose candidate is the last certified commit; the first baseline until then."""
    baseline: Experiment | None = None
    """Of this epoch; None until it is measured."""
    asides: dict[str, list[Measurement]] = field(default_factory=dict)
    """Runs that no experiment and no certificate asked for, by purpose, oldest first. No rule reads them."""
    revalidation: Revalidation | None = None
    """The last one, of whichever epoch."""
    finish: Finish | None = None
    """The last one, of whichever epoch."""
    selftests: dict[str, SelfTested] = field(default_factory=dict)
    """Of this epoch, by name."""
    unpruned: Experiment | None = None
    """The experiment whose candidate was last certified by a night that did not prune."""
    paused: bool = False
    stopping: str = ""
    """"stop" once a human said so, else empty."""
    keeps_since_certificate: int = 0
    epoch_certificate: int = 0
    """Certificates given before this epoch."""
    sentinel_at: int = 0
    """Number of the experiment that last re-measured the incumbent."""
    night_preset: str = ""
    """The referee's, when the night's certificates were counted."""
    certificates_tonight: int = 0
    """Those whose share of the level is spent: given, or begun before another night came between."""
    presets: dict[int, str] = field(default_factory=dict)
    """`night_preset` of every night, by its number."""
    shares_spent: dict[int, int] = field(default_factory=dict)
    """`certificates_tonight` of the nights before this one, by their number."""
    certificate_at: int = 0
    """Experiments that were finished when the last certificate was given."""
    asked: bool = False
    """Whether an agent was asked for the next experiment, and nothing came of it yet."""
    lost: set[int] = field(default_factory=set)
    """Numbers of the experiments for which an agent was stopped at work: what it had used by then is unknown."""
    ended: str = ""
    """Why the last night that somebody granted ended; empty while it is open, or was gone on with."""
    resumed: int = 0
    """Experiments that were finished when the night began, or `run` last returned; a circuit breaker counts on."""
    counts: dict[Outcome, int] = field(default_factory=dict)
    """Finished experiments by outcome, baselines left out."""
    vault: Vault | None = None
    """None while it is closed."""
    imported: Imported | None = None
    """Where it all comes from, when it is another tool's ledger. Nothing may be added then."""
    hearsay: dict[int, Hearsay] = field(default_factory=dict)
    """What an imported ledger says, by experiment number."""
    told: list[str] = field(default_factory=list)
    """What the human says to the next briefs, oldest first."""
    notes: list[tuple[int, Note]] = field(default_factory=list)
    """What humans and agents want remembered, oldest first, with the number of the experiment that was next."""

    @property
    def next_number(self) -> int:
        """Number of the next experiment: the oldest open one, else a new one."""
        return len(self.experiments)

    def tonight(self, finished: int | None = None) -> list[Experiment]:
        """What counts against the night's budget, of the first `finished` experiments: no baseline of a new epoch.

        A night that another kind of night interrupted goes on where it was: of tries and of others it counts its own.
        """
        first = self.night.first if self.night else 0
        tries = self._is_trying()
        since = self.experiments[first:finished]
        return [done for done in since if not is_baseline(done) and (done.number in self.tries) is tries]

    def next_seed(self, *, attempt: int = 0) -> int:
        """Seed of the next measurement, below 2**31: repeated after a kill, used once, known to nobody else before.

        `attempt` counts the tries of the same measurement that failed.
        """
        assert self.study is not None
        text = f"{self.study.secret}:{self.next_number}:{self.measured}:{attempt}"
        if (made := self.candidates.get(self.next_number)) and made.mends:
            text += ":mended"  # the first one may have told its seed
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> 1

    @property
    def tip_commit(self) -> str:
        """Commit of the current best; the study's base before there is one."""
        return self._commit(self.tip)

    @property
    def tip_value(self) -> float | None:
        """What the current best measured in this epoch when it was kept; None where it was kept in an earlier one."""
        is_here = self.tip and self.baseline and self.tip.number >= self.baseline.number
        return self.tip.value if self.tip and is_here else None

    @property
    def proven_commit(self) -> str:
        """Commit last certified; the study's base before there is one."""
        return self._commit(self.proven)

    @property
    def prunes(self) -> bool:
        """Whether this night takes kept changes back."""
        return self.night is not None and self.night.purpose == "prune"

    @property
    def incumbent_commit(self) -> str:
        """Whom an experiment is held against: the tip; in a night that prunes, what was certified before any pruning.

        Held against one and the same commit, many small losses cannot add up.
        """
        return self._commit(self.unpruned) if self.prunes and self.unpruned else self.tip_commit

    @property
    def rival_commit(self) -> str:
        """Whom a certificate holds the tip against: the last certified commit; a pruned tip, the study's base."""
        return self.study.base if self.prunes and self.study else self.proven_commit

    def _commit(self, experiment: Experiment | None) -> str:
        if experiment is not None and experiment.candidate is not None:
            return experiment.candidate.commit
        return self.study.base if self.study else ""

    def add(self, record: object) -> None:
        """Fold one record in. Records come in ledger order."""
        match record:
            case StudyStart():
                self.study = record  # a second one moves the base, before any experiment was finished
                self.candidates.clear()
                self.pending.clear()
                self.runs.clear()
            case Epoch():
                self.epoch, self.metric, self.baseline = record, record.metric, None
                self.epoch_certificate = len(self.certificates)
                self.candidates.pop(self.next_number, None)  # an open candidate must not become the new baseline
                self.runs.clear()
                self.pending.clear()
                self.pending_certificate.clear()
                self.selftests.clear()
            case Revalidation():
                self.revalidation = record
            case Finish():
                self.finish = record
            case SelfTested():
                self.selftests[record.name] = record
            case Night():
                self._night(record)
            case Asked():
                if self.asked:
                    self.lost.add(self.next_number)
                self.asked = True
            case Candidate():
                self._candidate(record)
            case Measurement():
                self._measurement(record)
            case Experiment():
                self._experiment(record)
            case Certificate():
                self._certificate(record)
            case Vault():
                self.vault = record
            case Imported():
                self.imported = record
            case Hearsay():
                self._hearsay(record)
            case Control(action="pause"):
                self.paused = True
            case Control(action="resume"):
                self.paused, self.stopping = False, ""
            case Control(action=action):
                self.stopping = action
            case Ended(why=why):
                self.paused, self.stopping, self.ended = False, "", why
                self.resumed = len(self.experiments)
            case Note():
                self._note(record)
            case _:
                pass

    def _night(self, night: Night) -> None:
        """A new one, or, under the number it had, one that another came between."""
        if self.night is not None:  # of a certificate begun and never given, the share is spent all the same
            self.shares_spent[self.night.number] = self.certificates_tonight + bool(self.pending_certificate)
        if night.purpose == "prune" and night.number not in self.presets:
            self.tip, self.keeps_since_certificate = self.proven, 0
        self.ended = self.ended if night.purpose == "try" or night.number in self.presets else ""
        self.night, self.certificates_tonight = night, self.shares_spent.get(night.number, 0)
        if night.purpose == "try":
            self.trying = night
        else:
            self.granted, self.asked = night, self.asked and night.number in self.presets
        self.resumed = len(self.experiments)
        self.night_preset = self.presets.setdefault(night.number, self.epoch.referee if self.epoch else "")
        self.pending_certificate = []  # another night, another number of certificates to share the level

    def _candidate(self, made: Candidate) -> None:
        """A second one of the same number mends the first, whose own runs count no longer."""
        self.ended = self.ended if self._is_trying() else ""
        failed = self.candidates.get(made.number)
        if failed is not None:
            self.runs.pop((failed.commit, "public"), None)
            runs = self.pending.get(made.number, [])
            self.pending[made.number] = [run for run in runs if run.side is Side.INCUMBENT]
        self.candidates[made.number] = made
        self.asked = self.asked and self._is_trying()

    def _is_trying(self) -> bool:
        return self.night is not None and self.night.purpose == "try"

    def _note(self, note: Note) -> None:
        if note.kind == TELL:
            self.told.append(clean.writable(note.text))
        elif note.kind == UNTELL:
            self.told.clear()
        elif note.kind in (NOTE, AGENTS_NOTE):
            self.notes.append((self.next_number, note))

    def _measurement(self, run: Measurement) -> None:
        self.measured += 1
        if run.purpose:
            self.asides.setdefault(run.purpose, []).append(run)
            return
        self.ended = self.ended if self._is_trying() else ""
        self.runs.setdefault((run.commit, run.split), []).append(run)
        if run.experiment is not None:
            self.pending.setdefault(run.experiment, []).append(run)
            if run.side is Side.INCUMBENT:
                self.sentinel_at = run.experiment
        else:
            self.pending_certificate.append(run)

    def _experiment(self, done: Experiment) -> None:
        known = self.candidates.get(done.number)
        if known is not None and done.candidate == known:
            done = replace(done, candidate=known)  # one object, not two, over a long study
        self.experiments.append(done)
        if self._is_trying():
            self.tries.add(done.number)
        else:
            self.asked = False
        self.pending.pop(done.number, None)
        is_baseline = self.baseline is None
        if not is_baseline:
            self.counts[done.verdict.outcome] = self.counts.get(done.verdict.outcome, 0) + 1
        if done.verdict.outcome is not Outcome.KEEP:
            if done.candidate:
                self.runs.pop((done.candidate.commit, "public"), None)
            return
        self.tip = done
        if is_baseline:
            self.baseline, self.proven = done, self.proven or done
            self.sentinel_at = done.number
        else:
            self.keeps_since_certificate += 1

    def _hearsay(self, row: Hearsay) -> None:
        """An attempt without runs. What they kept is their tip; the first level of a segment is its baseline."""
        self.hearsay[row.number] = row
        done = row.experiment(self.tip_commit if self.baseline else "")
        assert done.candidate is not None
        self.candidates[row.number] = done.candidate
        self.experiments.append(done)
        is_baseline = self.baseline is None and done.verdict.outcome is Outcome.KEEP
        if is_baseline:
            self.baseline, self.proven = done, self.proven or done
        else:
            self.counts[done.verdict.outcome] = self.counts.get(done.verdict.outcome, 0) + 1
        if done.verdict.outcome is Outcome.KEEP:
            self.tip = done

    def _certificate(self, done: Certificate) -> None:
        self.certificates.append(done)
        self.pending_certificate = []
        self.certificates_tonight += 1
        self.certificate_at = len(self.experiments)
        if done.ruling is Ruling.CERTIFIED:
            self.proven = self.tip
            if not self.prunes:
                self.unpruned = self.tip
        elif done.ruling is Ruling.ROLLED_BACK:
            self.tip = self.proven
        self.keeps_since_certificate = 0

    def values(self, commit: str, split: str = "public") -> list[float]:
        """Metric values of this epoch's runs of `commit`, oldest first, fouls left out."""
        return [run.value for run in self.runs.get((commit, split), ()) if run.value is not None]

    def fresh(self, commit: str, *, split: str = "public") -> list[Measurement]:
        """This epoch's runs of `commit` that did not decide whether to keep it, oldest first.

        The run that earned a keep was picked for being good, so it flatters; a baseline's runs were not picked.
        """
        baseline = self.baseline.number if self.baseline else None
        return [
            run
            for run in self.runs.get((commit, split), ())
            if run.side is Side.INCUMBENT or run.certificate is not None or run.experiment == baseline
        ]
