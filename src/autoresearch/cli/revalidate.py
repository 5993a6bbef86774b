"""`autoresearch revalidate`: measure again, now, what was kept."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from autoresearch.cli import place
from autoresearch.cli.run import Overrides, stoppable

if TYPE_CHECKING:
    from autoresearch.stats.ranks import Interval
    from autoresearch.views.revalidated import Table


def revalidate(
    runs: Annotated[int, typer.Option(min=4, max=100, help="Runs of the base, of each change and of the tip.")] = 5,
    overrides: Overrides = None,
    as_json: place.AsJson = False,
) -> None:
    """Measure every kept change again, alone on the base and all together. Goes on where it was stopped."""
    from autoresearch import config, revalidation
    from autoresearch.site import Site
    from autoresearch.views.revalidated import revalidated

    root = place.repository()
    task = config.load(root, overrides or ())
    site = Site(root, task.name)
    site.create()
    with site.occupied():
        assembly = revalidation.begin(root, task, runs=runs)
        for sentence in assembly.news:
            typer.echo(sentence, err=True)
        with stoppable(assembly):
            try:
                for run in revalidation.measure(assembly.study):
                    typer.echo(f"{run.commit[:9]}  {run.foul if run.value is None else f'{run.value:.6g}'}", err=True)
            finally:
                assembly.rig.workspace.close()
    table = revalidated(site.ledger().history)
    assert table
    if as_json:
        typer.echo(json.dumps(_plain(table)))
    else:
        _print(table)


def _plain(table: Table) -> dict[str, object]:
    rows = [asdict(row) | {"claimed": _ends(row.claimed), "gain": _ends(row.gain)} for row in table.rows]
    return {"schema": 1, "epoch": table.plan.epoch, "base": table.plan.base, "base_runs": table.base_runs, "rows": rows}


def _ends(interval: Interval | None) -> list[float | None] | None:
    from autoresearch.views.rows import finite

    return [finite(end) for end in (interval.estimate, interval.low, interval.high)] if interval else None


def _print(table: Table) -> None:
    from rich.table import Table as Grid
    from rich.text import Text

    from autoresearch.cli.tables import console
    from autoresearch.views.revalidated import gain_words
    from autoresearch.views.words import Figures, plain

    figures, grid = Figures(table.metric.unit), Grid(box=None, pad_edge=False, header_style="dim")
    for name in ("#", "claimed gain", "gain now, 95 %", "runs", "verdict", "change"):
        grid.add_column(name, justify="right" if name in {"#", "runs"} else "left", no_wrap=name != "change")
    for row in table.rows:
        number = "all" if row.experiment is None else str(row.experiment)
        gains = gain_words(row.claimed, figures), gain_words(row.gain, figures)
        grid.add_row(number, *gains, str(row.runs), Text(plain(row.verdict, 100)), Text(plain(row.summary, 100)))
    console().print(grid)
