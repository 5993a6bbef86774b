"""What reading verbs print for people."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from autoresearch.cli.words import OUTCOME_STYLE
from autoresearch.history import Archive
from autoresearch.records import Outcome
from autoresearch.site import Site
from autoresearch.views.finite import finite, sentences
from autoresearch.views.words import Figures, plain

_RIGHT = {"#", "seconds"}


WIDE = 240
"""Columns where nobody's terminal sets them, so that a line stays a line for grep."""


def console() -> Console:
    """Standard output, uncoloured where it is not a terminal or NO_COLOR is set."""
    return Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else WIDE)


def print_status(data: dict[str, Any], history: Archive) -> None:
    """Where the study stands, in a dozen lines; on a terminal with the staircase."""
    out = console()
    if out.is_terminal:
        _print_staircase(out, history)
    unit, metric = data["metric"]["unit"], data["metric"]["name"]
    figures = Figures.of(unit, (data["baseline"] or {}).get("sigma") or history.metric.step)
    grid = Table.grid(padding=(0, 2))
    base, tip, proof = data["baseline"], data["tip"], data["certified"]
    if base:
        sigma = f", sigma {base['sigma']:.3g}" if base["sigma"] is not None else ""
        grid.add_row("baseline", f"{metric} {figures.with_unit(base['mean'])} ({base['n']} runs{sigma})")
    if tip:
        grid.add_row("best so far", f"{figures.with_unit(tip['value'])}, experiment {tip['experiment']}, provisional")
    if proof:
        span = figures.span(proof["low"], proof["high"])
        text = f"{figures.with_unit(proof['mean'])}, 95 % interval {span}, {proof['n']} fresh runs a side"
        grid.add_row("certified", f"{text} on {proof['split']} data")
    else:
        grid.add_row("certified", "nothing yet")
    counts = ", ".join(f"{count} {name}" for name, count in data["counts"].items() if count)
    grid.add_row("experiments", f"{data['experiments']} ({counts or 'no verdicts yet'})")
    grid.add_row("budget", data["budget_words"])
    if account := finite(history):
        for name, text in sentences(account, figures):
            grid.add_row(name, Text(text))
    missing = [name for name, holds in data["sandbox"]["properties"].items() if not holds]
    grid.add_row("trust", f"{data['trust_class']}, sandbox {data['sandbox']['backend']}" + _not_given(missing))
    label = " [UNSAFE: no sandbox, no certificates]" if data["unsafe"] else ""
    out.print(Text(f"{data['study']}: {data['state']}{label}", "bold"))
    out.print(grid)
    if step := data["step"]:
        out.print(f"now: {step['step']}, since {step['began']}", markup=False)
    for alarm in data["alarms"]:
        out.print(f"alarm: {plain(alarm, 400)}", style="red", markup=False)
    out.print(f"next: {data['next']}", style="dim", markup=False)


def _print_staircase(out: Console, history: Archive) -> None:
    from autoresearch.report.staircase import Staircase
    from autoresearch.report.terminal import rich_text
    from autoresearch.views import Reading

    reading = Reading.of(history)
    if reading.spans and history.experiments:
        out.print(rich_text(Staircase.of(reading, reading.spans[-1]), columns=min(out.width, 120), rows=14))


def _not_given(missing: list[str]) -> str:
    return f"; not given here: {', '.join(missing)}" if missing else ""


def print_log(history: Archive, numbers: Sequence[int]) -> None:
    """These experiments, one row each."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("#", "outcome", history.metric.name, "seconds", "commit", "change"):
        table.add_column(name, justify="right" if name in _RIGHT else "left", no_wrap=name != "change")
    for done in map(history.experiments.__getitem__, numbers):
        summary = done.candidate.summary if done.candidate else done.verdict.reason
        if done.verdict.outcome not in (Outcome.KEEP, Outcome.DISCARD) and done.candidate:
            summary += f" ({done.verdict.reason})"
        table.add_row(
            str(done.number),
            Text(done.verdict.outcome, OUTCOME_STYLE[done.verdict.outcome]),
            "–" if done.value is None else f"{done.value:.6g}",
            f"{done.seconds:.1f}",
            done.candidate.commit[:9] if done.candidate else "–",
            Text(plain(summary)),
        )
    console().print(table)


def print_experiment(history: Archive, row: dict[str, Any], sentence: str, site: Site) -> None:
    """One experiment, ending in one honest sentence."""
    out = console()
    grid = Table.grid(padding=(0, 2))
    figures = Figures.of(history.metric.unit, None)
    grid.add_row("outcome", Text(row["outcome"], OUTCOME_STYLE[Outcome(row["outcome"])]))
    for name in ("summary", "hypothesis", "agent", "commit", "parent", "started"):
        if row[name]:
            grid.add_row(name, Text(plain(str(row[name]), 600)))
    for run in history.settled.get(row["number"], ()):
        where = f"seed {run.seed}, {run.seconds:.2f} s + {run.evaluation_seconds:.2f} s evaluation"
        load = f", foreign load {run.foreign_load:.2f} cores" if run.foreign_load is not None else ""
        grid.add_row(f"run ({run.side})", f"{figures.value(run.value)}  {where}{load}")
    logs = [run.log for run in history.settled.get(row["number"], ())]
    for name in filter(None, [*logs, row["log"]]):
        grid.add_row("log", str(site.log_path(name)))
    out.print(Text(f"experiment {row['number']}", "bold"))
    out.print(grid)
    out.print(Text(plain(sentence, 2000)))
