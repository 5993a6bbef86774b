"""What `status` remembers, and that it never believes it beyond the ledger it was said of."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from autoresearch.cli import app
from autoresearch.cli.words import hours_of
from autoresearch.history import Control, Note
from autoresearch.site import Site
from scribe import Scribe


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A study of thirty experiments, where we stand."""
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    site = Site(tmp_path, "quick")
    Scribe().begin().go(30).write(site.ledger_path)
    monkeypatch.chdir(tmp_path)
    return site


def status() -> dict[str, object]:
    done = CliRunner().invoke(app, ["status", "--json"])
    assert done.exit_code == 0, done.output
    said: dict[str, object] = json.loads(done.stdout)
    return said


def without_clock(said: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in said.items() if name not in ("budget", "budget_words")}


def test_what_is_remembered_is_what_would_be_worked_out(site: Site) -> None:
    first = status()
    kept = site.folder / "standing.json"
    assert kept.exists()
    again = status()
    kept.unlink()
    assert without_clock(first) == without_clock(again) == without_clock(status())
    assert "{hours}" not in json.dumps(again)
    assert again["budget"]["hours"]["used"] >= first["budget"]["hours"]["used"]  # type: ignore[index]


def test_it_is_really_remembered(site: Site) -> None:
    status()
    kept = site.folder / "standing.json"
    kept.write_text(kept.read_text().replace('"study": "quick"', '"study": "remembered"'))
    assert status()["study"] == "remembered"


def test_whatever_is_recorded_is_seen_at_once(site: Site) -> None:
    assert status()["state"] == "idle"
    site.ledger().append(Note("alarm", "the machine drifts"))
    assert status()["alarms"] == ["the machine drifts"]
    site.ledger().append(Control("pause"))
    assert status()["state"] == "paused"
    assert status()["next"] == "autoresearch resume"


def test_a_ledger_of_the_same_length_but_another_end_is_read_again(site: Site) -> None:
    status()
    text = site.ledger_path.read_bytes()
    site.ledger_path.write_bytes(text[:-4] + b"x" + text[-3:])
    done = CliRunner().invoke(app, ["status", "--json"])
    assert done.exit_code != 0


def test_hours_that_nobody_used_are_not_counted_but_named(site: Site) -> None:
    assert "30 of 1000 experiments, 0.6 of 8 hours" in str(status()["budget_words"])
    used = {"limit": 0.03, "used": 0.012, "over": True}
    assert hours_of({"hours": used, "ended": ""}, held=False) == "0.7 of 1.8 minutes, ended by the clock"
    assert hours_of({"hours": used, "ended": ""}, held=True) == "0.7 of 1.8 minutes"
    assert hours_of({"hours": used, "ended": "stopped by hand"}, held=False) == "0.7 of 1.8 minutes"


@pytest.mark.parametrize("junk", [b"", b"[]", b"{", b"null", b'{"version": 1}', b"\xff"])
def test_a_broken_memory_costs_nothing(site: Site, junk: bytes) -> None:
    first = status()
    (site.folder / "standing.json").write_bytes(junk)
    assert without_clock(status()) == without_clock(first)


def test_people_are_told_the_same_twice(site: Site) -> None:
    said = [CliRunner().invoke(app, ["status"]).stdout for _ in range(2)]
    assert said[0] == said[1]
    assert "best so far" in said[0]
