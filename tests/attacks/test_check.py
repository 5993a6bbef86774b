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


def test_an_evaluation_that_swallows_everything_and_an_open_history_are_found(tmp_path: Path) -> None:
    root = toy.make(tmp_path / "toy")
    swallowing = "import json, os\nopen(os.environ['AUTORESEARCH_METRICS'], 'w').write(json.dumps({'loss': 1.0}))\n"
    (root / "evaluate.py").write_text(swallowing)
    git_commit(root)
    found = tried(root, "-c", f"sandbox.read=['{root / '.git'}']", status=4)
    assert found["nothing left to be judged, a number printed"]["standing"] == "worked"
    assert found["history as an oracle"]["standing"] == "worked"
    assert "list the user's objects" in found["history as an oracle"]["why"]


def test_a_number_of_its_own_is_said_to_be_that_and_a_pattern_opens_no_more_than_files(tmp_path: Path) -> None:
    root = toy.make(tmp_path / "toy", sealed=False)
    task = root / "autoresearch.toml"
    task.write_text(task.read_text().replace('["settings.py"]', '["settings.py", "src/**", "inner/**"]'))
    git_commit(root)
    found = tried(root, status=0)
    assert found["a plausible number printed"]["standing"] == "not given"
    assert found["-Infinity reported"]["standing"] == "stopped"
    by_row = {one["row"]: one for one in found.values()}
    assert by_row[36]["title"] == "embedded bare repository"
    assert by_row[36]["standing"] == "stopped"
    assert by_row[38]["why"] == "intake: no new links"
