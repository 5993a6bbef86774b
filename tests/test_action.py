"""The shell steps of `action.yml`, run by bash in a real repository, without a network."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from autoresearch.testing import toy
from finishing import FILES, night, put
from gitrepo import git, repository

ROOT = Path(__file__).parents[1]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
GH = """\
#!/bin/sh
printf '%s\\n' "$@" > gh-was-asked.txt
"""
"""The one program that would need a network: it writes down what it is asked."""


@pytest.fixture(scope="module")
def studied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = repository(tmp_path_factory.mktemp("ci") / "repository", FILES)
    night(root, ("Second up, `code` & <b>", put("parts/second.txt", "2\n")))
    (root / "evidence").mkdir()
    ledger = (root / ".autoresearch/parts/ledger.jsonl").read_bytes()
    (root / "evidence/a good one.jsonl").write_bytes(ledger)
    programs = root / ".bin"
    programs.mkdir()
    (programs / "gh").write_text(GH)
    (programs / "gh").chmod(0o755)
    return root


def steps(root: Path, tmp_path: Path, **inputs: str) -> tuple[int, str]:
    """The exit code of the first step that fails, and what all of them said."""
    inputs = {name: str(each["default"]) for name, each in ACTION["inputs"].items()} | {"package": ""} | inputs
    outputs, said, code = tmp_path / "outputs", "", 0
    outputs.touch()
    for step in ACTION["runs"]["steps"]:
        condition = step.get("if", "")
        needed = re.findall(r"inputs\.([\w-]+) != ''", condition)
        if "uses" in step or not all(inputs[name] for name in needed) or (code and "always()" not in condition):
            continue
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=root / inputs["folder"] if "working-directory" in step else root,
            env=environment(root, tmp_path, step, inputs, outputs.read_text()),
            capture_output=True,
            text=True,
            timeout=120,
        )
        said += done.stdout + done.stderr
        code = code or done.returncode
    return code, said


def environment(root: Path, tmp_path: Path, step: dict[str, Any], inputs: dict[str, str], told: str) -> dict[str, str]:
    known = {f"inputs.{name}": value for name, value in inputs.items()}
    known |= {f"steps.begin.outputs.{line.partition('=')[0]}": line.partition("=")[2] for line in told.splitlines()}
    own = {
        name: re.sub(r"\$\{\{ (.+?) \}\}", lambda found: known[found[1]], text) for name, text in step["env"].items()
    }
    path = f"{root / '.bin'}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ours = {"GITHUB_OUTPUT": "outputs", "GITHUB_STEP_SUMMARY": "summary.md", "RUNNER_TEMP": ""}
    return (
        os.environ
        | own
        | {name: str(tmp_path / last) for name, last in ours.items()}
        | {
            "PATH": path,
            "GITHUB_REPOSITORY": "o/r",
        }
    )


def test_a_ledger_that_holds_passes_and_its_table_is_told(studied: Path, tmp_path: Path) -> None:
    code, said = steps(studied, tmp_path, ledgers="evidence/*.jsonl", **{"comment-on": "7", "token": "t"})
    assert code == 0, said
    assert "0 disagree" in said
    table = (tmp_path / "summary.md").read_text()
    assert table.startswith("## parts: 1 better, certified")
    assert "| 1 | Second up, \\`code\\` &amp; &lt;b&gt; | \\+1 |" in table
    assert "Replayed: " in table
    asked = (studied / "gh-was-asked.txt").read_text().splitlines()
    assert asked[:2] == ["api", "repos/o/r/issues/7/comments"]
    assert git(studied, "status", "--porcelain", "replayed.txt") == ""


def test_a_ledger_that_was_changed_fails_and_says_so(studied: Path, tmp_path: Path) -> None:
    ledger = (studied / "evidence/a good one.jsonl").read_text()
    wrong = studied / "evidence/wrong.jsonl"
    wrong.write_text(ledger.replace('"value":3.0', '"value":4.0', 1))
    try:
        code, _ = steps(studied, tmp_path, ledgers="evidence/*.jsonl")
    finally:
        wrong.unlink()
    assert code == 4
    table = (tmp_path / "summary.md").read_text()
    assert "A ledger does not hold" in table
    assert "1 better, certified" in table, "the other one is told all the same"


def test_no_ledger_and_an_empty_one_fail(studied: Path, tmp_path: Path) -> None:
    code, said = steps(studied, tmp_path, ledgers="nowhere/*.jsonl")
    assert (code, "No ledger matches nowhere/*.jsonl" in said) == (1, True)
    (studied / "empty.jsonl").touch()
    assert steps(studied, tmp_path, ledgers="empty.jsonl")[0] == 4


def test_no_input_is_part_of_a_script(studied: Path, tmp_path: Path) -> None:
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step.get("run", "")
    code, _ = steps(studied, tmp_path, ledgers="$(touch gotcha)`touch gotcha`; touch gotcha")
    assert code
    assert not (studied / "gotcha").exists()


@pytest.mark.slow
def test_a_night_goes_on_and_is_told(tmp_path: Path) -> None:
    root = toy.make(tmp_path / "toy" / "inner", preset="exact", noise=0.0)
    code, said = steps(root.parent, tmp_path, hours="0.001", folder="inner")
    assert code == 0, said
    assert (root / ".autoresearch/toy/report/report.html").stat().st_size > 1000
    assert (tmp_path / "summary.md").read_text().startswith("## toy: ")


def test_the_ledger_is_published_only_where_that_is_asked_for() -> None:
    (kept,) = [step["with"] for step in ACTION["runs"]["steps"] if "upload-artifact" in step.get("uses", "")]
    always, asked = kept["path"].splitlines()
    assert always.endswith("/.autoresearch/*/report")
    assert asked.startswith("${{ inputs.keep-ledger == 'true' && ")
    assert ACTION["inputs"]["keep-ledger"]["default"] != "true"


def test_the_workflows_shown_use_inputs_that_there_are() -> None:
    page = (ROOT / "docs/how-to/continuous-integration.md").read_text()
    shown = [yaml.safe_load(text) for text in re.findall(r"^```yaml\n(.*?)^```$", page, re.M | re.S)]
    ours = [
        s for w in shown for job in w["jobs"].values() for s in job["steps"] if "/autoresearch@" in s.get("uses", "")
    ]
    assert len(ours) == 2
    assert all(step["with"].keys() <= ACTION["inputs"].keys() for step in ours)
    for name in ACTION["inputs"]:
        assert f"`{name}`" in page
