"""One experiment, to read: the honest sentence, what was tried and why, every run, the patch, the end of its log."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from autoresearch.errors import AutoresearchError
from autoresearch.records import Candidate, Experiment, Measurement
from autoresearch.report.diffs import parse
from autoresearch.report.printed import printed
from autoresearch.site import Site
from autoresearch.tui.code import painted
from autoresearch.tui.feed import Scene
from autoresearch.tui.signs import ending
from autoresearch.views.sentences import size_of, tell
from autoresearch.views.standing import change_of
from autoresearch.views.words import Figures, count, duration, plain

DiffOf = Callable[[str, str], str]
"""The patch between two commits. Raises AutoresearchError where they are not kept."""
RUNS = 24
"""Most runs that are listed."""
LOG_LINES = 20
LOG_BYTES = 65_536


def page(scene: Scene, number: int, *, site: Site, diff_of: DiffOf) -> RenderableType:
    """Everything about experiment `number`. Asks git and the disk: not for the screen's thread."""
    done, figures = scene.history.experiments[number], scene.figures(number)
    sign, word, style = ending(done, scene.standings.get(number))
    told = tell(scene.reading, change_of(scene.reading, done))
    return Group(
        Text.assemble((f"experiment {number}  ", "bold"), (f"{sign} {word}", style)),
        Text(plain(told, 2000)),
        Text(),
        _facts(done),
        *_runs(scene.history.settled.get(number, ()), figures),
        *_patch(done, diff_of),
        *_log(scene, done, site),
    )


def _facts(done: Experiment) -> RenderableType:
    made, grid = done.candidate, Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    for name, text in _pairs(done, made):
        grid.add_row(name, Text(plain(text, 1200)))
    return grid


def _pairs(done: Experiment, made: Candidate | None) -> Iterator[tuple[str, str]]:
    if made:
        yield "change", made.summary
        if made.hypothesis:
            yield "why", made.hypothesis
    yield "verdict", done.verdict.reason
    if done.verdict.cause:
        yield "cause", done.verdict.cause
    if done.agent:
        yield "agent", " ".join(filter(None, [done.agent, made.agent_version if made else ""]))
    if size := size_of(made):
        yield "size", size
    yield "used", _used(done)
    yield "commit", f"{made.commit[:9]} on {done.parent[:9]}" if made else f"none, on {done.parent[:9]}"
    if done.started:
        yield "started", done.started


def _used(done: Experiment) -> str:
    money = "cost unknown" if done.cost_usd is None else f"US$ {done.cost_usd:.4g}"
    tokens = "tokens unknown" if done.tokens is None else f"{done.tokens:,} tokens"
    return f"{duration(done.seconds) if done.seconds else 'time unknown'}, {money}, {tokens}"


def _runs(runs: list[Measurement] | tuple[()], figures: Figures) -> Iterator[RenderableType]:
    if not runs:
        return
    yield _heading(count(len(runs), "run"))
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("side", "value", "took", "load", "seed"):
        table.add_column(name, justify="left" if name == "side" else "right", no_wrap=True)
    for run in runs[:RUNS]:
        load = "–" if run.foreign_load is None else f"{run.foreign_load:.2f}"
        value = Text(figures.value(run.value)) if not run.foul else Text(plain(run.foul, 60), "red")
        table.add_row(str(run.side), value, duration(run.seconds), load, str(run.seed))
    yield table
    if len(runs) > RUNS:
        yield Text(f"and {len(runs) - RUNS:,} more", "dim")


def _patch(done: Experiment, diff_of: DiffOf) -> Iterator[RenderableType]:
    if done.candidate is None or done.candidate.commit == done.parent:
        return
    try:
        diff = parse(diff_of(done.parent, done.candidate.commit))
    except AutoresearchError:
        yield _heading("patch")
        yield Text("not kept here", "dim")
        return
    yield _heading(f"patch, +{diff.added} -{diff.removed}")
    yield painted(diff)


def _log(scene: Scene, done: Experiment, site: Site) -> Iterator[RenderableType]:
    kept = [done.log, *(run.log for run in scene.history.settled.get(done.number, ()))]
    path = next((path for name in kept if name and (path := site.log_path(name)).exists()), None)
    if path is not None:
        yield _heading("end of its log")
        yield Text("\n".join(printed(path.read_bytes()[-LOG_BYTES:], LOG_LINES)))


def _heading(words: str) -> RenderableType:
    return Rule(Text(words, "bold"), align="left", style="dim")
