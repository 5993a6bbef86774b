"""`autoresearch demo`: a real study from nothing, without a model, a key or a GPU."""

from __future__ import annotations

import os
import shutil
import sys
from importlib import resources
from pathlib import Path
from typing import Annotated

import typer

from autoresearch.errors import UserError


def demo(
    folder: Annotated[Path, typer.Argument(help="Where to put the example; must not exist yet.")] = Path(
        "autoresearch-demo"
    ),
    experiments: Annotated[int, typer.Option(min=1, help="Experiments to run.")] = 12,
) -> None:
    """Improve a small language model on this machine: 12 experiments, then a certificate and a report."""
    from autoresearch import config
    from autoresearch.cli import place
    from autoresearch.cli.report import write
    from autoresearch.cli.run import night
    from autoresearch.task import Budget

    root = prepare(folder)
    typer.echo(f"A language model on nothing but NumPy, in {root}. This takes some minutes.", err=True)
    task = config.load(root)
    night(root, task, granted=Budget(experiments=experiments))
    os.chdir(root)
    site, ledger = place.open_ledger(task.name)
    typer.echo(str(write(site, ledger.history).html))


def prepare(folder: Path) -> Path:
    """Copy examples/quick to `folder` and make it a repository with one commit. Raises UserError."""
    from autoresearch.workspace import git

    if folder.exists():
        raise UserError(
            f"{folder} exists already.",
            fix=f"autoresearch demo {folder}-2, or: cd {folder} && autoresearch run --experiments 12",
        )
    shutil.copytree(_example(), folder, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    root = folder.resolve()
    git.create(root, message="A byte-level language model on NumPy")
    # The demo's commands need NumPy, which the environment autoresearch runs in has.
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return root


def _example() -> Path:
    """examples/quick, from the installed package or from the source tree."""
    installed = Path(str(resources.files("autoresearch"))) / "_examples" / "quick"
    source = Path(__file__).parents[3] / "examples" / "quick"
    return installed if installed.is_dir() else source
