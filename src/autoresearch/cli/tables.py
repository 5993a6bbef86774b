"""What reading verbs print for people."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from autoresearch.cli.standing import Told
from autoresearch.history import Archive
from autoresearch.records import Candidate, Measurement, Outcome, Verdict
from autoresearch.site import Site
from autoresearch.views import Reading
from autoresearch.views.costs import of_experiment
from autoresearch.views.lines import OUTCOME_STYLE
from autoresearch.views.paired import beside
from autoresearch.views.sentences import size_of
from autoresearch.views.words import Figures, plain

_RIGHT = {"#", "took", "cost", "nodes"}


WIDE = 240
"""Columns where nobody's terminal sets them, so that a line stays a line for grep."""
ROOMY = 100
"""Columns from which `log` has room for what each experiment cost."""


def console() -> Console:
    """Standard output, uncoloured where it is not a terminal or NO_COLOR is set."""
    return Console(highlight=False, soft_wrap=True, width=None if _is_narrow() else WIDE)


def _is_narrow() -> bool:
    """Whether lines have an end: on a terminal, and where COLUMNS says so."""
    return sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdigit()


def print_status(told: Told) -> None:
    """Where the study stands, in a dozen lines; on a terminal with the staircase."""
    out, data = console(), told.data
    if told.picture:
        out.print(Text.from_markup(told.picture))
    grid = Table.grid(padding=(0, 2))
    for name, text in told.lines:
        grid.add_row(name, Text(text))
    label = " [UNSAFE: no sandbox, no certificates]" if data["unsafe"] else ""
    state = "imported, read-only" if data["imported"] else data["state"]
    out.print(Text(f"{data['study']}: {state}{label}", "bold"))
    out.print(grid)
    if step := data["step"]:
        out.print(f"now: {step['step']}, since {step['began']}", markup=False)
    word, style = ("doubt", "yellow") if data["imported"] else ("alarm", "red")
    for alarm in data["alarms"]:
        out.print(f"{word}: {plain(alarm, 400)}", style=style, markup=False)
    out.print(f"next: {data['next']}", style="dim", markup=False)


def print_log(history: Archive, numbers: Sequence[int]) -> None:
    """These experiments, one row each; where the epoch changes a row says so, for numbers do not compare across it."""
    reading = Reading.of(history)
    epoch = reading.spans[0].epoch if reading.spans else None
    table = Table(box=None, pad_edge=False, header_style="dim")
    out = console()
    costs = {number: of_experiment(history.experiments[number], short=True) for number in numbers}
    paid = ["cost"] if out.width >= ROOMY and any(costs.values()) and not history.imported else []
    for name in ("#", "outcome", history.metric.name, "took", *paid, "nodes", "commit", "change"):
        table.add_column(name, justify="right" if name in _RIGHT else "left", no_wrap=name != "change")
    for done in map(history.experiments.__getitem__, numbers):
        span = reading.span_of(done.number)
        if span and span.epoch != epoch:
            epoch = span.epoch
            text = f"epoch {epoch.number}" + (f": {epoch.why}" if epoch.why else "")
            table.add_row(*[""] * (6 + len(paid)), Text(plain(text, 400), "bold"))
        summary = done.candidate.summary if done.candidate else done.verdict.reason
        if done.verdict.outcome not in (Outcome.KEEP, Outcome.DISCARD) and done.candidate:
            summary += f" ({done.verdict.reason})"
        table.add_row(
            str(done.number),
            Text(_outcome(done.verdict), OUTCOME_STYLE[done.verdict.outcome]),
            "–" if done.value is None else f"{done.value:.6g}",
            "–" if history.imported else f"{done.seconds:.1f} s",
            *([costs[done.number] or "–"] if paid else []),
            _size(done.candidate),
            done.candidate.commit[:9] if done.candidate else "–",
            Text(plain(summary)),
        )
    out.print(table)


def _outcome(verdict: Verdict) -> str:
    """The outcome, and its cause where there is one."""
    return f"{verdict.outcome}: {verdict.cause}" if verdict.cause else verdict.outcome


def _size(candidate: Candidate | None) -> str:
    """Net growth of the code; tokens are marked, nodes are not."""
    if candidate is None or candidate.nodes is None:
        return "–"
    return f"{candidate.nodes:+d}" + ("" if candidate.counted in ("", "nodes") else "t")


def _beside(history: Archive, run: Measurement, figures: Figures) -> str:
    """The incumbent's number from the same run, where the evaluation timed both."""
    level = beside(history.metric, [run])
    return "" if level is None else f" beside {figures.value(level)}"


def print_experiment(history: Archive, row: dict[str, Any], sentence: str, site: Site) -> None:
    """One experiment, ending in one honest sentence."""
    out = console()
    grid = Table.grid(padding=(0, 2))
    figures = Figures.of(history.metric.unit, None)
    grid.add_row("outcome", Text(row["outcome"], OUTCOME_STYLE[Outcome(row["outcome"])]))
    for name in ("cause", "summary", "hypothesis", "expected_effect", "risk", "agent", "commit", "parent", "started"):
        if row[name]:
            version = f" {row['agent_version']}".rstrip() if name == "agent" else ""
            grid.add_row(name.replace("_", " "), Text(plain(f"{row[name]}{version}", 600)))
    if cost := of_experiment(history.experiments[row["number"]]):
        grid.add_row("cost", cost)
    if row["mends"]:
        grid.add_row("mended", f"its first try, {row['mends'][:9]}, failed by itself")
    if size := size_of(history.candidates.get(row["number"])):
        grid.add_row("size", size)
    for run in history.settled.get(row["number"], ()):
        where = f"seed {run.seed}, {run.seconds:.2f} s + {run.evaluation_seconds:.2f} s evaluation"
        load = f", foreign load {run.foreign_load:.2f} cores" if run.foreign_load is not None else ""
        grid.add_row(f"run ({run.side})", f"{figures.value(run.value)}{_beside(history, run, figures)}  {where}{load}")
    logs = [run.log for run in history.settled.get(row["number"], ())]
    out.print(Text(f"experiment {row['number']}", "bold"))
    out.print(grid)
    for kind, name in [*(("log", name) for name in [*logs, row["log"]]), ("transcript", row["transcript"])]:
        if name:
            _print_file(out, kind, site.log_path(name))
    out.print(Text(plain(sentence, 2000)), soft_wrap=not _is_narrow())


def _print_file(out: Console, kind: str, path: Path) -> None:
    """A file's whole path, on one line however narrow the terminal is."""
    where = str(path) if path.exists() else "dropped, to stay below the bound on all logs"
    out.print(Text(f"{kind}  {where}"), soft_wrap=True)
