"""`check --attack`: the portable attacks on a user's own task, and nothing of the user's changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from autoresearch.attacks.catalogue import attacks
from autoresearch.site import Site
from autoresearch.testing import toy
from gitrepo import fingerprint

from .night import autoresearch, git_commit

pytestmark = pytest.mark.slow


def tried(root: Path, *words: str, status: int) -> dict[str, dict[str, Any]]:
    """Findings by title."""
    done = autoresearch(root, "check", "--attack", "--json", *words)
    assert done.returncode == status, done.stdout + done.stderr
    found = {one["title"]: one for one in json.loads(done.stdout)["attacks"]}
    assert {attack.title for attack in attacks() if attack.portable} <= set(found)
    return found


@pytest.mark.parametrize("backend", ["bubblewrap", "embedded"])
def test_a_sound_task_withstands_all_and_is_left_alone(tmp_path: Path, backend: str) -> None:
    root = toy.make(tmp_path / "toy")
    before = fingerprint(root)
    found = tried(root, "-c", f'sandbox.use="{backend}"', status=0)
    assert {one["standing"] for one in found.values()} <= {"stopped", "not given", "not applicable here"}
    assert found["core.fsmonitor"]["standing"] == "stopped"
    assert fingerprint(root) == before
    assert not Site(root, "toy").ledger_path.exists()


def test_an_evaluation_that_gives_a_number_for_nothing_is_found(tmp_path: Path) -> None:
    root = toy.make(tmp_path / "toy")
    swallowing = "import json, os\nopen(os.environ['AUTORESEARCH_METRICS'], 'w').write(json.dumps({'loss': 1.0}))\n"
    (root / "evaluate.py").write_text(swallowing)
    git_commit(root)
    found = tried(root, status=4)
    assert found["nothing left to be judged, a number printed"]["standing"] == "worked"


@pytest.mark.parametrize("backend", ["bubblewrap", "embedded"])
def test_a_task_that_opens_the_history_is_told(tmp_path: Path, backend: str) -> None:
    root = toy.make(tmp_path / "toy")
    open_history = f"sandbox.read=['{root / '.git'}']"
    found = tried(root, "-c", f'sandbox.use="{backend}"', "-c", open_history, status=4)
    assert found["history as an oracle"]["standing"] == "worked"
    assert "list the user's objects" in found["history as an oracle"]["why"]


def test_a_number_of_its_own_is_said_to_be_that(tmp_path: Path) -> None:
    found = tried(toy.make(tmp_path / "toy", sealed=False), status=0)
    assert found["a plausible number printed"]["standing"] == "not given"
    assert found["-Infinity reported"]["standing"] == "stopped"


def test_a_pattern_that_opens_a_folder_opens_no_more_than_files(tmp_path: Path) -> None:
    root = toy.make(tmp_path / "toy")
    task = root / "autoresearch.toml"
    task.write_text(task.read_text().replace('["settings.py"]', '["settings.py", "src/**", "inner/**"]'))
    git_commit(root)
    done = autoresearch(root, "check", "--attack")
    assert done.returncode == 0, done.stdout + done.stderr
    lines = {line.split()[0]: line.split() for line in done.stdout.splitlines() if line[:1].isdigit()}
    assert lines["36"][1:5] == ["git", "embedded", "bare", "repository"]
    assert "stopped" in lines["36"]
    assert lines["38"][-4:] == ["intake:", "no", "new", "links"]
