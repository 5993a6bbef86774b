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
from autoresearch.errors import UserError
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


def offered(words: str) -> list[str]:
    """What bash would offer for the last of `words`."""
    asked = {"_AUTORESEARCH_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    done = CliRunner().invoke(app, [], env=asked, prog_name="autoresearch")
    return done.stdout.split()


def test_the_shell_is_offered_studies_and_numbers_and_nothing_it_could_execute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("good", "$(touch gotcha)"):
        folder = tmp_path / ".autoresearch" / name
        folder.mkdir(parents=True)
        start = '{"schema":1,"seq":%d,"prev":"","type":"experiment","at":"","body":{"number":%d,"candidate":'
        rest = '{"summary":"$(touch gotcha)"},"verdict":{"outcome":"%s"}}}\n'
        lines = [(start % (n, n)) + rest % ("keep" if n else "`touch gotcha`") for n in range(1, 13)]
        (folder / "ledger.jsonl").write_text("".join(lines))
    assert offered("autoresearch log --study ") == ["good"]
    assert offered("autoresearch show --study good 1") == ["12", "11", "10", "1"]
    assert offered("autoresearch show 1") == [], "of which study is not said"
    assert offered("autoresearch show --study nowhere 1") == []
    zsh = {"_AUTORESEARCH_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": "autoresearch show --study good "}
    assert "touch" not in CliRunner().invoke(app, [], env=zsh, prog_name="autoresearch").stdout


def test_a_task_file_names_its_schema_and_the_schema_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = toy.make(tmp_path / "toy")
    (root / "autoresearch.toml").unlink()
    monkeypatch.chdir(root)
    words = ["--command", "python experiment.py", "--metric", "loss", "--direction", "minimize"]
    done = CliRunner().invoke(app, ["init", *words, "--editable", "settings.py"])
    assert done.exit_code == 0, done.output
    line = (root / "autoresearch.toml").read_text().splitlines()[0]
    schema = root / line.removeprefix("#:schema ")
    assert json.loads(schema.read_text())["properties"].keys() >= {"name", "metric", "experiment"}
    status = subprocess.run(["git", "-C", root, "status", "--porcelain"], capture_output=True, text=True, check=True)
    assert ".autoresearch" not in status.stdout
    schema.unlink()
    assert CliRunner().invoke(app, ["schema", "--write"]).exit_code == 0
    assert json.loads(schema.read_text()) == json.loads(CliRunner().invoke(app, ["schema"]).stdout)


def test_a_ledger_elsewhere_is_replayed_and_told_but_not_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    missing = CliRunner().invoke(app, ["replay", "nowhere.jsonl"])
    assert isinstance(missing.exception, UserError)
    assert missing.exception.message == "nowhere.jsonl is not a file."
    (tmp_path / "cut.jsonl").write_text("")
    assert CliRunner().invoke(app, ["replay", "cut.jsonl"]).exit_code == 4
    whole = CliRunner().invoke(app, ["report", "cut.jsonl"])
    assert isinstance(whole.exception, UserError)
    assert "--comment" in whole.exception.fix
    assert CliRunner().invoke(app, ["report", "--comment", "cut.jsonl"]).stdout.startswith("## nothing yet: ")
