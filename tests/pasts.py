"""Made-up histories of a study whose baseline ran four times around 1.0, for tests of what is told of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from autoresearch.changes.footprint import Footprint
from autoresearch.history import History, StudyStart
from autoresearch.records import Candidate, Direction, Experiment, Measurement, Metric, Outcome, Side, Verdict

METRIC = Metric("loss", Direction.MINIMIZE, "bit", target=0.5)


@dataclass(frozen=True, slots=True)
class Try:
    """One experiment: what it measured, None for a crash; what it is called; where it stands."""

    value: float | None
    summary: str = ""
    places: tuple[str, ...] = ()
    parts: int = 1
    form: str = ""
    reason: str = "judged"
    outcome: Outcome | None = None
    detail: Mapping[str, object] = field(default_factory=dict)
    agent: str = "somebody"
    step: str = "improve"


def past(*tries: Try, metric: Metric = METRIC) -> History:
    """A history in which what is better than all before was kept."""
    history = History(metric)
    history.add(StudyStart("toy", "c0", "5ec2e7", "0"))
    history.add(Candidate(0, "c0", "c0", "baseline"))
    for value in (0.99, 1.01, 1.0, 1.0):
        history.add(Measurement("c0", Side.CANDIDATE, value, 0, 1.0, experiment=0))
    history.add(Experiment(0, history.candidates[0], Verdict(Outcome.KEEP, "baseline"), 1.0, "c0"))
    for each in tries:
        attempt(history, each)
    return history


def candidate(history: History, each: Try) -> Candidate:
    """What `each` would be as the next candidate."""
    number = history.next_number
    return Candidate(
        number,
        f"c{number}",
        history.tip_commit,
        each.summary or f"change {number}",
        agent=each.agent,
        detail=each.detail,
        step=each.step,
        footprint=Footprint(each.places, each.parts, each.form or f"form {number}"),
    )


def attempt(history: History, each: Try) -> None:
    """One more experiment."""
    made = candidate(history, each)
    number, tip = made.number, history.tip
    history.add(made)
    if each.value is not None:
        history.add(Measurement(made.commit, Side.CANDIDATE, each.value, 0, 1.0, experiment=number))
    best = tip.value if tip and tip.value is not None else 1.0
    judged = Outcome.CRASH if each.value is None else Outcome.KEEP if each.value < best else Outcome.DISCARD
    history.add(Experiment(number, made, Verdict(each.outcome or judged, each.reason), each.value, made.parent))
