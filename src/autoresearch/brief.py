"""The document an agent is told: goal, rules, metric and noise, what was tried, and one request.

Its length and the time to write it are bounded whatever the length of the history. Text that agents wrote is made
harmless before it comes back to one: one line, no control characters, cut, and framed by a mark they cannot guess.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from importlib import resources
from typing import TYPE_CHECKING

from autoresearch import noise
from autoresearch.history import History
from autoresearch.records import Brief, Experiment, Outcome
from autoresearch.task import Limits, Task

if TYPE_CHECKING:
    import jinja2

MAX_PROGRAM = 40_000
MAX_SUMMARY = 160
MAX_REASON = 120
"""Characters kept of each text."""

_STEPS = {
    "improve": "exactly one change that should improve the metric",
    "simplify": "exactly one change that removes something without making the metric worse",
    "combine": "exactly one change that combines two earlier ones that came close",
}
KEEPS_SMALLER = ("certify", "exact")
"""Presets that keep what is smaller and no worse: the others prove every keep to be better."""
_NEAR = 1.0
"""A discarded change at most so many sigma worse than its parent came close."""
_MOST = {"kept": 40, "close": 35, "discarded": 40, "failed": 30}
"""Rows of each group: 145 in all."""


@dataclass(frozen=True, slots=True)
class Group:
    """Experiments that ended alike, for the reader."""

    title: str
    rows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """The current best, in words."""

    number: int
    value: str
    runs: int


def brief(task: Task, history: History, *, step: str = "improve") -> Brief:
    """What the agent is asked to do next: one change of the current best."""
    number = history.next_number
    return Brief(number, history.tip_commit, step, render=partial(render, task, history, number=number, step=step))


def render(task: Task, history: History, *, number: int, step: str = "improve") -> str:
    """The document for experiment `number`. Bounded in length; linear in the history with a small constant."""
    one_run = noise.of_one_run(history)
    return _template().render(
        number=number,
        task=task,
        program=clean_block(task.program),
        step=_STEPS[step],
        limits=_limits(task.untrusted.limits),
        smaller=task.referee in KEEPS_SMALLER and task.metric.source != "depleting",
        metric=history.metric if history.metric.feedback != "score" else task.metric,
        incumbent=_incumbent(history),
        baseline=_value(history.baseline),
        noise=None if one_run is None else f"{one_run:.3g}",
        indifference=f"{noise.of_a_difference(one_run or 0.0):.3g}",
        finished=sum(history.counts.values()),
        counts=", ".join(f"{count} {outcome}" for outcome, count in sorted(history.counts.items())),
        groups=list(_groups(history, one_run)),
        frame=_frame(history, number),
    )


def clean(text: str, most: int) -> str:
    """Untrusted text as one line of at most `most` printable characters."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text[: 4 * most]).split())
    return line if len(line) <= most else line[: most - 1] + "…"


def clean_block(text: str) -> str:
    """The owner's text: its lines stay, control characters go, and it ends somewhere."""
    kept = "".join(char for char in text if char.isprintable() or char in "\n\t").strip()
    return kept if len(kept) <= MAX_PROGRAM else kept[:MAX_PROGRAM] + "\n[cut here]"


@cache
def _template() -> jinja2.Template:
    import jinja2

    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    return environment.from_string(resources.files("autoresearch").joinpath("brief.md.j2").read_text("utf-8"))


def _limits(limits: Limits) -> str:
    parts = [f"{limits.seconds:g} s of wall time for a run"]
    if limits.memory_bytes is not None:
        parts.append(f"{limits.memory_bytes / 2**30:.3g} GiB of memory")
    if limits.processes is not None:
        parts.append(f"{limits.processes} processes")
    parts.append("network" if limits.network else "no network")
    return ", ".join(parts)


def _incumbent(history: History) -> Standing | None:
    tip = history.tip
    own = history.tip_value
    values = history.values(history.tip_commit) or ([] if own is None else [own])
    if tip is None or not values:
        return None
    return Standing(tip.number, f"{sum(values) / len(values):.6g}", len(values))


def _value(experiment: Experiment | None) -> str:
    return "" if experiment is None or experiment.value is None else f"{experiment.value:.6g}"


def _frame(history: History, number: int) -> str:
    """A mark that is the same when a killed run asks again, and that no agent could have written before."""
    secret = history.study.secret if history.study else ""
    return "=" * 8 + " " + hashlib.sha256(f"{secret}:brief:{number}".encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class _Tried:
    experiment: Experiment
    gain: float | None
    """Over its parent, in the metric's unit."""


def _groups(history: History, one_run: float | None) -> Iterator[Group]:
    """Kept, close, discarded and failed experiments of this epoch, the latest or the best first."""
    tried = list(_tried(history))
    kept = [t for t in tried if t.experiment.verdict.outcome is Outcome.KEEP]
    lost = [t for t in tried if t.experiment.verdict.outcome is Outcome.DISCARD]
    worst = -_NEAR * (one_run or 0.0)
    close = [t for t in lost if t.gain is not None and t.gain >= worst]
    close = sorted(close, key=lambda t: -(t.gain or 0.0))[: _MOST["close"]]
    listed = {t.experiment.number for t in close}
    rest = [t for t in lost if t.experiment.number not in listed]
    failed = _one_of_each_cause(t for t in reversed(tried) if t.experiment.value is None)
    for title, group in (
        ("Kept, latest first:", kept[::-1][: _MOST["kept"]]),
        ("Discarded, but close; worth combining:", close),
        ("Discarded, latest first:", rest[::-1][: _MOST["discarded"]]),
        ("Failed, one of each cause:", failed[: _MOST["failed"]]),
    ):
        if group:
            yield Group(title, tuple(_row(t, one_run) for t in group))


def _tried(history: History) -> Iterator[_Tried]:
    first = history.baseline.number if history.baseline else -1
    means: dict[str, float | None] = {}
    for experiment in history.experiments:
        if experiment.number <= first:
            continue
        parent, gain = experiment.parent, None
        if parent not in means:
            values = history.values(parent)
            means[parent] = sum(values) / len(values) if values else None
        over = means[parent]
        if experiment.value is not None and over is not None:
            gain = history.metric.gain(experiment.value, over=over)
        yield _Tried(experiment, gain)


def _one_of_each_cause(failed: Iterable[_Tried]) -> list[_Tried]:
    """The first of those with the same outcome and the same first words of the reason."""
    causes: dict[tuple[Outcome, str], _Tried] = {}
    for tried in failed:
        verdict = tried.experiment.verdict
        causes.setdefault((verdict.outcome, verdict.reason[:40]), tried)
    return list(causes.values())


def _row(tried: _Tried, one_run: float | None) -> str:
    experiment = tried.experiment
    summary = experiment.candidate.summary if experiment.candidate else "no candidate came of it"
    return f"#{experiment.number} {_how(tried, one_run)}: {clean(summary, MAX_SUMMARY)}"


def _how(tried: _Tried, one_run: float | None) -> str:
    verdict = tried.experiment.verdict
    if tried.gain is None:
        return f"{verdict.outcome} ({clean(verdict.reason, MAX_REASON)})"
    by = f"{abs(tried.gain) / one_run:.1f} sigma" if one_run else f"{abs(tried.gain):.3g}"
    return f"{by} {'better' if tried.gain > 0 else 'worse'}" if tried.gain else "no better"
