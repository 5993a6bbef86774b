"""What a new user gets wrong: each one clear sentence, the next step, no traceback, and nothing lost."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from autoresearch.testing import toy
from program import autoresearch

Break = Callable[[Path], None]


def cli(where: Path, *words: str) -> subprocess.CompletedProcess[str]:
    done = autoresearch(where, *words)
    assert "Traceback" not in done.stderr + done.stdout
    assert done.returncode != 3, done.stderr
    return done


def git(root: Path, *words: str) -> str:
    identity = ("-c", "user.name=u", "-c", "user.email=u@example.org")
    return subprocess.run(["git", *identity, *words], cwd=root, check=True, capture_output=True, text=True).stdout


def commit(root: Path) -> None:
    git(root, "add", "-A")
    git(root, "commit", "--quiet", "--allow-empty", "-m", "change")


def replaced(name: str, old: str, new: str) -> Break:
    def edit(root: Path) -> None:
        path = root / name
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))
        commit(root)

    return edit


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return toy.make(tmp_path / "toy")


def test_no_git_repository(tmp_path: Path) -> None:
    done = cli(tmp_path, "run")
    assert done.returncode == 1
    assert "is not in a git repository" in done.stderr
    assert "Try: git init" in done.stderr


def test_no_commits(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    toy_files = toy.make(tmp_path / "elsewhere")
    (tmp_path / "autoresearch.toml").write_text((toy_files / "autoresearch.toml").read_text())
    done = cli(tmp_path, "run")
    assert done.returncode == 1
    assert "has no commits yet" in done.stderr


def test_no_task_file(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    commit(tmp_path)
    done = cli(tmp_path, "check")
    assert (done.returncode, "Try: autoresearch init" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (replaced("evaluate.py", '{"loss": value}', "{}"), "no number named 'loss'"),
        (replaced("evaluate.py", '{"loss": value}', '{"loss": float("nan")}'), "loss is nan, not a finite number"),
        (replaced("evaluate.py", '{"loss": value}', '{"los": value}'), "no number named 'loss' came out; found los"),
        (replaced("evaluate.py", "json.dump", "print"), "not a JSON object"),
        (replaced("autoresearch.toml", "python experiment.py", "pyhton experiment.py"), "command not found: pyhton"),
        (replaced("autoresearch.toml", "python experiment.py", "python train.py"), "train.py"),
        (replaced("autoresearch.toml", '["settings.py"]', '["src/*.py"]'), "No file matches editable = ['src/*.py']"),
        (replaced("settings.py", "LEARNING_RATE = 0.003", "LEARNING_RATE = undefined"), "NameError"),
    ],
)
def test_check_names_the_problem_and_exits_4(root: Path, mistake: Break, words: str) -> None:
    mistake(root)
    before = git(root, "status", "--porcelain"), git(root, "rev-parse", "HEAD")
    done = cli(root, "check", "--runs", "2")
    assert done.returncode == 4, done.stdout + done.stderr
    assert words in done.stdout
    assert (git(root, "status", "--porcelain"), git(root, "rev-parse", "HEAD")) == before


def test_an_evaluator_changed_after_the_study_began(root: Path) -> None:
    assert cli(root, "run", "--experiments", "1").returncode == 0
    replaced("loss.py", "return 1.0", "return 2.0")(root)
    assert "among them changes to `loss.py`" in cli(root, "check", "--runs", "2").stdout
    replaced("evaluate.py", "import json, os", "import json, os  # better now")(root)
    for verb, code in (("check", 4), ("run", 1)):
        done = cli(root, verb)
        assert done.returncode == code, done.stdout + done.stderr
        assert "`evaluate.py` was changed by commits since the study began" in done.stdout + done.stderr
    replaced("autoresearch.toml", 'name = "toy"', 'name = "toy2"')(root)
    assert cli(root, "run", "--experiments", "1").returncode == 0


def test_an_agent_that_never_begins(root: Path) -> None:
    no_agent = ("-c", 'agent.use="command"', "-c", 'agent.command="sh nowhere.sh"')
    assert cli(root, "run", "--experiments", "1", *no_agent).returncode == 0
    done = cli(root, "run", "--experiments", "3", *no_agent)
    assert done.returncode == 1
    assert "in 3 attempts; 3 of 3 ended with: " in done.stderr
    assert "autoresearch show 4" in done.stderr


def test_a_baseline_that_fails_is_in_status(root: Path) -> None:
    done = cli(root, "run", "-c", "evaluation.seconds=0.001")
    assert done.returncode == 1
    assert "The night stopped: the baseline itself does not run" in done.stderr
    assert "the baseline itself does not run" in cli(root, "status").stdout


def test_no_metric_printed(tmp_path: Path) -> None:
    root = toy.make(tmp_path / "toy", sealed=False)
    replaced("experiment.py", "METRIC loss=%r", "all is well %r")(root)
    assert "no number named 'loss' came out" in cli(root, "check").stdout


def test_an_evaluator_too_slow_for_its_budget(root: Path) -> None:
    done = cli(root, "check", "--runs", "2", "-c", "budget.hours=0.0001")
    assert done.returncode == 4
    assert "too slow" in done.stdout


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_an_unwritable_folder(root: Path) -> None:
    root.chmod(0o555)
    done = cli(root, "run")
    root.chmod(0o755)
    assert done.returncode == 1
    assert "cannot be written" in done.stderr


def test_a_file_in_the_place_of_our_folder(root: Path) -> None:
    (root / ".autoresearch").write_text("mine")
    done = cli(root, "run")
    assert done.returncode == 1
    assert "cannot be written" in done.stderr
    assert (root / ".autoresearch").read_text() == "mine"


def test_a_detached_head_works(root: Path) -> None:
    git(root, "checkout", "--quiet", "--detach")
    done = cli(root, "run", "--experiments", "1")
    assert done.returncode == 0, done.stderr
    assert git(root, "status", "--porcelain", "--branch").startswith("## HEAD (no branch)")


def test_a_dirty_tree_is_left_alone_and_said_so(root: Path) -> None:
    (root / "settings.py").write_text("LEARNING_RATE = 5.0\n")
    (root / "notes.txt").write_text("mine\n")
    git(root, "add", "notes.txt")
    before = git(root, "status", "--porcelain")
    done = cli(root, "check", "--runs", "2")
    assert "2 uncommitted changes" in done.stdout
    assert cli(root, "run", "--experiments", "1").returncode == 0
    assert git(root, "status", "--porcelain") == before
    assert (root / "settings.py").read_text() == "LEARNING_RATE = 5.0\n"


def test_a_submodule_is_an_empty_folder_and_said_so(root: Path, tmp_path: Path) -> None:
    inner = toy.make(tmp_path / "inner")
    git(root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner), "vendor/inner")
    commit(root)
    done = cli(root, "check", "--runs", "2")
    assert done.returncode == 0, done.stdout
    assert "Submodules are empty folders inside the boxes: vendor/inner" in done.stdout


def test_names_with_spaces_and_unicode(root: Path) -> None:
    for name in ("with space.txt", "tab\there.txt", "über/ñandú 漢字.txt", "-dash.txt", "quote'\"s.txt"):
        path = root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)
    commit(root)
    done = cli(root, "run", "--experiments", "2")
    assert done.returncode == 0, done.stderr
    assert git(root, "status", "--porcelain") == ""


@pytest.mark.slow
def test_a_repository_of_300_megabytes(root: Path) -> None:
    for i in range(300):
        (root / f"blob{i}.bin").write_bytes(i.to_bytes(4, "big") + bytes(1 << 20))
    commit(root)
    done = cli(root, "check", "--runs", "2")
    assert done.returncode == 0, done.stdout
    assert "The tree holds 300 MiB" in done.stdout
    assert cli(root, "run", "--experiments", "1").returncode == 0


def test_our_branch_checked_out(root: Path) -> None:
    assert cli(root, "run", "--experiments", "1").returncode == 0
    git(root, "checkout", "--quiet", "autoresearch/toy")
    done = cli(root, "run", "--experiments", "1")
    assert done.returncode == 1
    assert "is checked out" in done.stderr


def test_a_branch_of_that_name_that_is_not_ours(root: Path) -> None:
    git(root, "branch", "autoresearch/toy")
    done = cli(root, "run", "--experiments", "1")
    assert done.returncode == 1
    assert "that this study did not make" in done.stderr


def test_an_agent_that_is_missing_costs_no_night(root: Path) -> None:
    agent = ("-c", "agent.use=acp", "-c", "agent.command=nobody", "-c", "agent.base_url=http://127.0.0.1:9")
    done = cli(root, "run", "--experiments", "2", *agent)
    assert done.returncode == 1
    assert "'nobody', the program of the acp agent, is not on PATH." in done.stderr
    assert "Try: put nobody on PATH, or its whole path into agent.command" in done.stderr
    assert json.loads(cli(root, "status", "--json").stdout)["budget"] == {}


def test_a_property_no_sandbox_proves(root: Path) -> None:
    done = cli(root, "run", "--experiments", "1", "-c", 'sandbox.require=["teleportation"]')
    assert done.returncode == 1
    assert "teleportation" in done.stderr


def test_the_task_file_may_not_be_editable(root: Path) -> None:
    done = cli(root, "check", "-c", 'editable=["**"]')
    assert done.returncode == 1
    assert "rewrite its own contract" in done.stderr


def test_a_ledger_that_was_changed_by_hand(root: Path) -> None:
    assert cli(root, "run", "--experiments", "1").returncode == 0
    path = root / ".autoresearch" / "toy" / "ledger.jsonl"
    path.write_text(path.read_text().replace('"side":"candidate"', '"side":"incumbent"', 1))
    for verb, code in {"run": 1, "status": 1, "replay": 4}.items():
        done = cli(root, verb)
        assert done.returncode == code
        assert f"{path}, line" in done.stderr


def test_errors_are_json_when_json_is_asked_for(tmp_path: Path) -> None:
    import json

    done = cli(tmp_path, "status", "--json")
    assert set(json.loads(done.stdout)["error"]) == {"kind", "message", "fix"}
