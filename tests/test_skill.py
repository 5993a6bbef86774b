"""`autoresearch skill install`, and what the skill says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from autoresearch.cli import app
from autoresearch.cli.skill import FOLDERS, text
from gitrepo import repository

ROOT = Path(__file__).parents[1]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(repository(tmp_path / "r", {"a.py": "1\n"}))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path


def test_the_skill_is_short_and_every_command_it_names_exists() -> None:
    lines = text().splitlines()
    assert len(lines) < 100
    assert lines[:2] == ["---", "name: autoresearch"]
    assert 1 <= len(lines[2].removeprefix("description: ")) <= 1024
    verbs = {command.name for command in app.registered_commands} | {group.name for group in app.registered_groups}
    assert set(re.findall(r"`autoresearch ([a-z]+)", text())) <= verbs


@pytest.mark.parametrize("host", FOLDERS)
def test_it_is_installed_where_each_host_looks(root: Path, host: str) -> None:
    for option, base in ([], root / "r"), (["--global"], root / "home"):
        done = CliRunner().invoke(app, ["skill", "install", "--host", host, *option])
        target = base / FOLDERS[host][bool(option)] / "autoresearch" / "SKILL.md"
        assert done.stdout.split() == [str(target)]
        assert target.read_text().startswith(text())


def test_an_older_one_is_replaced_and_a_changed_one_is_not(root: Path) -> None:
    install = ["skill", "install"]
    assert len(CliRunner().invoke(app, install).stdout.split()) == 2
    target = root / "r" / ".claude" / "skills" / "autoresearch" / "SKILL.md"
    assert CliRunner().invoke(app, install).exit_code == 0
    target.write_text(target.read_text().replace("Never", "Always"))
    other = root / "r" / ".agents" / "skills" / "autoresearch" / "SKILL.md"
    other.unlink()
    done = CliRunner().invoke(app, install)
    assert "was changed" in str(done.exception)
    assert "Always" in target.read_text()
    assert not other.exists()
