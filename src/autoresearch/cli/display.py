"""What `run` shows while it works: a live view on a terminal, else one line a record."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from autoresearch import budget
from autoresearch.agents.announcing import Announcing
from autoresearch.cli.words import hours_until_now, tonight
from autoresearch.ledger import now
from autoresearch.records import Certificate, Experiment
from autoresearch.views.lines import OUTCOME_STYLE, line_of
from autoresearch.views.tip import tip_level, tip_words
from autoresearch.views.words import certified_as, count, plain

if TYPE_CHECKING:
    from autoresearch.assembly import Assembly

SHOWN = 8
"""Experiments in the live table."""


@contextmanager
def display(assembly: Assembly) -> Iterator[None]:
    """Within, records and phases are shown on standard error as they come."""
    console = Console(stderr=True)
    view = View(assembly)
    assembly.rig.runner.on_phase = view.phase
    if isinstance(assembly.study.agent, Announcing):
        assembly.study.agent.on_phase = view.phase
    if not console.is_terminal:
        react = assembly.study.on_record

        def hear(record: object) -> None:
            _print_line(assembly, record)
            react(record)

        assembly.study.on_record = hear
        yield
        return
    with Live(get_renderable=view.render, console=console, refresh_per_second=4, transient=False):
        yield
        view.name = ""


def _print_line(assembly: Assembly, record: object) -> None:
    if isinstance(record, Experiment | Certificate):
        print(line_of(assembly.study.history, record), file=sys.stderr, flush=True)


@dataclass(slots=True)
class View:
    """The live view: everything from the ledger, but for the phase now running."""

    assembly: Assembly
    name: str = "starting"
    limit: float = 0.0
    began: float = field(default_factory=time.monotonic)

    def phase(self, name: str, seconds: float) -> None:
        """A phase of a measurement begins."""
        self.name, self.limit, self.began = f"{self._doing()}: {name}", seconds, time.monotonic()
        self.assembly.rig.site.set_step(self.name, seconds=seconds, began=now())

    def _doing(self) -> str:
        """The experiment, or the certificate and which run of it, that the next phase belongs to."""
        study, history = self.assembly.study, self.assembly.study.history
        if history.baseline and study.referee.certificate_due(history):
            return f"certificate {len(history.certificates) + 1}, run {len(history.pending_certificate) + 1}"
        return f"experiment {history.next_number}"

    def render(self) -> RenderableType:
        """The whole view, now."""
        return Panel(
            Group(self._numbers(), Text(), self._experiments(), Text(), self._step()),
            title=f"[bold]{escape(self.assembly.rig.task.name)}[/] · {escape(plain(self.assembly.rig.task.goal, 70))}",
            subtitle=self._trust(),
            border_style="dim",
        )

    def _trust(self) -> str:
        rig = self.assembly.rig
        missing = [name for name, holds in rig.properties.items() if not holds]
        text = f"{rig.task.trust_class} · {rig.sandbox.name}"
        return f"{text} · [yellow]not given here: {', '.join(missing)}[/]" if missing else text

    def _numbers(self) -> RenderableType:
        history, unit = self.assembly.study.history, self.assembly.rig.task.metric.unit
        table = Table.grid(padding=(0, 2))
        base = (
            history.values(history.baseline.candidate.commit) if history.baseline and history.baseline.candidate else []
        )
        sigma = f", sigma {statistics.stdev(base):.3g} {unit}".rstrip() if len(base) > 1 else ""
        table.add_row("baseline", _number(sum(base) / len(base) if base else None, unit), f"{len(base)} runs{sigma}")
        level = tip_level(history)
        table.add_row(
            "best so far", _number(level.mean if level else None, unit), tip_words(history) if history.tip else ""
        )
        proofs = [proof for proof in history.certificates if proof.ruling == "certified"]
        if proofs:
            proof = proofs[-1]
            text = f"95 % interval {proof.low:.5g} to {proof.high:.5g}, {count(proof.n, 'fresh run')} a side"
            word = certified_as(history.epoch.trust_class if history.epoch else "")
            table.add_row(f"[green]{word}", _number(proof.mean, unit), text)
        else:
            table.add_row("certified", "nothing yet", "")
        table.add_row("budget", tonight(history, hours=hours_until_now(history)), budget.spent(history, now()))
        return table

    def _experiments(self) -> RenderableType:
        table = Table(box=None, pad_edge=False, header_style="dim", expand=True)
        for name, width in (("#", 5), ("outcome", 13), (self.assembly.rig.task.metric.name, 12)):
            table.add_column(name, width=width, justify="right" if name == "#" else "left")
        table.add_column("change", ratio=1, no_wrap=True, overflow="ellipsis")
        for done in self.assembly.study.history.experiments[-SHOWN:]:
            summary = plain(done.candidate.summary) if done.candidate else plain(done.verdict.reason)
            style = OUTCOME_STYLE[done.verdict.outcome]
            table.add_row(str(done.number), Text(done.verdict.outcome, style), _number(done.value, ""), escape(summary))
        return table

    def _step(self) -> RenderableType:
        if not self.name:
            return Text("done", "dim")
        elapsed = time.monotonic() - self.began
        table = Table.grid(padding=(0, 2))
        clock = f"{elapsed:.0f} of {self.limit:g} s" if self.limit else ""
        table.add_row(
            f"[bold]{escape(self.name)}[/]",
            ProgressBar(total=self.limit or 1.0, completed=min(elapsed, self.limit), width=30),
            clock,
        )
        return table


def _number(value: float | None, unit: str) -> str:
    return "–" if value is None else f"{value:.6g} {unit}".strip()
