"""`autoresearch run`: start or go on; after a kill at any instant it is the same word."""

from __future__ import annotations

import signal
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autoresearch import breaker, notify
from autoresearch.cli import place
from autoresearch.cli.status import status
from autoresearch.errors import RigFault, UserError
from autoresearch.history import Note

if TYPE_CHECKING:
    from autoresearch.assembly import Assembly
    from autoresearch.records import Experiment
    from autoresearch.task import Budget, Task

Overrides = Annotated[
    list[str] | None, typer.Option("-c", metavar="KEY=VALUE", help="Override a key of the task file.")
]


def run(
    experiments: Annotated[int | None, typer.Option(min=1, help="Experiments this night may use.")] = None,
    hours: Annotated[float | None, typer.Option(min=0.001, help="Hours this night may use.")] = None,
    overrides: Overrides = None,
    unsafe_no_sandbox: Annotated[
        bool,
        typer.Option("--unsafe-no-sandbox", help="Run candidates unboxed. Labels every line, disables certificates."),
    ] = False,
    as_json: place.AsJson = False,
) -> None:
    """Start the study, or go on where it was."""
    from autoresearch import config
    from autoresearch.task import Budget

    root = place.repository()
    task = config.load(root, overrides or ())
    own = task.budget
    granted = Budget(experiments, hours, own.cost_usd, own.tokens) if experiments or hours else None
    why = night(root, task, granted=granted, unsafe=unsafe_no_sandbox)
    if as_json:
        status(task.name, as_json=True)
    else:
        typer.echo(f"The night is over: {why}. `autoresearch report` shows what survived.", err=True)


def night(root: Path, task: Task, *, granted: Budget | None = None, unsafe: bool = False, **asked: bool) -> str:
    """Run one night with a display; `asked` is what else `assemble` takes. Returns why it ended.

    Raises UserError when it measured nothing new, and whatever `Study.run` raises.
    """
    from autoresearch.assembly import assemble, warnings
    from autoresearch.cli.display import display
    from autoresearch.errors import Drift
    from autoresearch.site import Site

    notify.demand(task.notify)
    site = Site(root, task.name)
    site.create()
    with site.occupied():
        assembly = assemble(root, task, granted=granted, unsafe=unsafe, **asked)
        before, tried = assembly.study.history.measured, len(assembly.study.history.experiments)
        for sentence in [*warnings(assembly.rig), *assembly.news]:
            typer.echo(sentence, err=True)
        with stoppable(assembly), display(assembly):
            try:
                why = assembly.study.run()
                assembly.runner.demand_unchanged(thorough=True)
                _tell(assembly, why)
            except RigFault as fault:
                if not isinstance(fault, Drift):  # which has its own note
                    assembly.study.record(Note("fault", f"the night stopped: {fault}"))
                _tell(assembly, f"it stopped, {fault}")
                raise
            finally:
                assembly.close()
    if assembly.study.history.measured == before:
        raise _empty(assembly.study.history.experiments[tried:], why)
    return why


def _tell(assembly: Assembly, why: str) -> None:
    """Tell whoever wants to hear of nights how this one ended."""
    if not assembly.bell.hears("night"):
        return
    from autoresearch.report.morning import morning

    history = assembly.rig.site.ledger().history
    title = f"autoresearch {assembly.rig.task.name}: the night is over"
    for failure in assembly.bell.ring("night", title, "\n".join(morning(history, why=why)) + "\n"):
        assembly.study.record(Note("fault", failure))


def _empty(tonight: Sequence[Experiment], why: str) -> UserError:
    """Why a night measured nothing: its budget was spent before, or no attempt led to anything to measure."""
    from autoresearch.views.words import count

    if why.startswith(breaker.BEGINS):
        return UserError(f"Nothing new was measured: {why}.", fix=f"autoresearch show {tonight[-1].number}")
    if not tonight:
        fix = "autoresearch run --experiments 20 grants another night"
        return UserError(f"Nothing new was measured: {why}.", fix=fix)
    (reason, times), *_ = Counter(done.verdict.reason for done in tonight).most_common(1)
    last = next(done for done in reversed(tonight) if done.verdict.reason == reason)
    how = f"it ended with: {reason}" if len(tonight) == 1 else f"{times} of {len(tonight)} ended with: {reason}"
    said, advice = f"`autoresearch show {last.number}`", breaker.advice(last)
    return UserError(
        f"Nothing new was measured, in {count(len(tonight), 'attempt')}; {how.rstrip('.')}. The night is over: {why}.",
        fix=advice if said in advice else f"{advice}; {said} has what it said",
    )


@dataclass(slots=True)
class Stop:
    """What a human's Ctrl-C means: once, finish the measurement; twice, kill it."""

    asked: threading.Event = field(default_factory=threading.Event)
    now: threading.Event = field(default_factory=threading.Event)

    def __call__(self, *_: Any) -> None:
        """The signal handler."""
        if self.asked.is_set():
            self.now.set()
        else:
            self.asked.set()
            typer.echo(
                "Finishing the measurement now running; Ctrl-C again kills it. Nothing is lost either way.", err=True
            )


@contextmanager
def stoppable(assembly: Assembly) -> Iterator[None]:
    """Within, SIGINT and SIGTERM stop the study in an orderly way."""
    stop = Stop()
    assembly.rig.runner.stop = assembly.study.agent.stop = stop.now
    assembly.study.interrupted = stop.asked.is_set
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
