"""Judging a ledger again: same evidence, same referee, and the same verdict, or the difference is named."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from autoresearch import referees
from autoresearch.hearsay import IMPORTED
from autoresearch.history import Epoch, Evidence, History
from autoresearch.ledger import Ledger
from autoresearch.protocols import Referee
from autoresearch.records import Certificate, Experiment, Measurement, Outcome, Side, Verdict

JUDGED = (Outcome.KEEP, Outcome.DISCARD)
"""Outcomes a referee gives. The others are facts about a run, not judgements on numbers."""


@dataclass(slots=True)
class Replay:
    """What judging again found."""

    lines: int = 0
    measurements: int = 0
    verdicts: int = 0
    certificates: int = 0
    disagreements: list[str] = field(default_factory=list)
    imported: str = ""
    """Name of another tool's file that the ledger was read from: then nothing in it was measured."""

    def as_dict(self) -> dict[str, object]:
        """Plain data, versioned."""
        return {"schema": 1, **asdict(self)}


def replay(path: Path) -> Replay:
    """Judge every verdict and certificate of the ledger at `path` again.

    Also checked: every measurement was one the referee asked for, so that none was taken and then left out or slipped
    in. Raises LedgerError when the chain itself does not hold.
    """
    found, judge = Replay(), _Judge()
    for event in Ledger(path, History()).refresh():
        found.lines += 1
        match event.record:
            case Measurement():
                found.measurements += 1
            case Experiment(verdict=verdict) if verdict.outcome in JUDGED:
                found.verdicts += 1
            case Certificate():
                found.certificates += 1
        found.disagreements += [f"line {event.seq + 1}: {text}" for text in judge.objections(event.record)]
        judge.history.add(event.record)
    found.imported = source.file if (source := judge.history.imported) else ""
    return found


class _Judge:
    """The referee of whichever epoch the ledger is in, and the history up to the line in hand."""

    def __init__(self) -> None:
        self.history = History()
        self.referee: Referee | None = None

    def objections(self, record: object) -> Iterator[str]:
        match record:
            case Epoch() if record.trust_class != IMPORTED:
                self.referee = referees.make(
                    record.referee, record.referee_options, record.metric, constraints=record.constraints
                )
            case Measurement() if record.experiment is not None:
                yield from self._run(record, record.experiment)
            case Measurement() if record.certificate is not None:
                yield from self._proof_run(record)
            case Experiment() if record.verdict.outcome in JUDGED:
                yield from self._experiment(record)
            case Certificate():
                yield from self._certificate(record)

    def _run(self, run: Measurement, number: int) -> Iterator[str]:
        asked = self._next(number)
        if asked is not run.side:
            yield f"experiment {number}: a run of the {run.side} is recorded where the referee says {_brief(asked)}"

    def _experiment(self, done: Experiment) -> Iterator[str]:
        again = self._next(done.number)
        if not _same(again, done.verdict):
            yield f"experiment {done.number}: recorded {_brief(done.verdict)}, judged again {_brief(again)}"
        runs = [run.value for run in self.history.pending.get(done.number, ()) if run.side is Side.CANDIDATE]
        values = [value for value in runs if value is not None]
        mean = sum(values) / len(values) if values else None
        if done.value != mean and not (done.value and mean and math.isclose(done.value, mean, rel_tol=1e-12)):
            yield f"experiment {done.number}: its value {done.value} is not the mean of its runs {values}"

    def _certificate(self, done: Certificate) -> Iterator[str]:
        again = self._certify(done.number)
        if not _same(again, done):
            yield f"certificate {done.number}: recorded {_brief(done)}, judged again {_brief(again)}"

    def _proof_run(self, run: Measurement) -> Iterator[str]:
        asked = self._certify(run.certificate or 0)
        if asked is not run.side:
            said = _brief(asked)
            yield f"certificate {run.certificate}: a run of the {run.side} is recorded where the referee says {said}"

    def _certify(self, number: int) -> Side | Certificate:
        assert self.referee
        runs = tuple(self.history.pending_certificate)
        tip, rival = self.history.tip_commit, self.history.rival_commit
        return self.referee.certify(Evidence(self.history, number, tip, rival, runs, certificate=True))

    def _next(self, number: int) -> Side | Verdict | None:
        candidate = self.history.candidates.get(number)
        if candidate is None or self.referee is None:
            return None
        runs = tuple(self.history.pending.get(number, ()))
        return self.referee.next(Evidence(self.history, number, candidate.commit, self.history.incumbent_commit, runs))


def _same(again: object, recorded: object) -> bool:
    return again == recorded


def _brief(answer: object) -> str:
    match answer:
        case Side():
            return f"measure the {answer} again"
        case Verdict():
            return f"{answer.outcome} ({answer.reason})"
        case Certificate():
            return f"{answer.ruling} (p = {answer.p:g}, n = {answer.n}, mean {answer.mean:g})"
        case None:
            return "nothing: no candidate is recorded"
    return str(answer)
