"""What needs a library that is not installed: one sentence, and a command that costs no study its epoch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from ledgers import a_study
from typer.testing import CliRunner

from autoresearch.cli import app, failure
from autoresearch.extras import ExtraMissing

LOOKING_ON = [
    ("watch", "textual", "tui,web"),
    ("serve", "uvicorn", "tui,web"),
    ("report --png share.png", "matplotlib", "plot"),
    ("export parquet table.parquet", "pyarrow", "export-parquet"),
    ("export tensorboard runs", "tensorboardX", "export-tensorboard"),
    ("export mlflow", "mlflow", "export-mlflow"),
    ("export wandb", "wandb", "export-wandb"),
    ("export trackio", "trackio", "export-trackio"),
]
TASK = """
name = "quick"
goal = "g"
editable = ["x.py"]
metric = { name = "m", direction = "minimize" }
experiment = { command = "true", seconds = 1 }
"""
HERE = f"{sys.executable} -m pip install 'autoresearch[{{}}]'"


@pytest.fixture(autouse=True)
def _ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In a folder whose commands use the packages that autoresearch stands on."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    Path("autoresearch.toml").write_text(TASK)


def tried(line: str, library: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """The fix that is told when `line` is typed where `library` is not installed."""
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.delitem(sys.modules, "autoresearch.web.server", raising=False)
    with pytest.raises(ExtraMissing) as caught:
        CliRunner().invoke(app, line.split(), catch_exceptions=False)
    assert failure.explain(caught.value) == 1
    said, fix = capsys.readouterr().err.splitlines()
    assert said.startswith("error: ")
    return fix.removeprefix("  Try: ")


@pytest.mark.parametrize(("line", "library", "extra"), LOOKING_ON)
def test_what_only_looks_on_goes_elsewhere(
    line: str, library: str, extra: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    a_study(Path(), 0)
    fix = tried(line, library, monkeypatch, capsys)
    assert fix.startswith(
        f"python3 -m venv ../look && ../look/bin/pip install 'autoresearch[{extra}]', then ../look/bin/autoresearch ("
    )


def test_it_goes_beside_us_where_no_study_uses_our_packages(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    a_study(Path(), 0)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", ".venv"], check=True)
    assert tried("watch", "textual", monkeypatch, capsys) == HERE.format("tui,web")


def test_what_takes_part_says_that_an_epoch_begins(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    subprocess.run(["git", "init", "-q"], check=True)
    assert tried("mcp", "mcp.server", monkeypatch, capsys) == HERE.format("mcp"), "no study has begun"
    a_study(Path(), 0)
    fix = tried("mcp", "mcp.server", monkeypatch, capsys)
    assert fix.startswith(HERE.format("mcp"))
    assert "the next begins an epoch" in fix
