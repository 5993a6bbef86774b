"""`autoresearch watch` where it cannot show anything."""

from __future__ import annotations

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


def test_without_a_terminal_it_names_the_verbs_that_need_none() -> None:
    with pytest.raises(UserError, match="needs a terminal") as failure:
        CliRunner().invoke(app, ["watch"], catch_exceptions=False)
    assert "autoresearch status" in failure.value.fix
