"""`autoresearch watch` where it cannot show anything."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from ledgers import a_study
from typer.testing import CliRunner

from autoresearch.cli import app
from autoresearch.errors import UserError


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a_study(tmp_path, 0)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(("verb", "library"), [("watch", "textual"), ("serve", "uvicorn")])
def test_without_the_extra_it_says_where_to_install_it(
    verb: str, library: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.delitem(sys.modules, "autoresearch.web.server", raising=False)
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    with pytest.raises(UserError, match=r"not installed|needs uvicorn") as failure:
        CliRunner().invoke(app, [verb], catch_exceptions=False)
    assert failure.value.fix.startswith("python3 -m venv ../look && "), "the commands' packages are ours"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / ".venv"], check=True)
    with pytest.raises(UserError) as failure:
        CliRunner().invoke(app, [verb], catch_exceptions=False)
    assert failure.value.fix == f"{sys.executable} -m pip install 'autoresearch[tui,web]'"


def test_without_a_terminal_it_names_the_verbs_that_need_none() -> None:
    with pytest.raises(UserError, match="needs a terminal") as failure:
        CliRunner().invoke(app, ["watch"], catch_exceptions=False)
    assert "autoresearch status" in failure.value.fix
