"""Verbs in this process: what they say and the code they exit with."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from autoresearch.cli import app


def test_replay_exits_4_on_a_ledger_that_was_tampered_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    path = tmp_path / ".autoresearch" / "toy" / "ledger.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text('{"seq": 0}\n')
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["replay"])
    assert done.exit_code == 4
    assert f"error: {path}, line 1: " in done.output
    assert "restore the file from a copy" in done.output
