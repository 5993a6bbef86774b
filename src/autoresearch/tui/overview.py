"""The study as a whole, to read: where it stands, what it used, what it failed of, what may be trusted."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from autoresearch.tui.feed import Scene
from autoresearch.views.costs import usd
from autoresearch.views.lines import status_lines
from autoresearch.views.spend import spend
from autoresearch.views.standing import failures, hit_rate
from autoresearch.views.words import duration, numbers, plain


def page(scene: Scene) -> RenderableType:
    """Everything that is not about one experiment."""
    history, status = scene.history, scene.status
    return Group(
        *(Text(f"alarm: {plain(alarm, 400)}", "bold red") for alarm in status["alarms"]),
        _grid(iter(status["imported"].items()) if status["imported"] else status_lines(status, history)),
        *([] if status["imported"] else _ours(scene)),
        _grid(_failures(scene), "failed"),
        _grid(_promises(scene), "sandbox"),
    )


def _ours(scene: Scene) -> Iterator[RenderableType]:
    """What only a study that was run here has."""
    yield _grid(_told(scene), "told")
    yield _grid(_success(scene), "proven")
    yield _grid(_spend(scene), "used")


def _grid(rows: Iterator[tuple[str, str]], title: str = "") -> RenderableType:
    found = list(rows)
    if not found:
        return Text(end="")
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    for name, text in found:
        grid.add_row(name, Text(plain(text, 600)))
    return Group(Text("\n" + title, "bold"), grid) if title else grid


def _told(scene: Scene) -> Iterator[tuple[str, str]]:
    yield from (("to agents", text) for text in scene.history.told)


def _success(scene: Scene) -> Iterator[tuple[str, str]]:
    rate = hit_rate(scene.reading)
    if rate.tried:
        yield "tried", f"{rate.tried:,}, {rate.kept:,} kept, {rate.certified:,} of them in certified blocks"
    for proof in scene.history.certificates[-6:]:
        yield f"certificate {proof.number}", f"{proof.ruling.replace('_', ' ')}: {proof.reason}"


def _spend(scene: Scene) -> Iterator[tuple[str, str]]:
    used = spend(scene.history)
    shares = {
        "agents": used.agent,
        "candidates": used.candidate,
        "evaluation": used.evaluation,
        "certificates": used.certificates,
        "the rest": used.overhead,
    }
    for name, seconds in shares.items():
        if seconds:
            yield name, f"{duration(seconds)}, {seconds / used.total:.0%}"
    yield "money", used.money.words(usd)
    yield "tokens", used.counted.words("{:,.0f}".format)


def _failures(scene: Scene) -> Iterator[tuple[str, str]]:
    for failure in failures(scene.history)[:12]:
        where = numbers([done.number for done in failure.experiments], 5)
        name = failure.kind or str(failure.outcome).replace("_", " ")
        yield f"{len(failure.experiments):,} {plain(name, 24)}", f"{plain(failure.cause, 160)} (experiments {where})"


def _promises(scene: Scene) -> Iterator[tuple[str, str]]:
    for name, holds in scene.status["sandbox"]["properties"].items():
        yield name.replace("_", " "), "yes, proven at the start" if holds else "NOT GIVEN HERE"
