"""Verbs in this process: what they say and the code they exit with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from autoresearch.cli import app
from autoresearch.testing import toy


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


def test_check_warns_of_what_limits_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(toy.make(tmp_path / "toy", preset="exact", noise=0.0))
    options = ("--json", "--runs", "2", "-c", "experiment.cores=4096", "-c", "metric.target=50")
    done = CliRunner().invoke(app, ["check", *options])
    said = " ".join(json.loads(done.stdout)["warnings"])
    assert "experiment.cores = 4096, and" in said
    assert "meets metric.target = 50 already" in said


def test_attacks_that_are_terminated_leave_nothing_behind(tmp_path: Path) -> None:
    root = toy.make(tmp_path / "toy")
    verb = [sys.executable, "-m", "autoresearch.cli", "check", "--attack"]
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:  # sockets in it have short addresses only
        with subprocess.Popen(verb, cwd=root, env=os.environ | {"TMPDIR": folder}) as running:
            deadline = time.monotonic() + 60
            while not list(Path(folder).glob("autoresearch-attack-*")) and time.monotonic() < deadline:
                time.sleep(0.01)
            running.send_signal(signal.SIGTERM)
            assert running.wait(60) == 130
        assert list(Path(folder).glob("autoresearch-attack-*")) == []
