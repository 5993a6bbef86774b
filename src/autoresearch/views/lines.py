"""A study and its records as lines of text, for terminals and logs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from autoresearch.history import Archive, History
from autoresearch.records import Certificate, Experiment, Outcome
from autoresearch.views.costs import Costs, account_words
from autoresearch.views.finite import finite, sentences
from autoresearch.views.tip import tip_words
from autoresearch.views.words import Figures, certified_as, count, plain

OUTCOME_STYLE = {
    Outcome.KEEP: "bold green",
    Outcome.DISCARD: "default",
    Outcome.CRASH: "red",
    Outcome.TIMEOUT: "yellow",
    Outcome.CHECKS_FAILED: "yellow",
    Outcome.OUT_OF_SCOPE: "magenta",
    Outcome.VIOLATION: "bold red",
    Outcome.NO_CHANGE: "dim",
    Outcome.UNKNOWN: "yellow",
}


def line_of(history: History, record: Experiment | Certificate) -> str:
    """One line for one finished experiment or certificate."""
    label = "[UNSAFE: no sandbox] " if history.epoch and history.epoch.unsafe else ""
    if isinstance(record, Experiment):
        value = "–" if record.value is None else f"{record.value:.6g}"
        summary = plain(record.candidate.summary) if record.candidate else ""
        start = f"{label}{record.number:4d}  {record.verdict.outcome:13s} {value:>12s}"
        return f"{start}  {summary}  [{plain(record.verdict.reason)}]"
    return f"{label}      certificate {record.number}: {plain(record.reason, 400)}"


def status_lines(data: dict[str, Any], history: Archive) -> Iterator[tuple[str, str]]:
    """Name and text of each line of `status`, from its object with the words for the budget."""
    unit, metric = data["metric"]["unit"], data["metric"]["name"]
    figures = Figures.of(unit, (data["baseline"] or {}).get("sigma") or history.metric.step)
    base, tip, proof = data["baseline"], data["tip"], data["certified"]
    if data["epoch_why"]:
        yield "epoch", plain(f"{data['epoch']}, since {data['epoch_started'][:16]}: {data['epoch_why']}", 400)
    if base:
        sigma = f", sigma {base['sigma']:.3g}" if base["sigma"] is not None else ""
        yield "baseline", f"{metric} {figures.with_unit(base['mean'])} ({base['n']} runs{sigma})"
    if tip:
        value = "not measured in this epoch" if tip["mean"] is None else figures.with_unit(tip["mean"])
        yield "best so far", f"{value}, experiment {tip['experiment']}, {tip_words(history)}"
    if proof:
        span = figures.span(proof["low"], proof["high"])
        old = "" if proof["in_this_epoch"] else ", in an earlier epoch"
        text = f"{figures.with_unit(proof['mean'])}, 95 % interval {span}, {count(proof['n'], 'fresh run')} a side"
        yield certified_as(proof["trust_class"]), f"{text} on {proof['split']} data{old}"
    else:
        yield "certified", "nothing yet"
    yield experiments_line(data)
    if causes := ", ".join(f"{number} {name}" for name, number in data["causes"].items()):
        yield "causes", causes
    yield "budget", data["budget_words"]
    if words := Costs.of(history).words(unit):
        yield "cost", words
    for agent, text in account_words(history, figures):
        yield f"agent {agent}", text
    if account := finite(history):
        yield from sentences(account, figures)
    missing = [name for name, holds in data["sandbox"]["properties"].items() if not holds]
    yield "trust", f"{data['trust_class']}, sandbox {data['sandbox']['backend']}" + _not_given(missing)
    if tests := data["selftests"]:
        yield "self-tests", f"{sum(tests.values())} of {len(tests)} passed: the evaluator was examined"


def experiments_line(data: dict[str, Any]) -> tuple[str, str]:
    """The line of `status` that counts experiments by their outcome."""
    counts = ", ".join(f"{number:,} {name}" for name, number in data["counts"].items() if number)
    return "experiments", f"{data['experiments']:,} ({counts or 'no verdicts yet'})"


def _not_given(missing: list[str]) -> str:
    return f"; not given here: {', '.join(missing)}" if missing else ""
