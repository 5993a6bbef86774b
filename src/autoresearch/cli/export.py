"""`autoresearch export`: the ledger in other tools' formats, at any time; a second export adds what is new."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autoresearch.cli import place

app = typer.Typer(help="Write the ledger in another tool's format.", no_args_is_help=True)

Project = Annotated[str | None, typer.Option(help="Default: the study's name.")]


@app.callback()
def export() -> None:
    """Write the ledger in another tool's format. Again adds only what is new."""


@app.command()
def tsv(study: place.StudyName = None) -> None:
    """Print results.tsv: commit, metric, memory, status, description."""
    from autoresearch.export.tsv import remark
    from autoresearch.export.tsv import tsv as render

    _, ledger = place.open_ledger(study)
    typer.echo(render(ledger.history), nl=False)
    if said := remark(ledger.history):
        typer.echo(said, err=True)


@app.command()
def jsonl(study: place.StudyName = None) -> None:
    """Print pi-autoresearch's log: a config line an epoch, a run line an experiment."""
    from autoresearch.export.pi import lines

    _, ledger = place.open_ledger(study)
    for line in lines(ledger.history):
        typer.echo(line)


@app.command()
def csv(study: place.StudyName = None) -> None:
    """Print one flat table: a row an experiment, every metric a column."""
    from autoresearch.export.frame import as_csv

    _, ledger = place.open_ledger(study)
    typer.echo(as_csv(ledger.history), nl=False)


@app.command()
def parquet(file: Annotated[Path, typer.Argument(help="Written over.")], study: place.StudyName = None) -> None:
    """Write the flat table as Parquet."""
    from autoresearch.export.frame import to_parquet

    _, ledger = place.open_ledger(study)
    to_parquet(ledger.history, file)


@app.command()
def tensorboard(
    folder: Annotated[Path, typer.Argument(help="For `tensorboard --logdir`.")], study: place.StudyName = None
) -> None:
    """Append to TensorBoard's event files: the experiments are its steps."""
    from autoresearch.export.tensorboard import export as write

    _, ledger = place.open_ledger(study)
    _say(write(ledger.history, folder))


@app.command()
def mlflow(
    uri: Annotated[str, typer.Option(help="A server or a database.")] = "sqlite:///mlflow.db",
    study: place.StudyName = None,
) -> None:
    """Add runs to MLflow: the study is its experiment."""
    from autoresearch.export.mlflow import export as write

    _, ledger = place.open_ledger(study)
    _say(write(ledger.history, uri))


@app.command()
def wandb(
    project: Project = None,
    offline: Annotated[bool, typer.Option("--offline", help="Write folders for `wandb sync`.")] = False,
    study: place.StudyName = None,
) -> None:
    """Add runs to Weights & Biases: the study is a group."""
    from autoresearch.export.wandb import to_wandb

    site, ledger = place.open_ledger(study)
    _say(to_wandb(ledger.history, site, project=project or site.study, offline=offline))


@app.command()
def trackio(project: Project = None, study: place.StudyName = None) -> None:
    """Add runs to trackio's local database: the study is a group."""
    from autoresearch.export.wandb import to_trackio

    site, ledger = place.open_ledger(study)
    _say(to_trackio(ledger.history, site, project=project or site.study))


def _say(new: int) -> None:
    from autoresearch.views.words import count

    typer.echo(f"{count(new, 'new experiment')} exported.", err=True)
