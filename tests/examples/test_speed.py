from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autoresearch import config
from autoresearch.agents.scripted import from_folder
from autoresearch.records import TrustClass

EXAMPLE = Path(__file__).parents[2] / "examples" / "speed"

OUTCOMES = r"""
import json, random, re, sys
import cases, template
from autoresearch.contestant.function import outcome
asked = cases.odd_templates(40) + [cases.page(random.Random(number)) for number in range(5)]
if sys.argv[1:] == ["closed"]:
    closed = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
    asked = [case for case in asked if not re.search("{[{%]", closed.sub("", case[0]))]
answers = [outcome(template.render, case) for case in asked]
print(json.dumps([[answer.value, answer.raised] for answer in answers]))
"""


@pytest.fixture
def changed(tmp_path: Path):
    """A function that gives a copy of the example after one of its prepared changes, or after none."""

    def change(number: int | None) -> Path:
        root = tmp_path / str(number)
        shutil.copytree(EXAMPLE, root, ignore=shutil.ignore_patterns("__pycache__", ".autoresearch"))
        if number is not None:
            from_folder(root / "changes")[number].apply(root)
        return root

    return change


def outcomes(root: Path, *arguments: str) -> list[list[str]]:
    env = {**os.environ, "AUTORESEARCH_SEED": "7", "PYTHONDONTWRITEBYTECODE": "1"}
    said = subprocess.run(
        [sys.executable, "-c", OUTCOMES, *arguments], cwd=root, env=env, capture_output=True, text=True, check=True
    )
    answers: list[list[str]] = json.loads(said.stdout)
    return answers


def test_the_task_is_supervised_and_times_pairs() -> None:
    task = config.load(EXAMPLE)
    assert task.trust_class is TrustClass.SUPERVISED
    assert task.referee == "timing"
    assert task.experiment is None


@pytest.mark.parametrize("number", [None, 0, 1, 2])
def test_every_prepared_change_passes_the_tests(changed, number: int | None) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_template.py"]
    done = subprocess.run(command, cwd=changed(number), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "15 passed" in done.stdout


def test_the_second_and_third_do_what_the_engine_did(changed) -> None:
    before = outcomes(changed(None))
    assert {raised for _, raised in before} == {"", "TemplateError"}
    assert outcomes(changed(1)) == before
    assert outcomes(changed(2)) == before


def test_the_first_hangs_only_where_a_tag_is_never_closed(changed) -> None:
    root = changed(0)
    assert len(before := outcomes(changed(None), "closed")) > 10
    assert outcomes(root, "closed") == before
    hang = "import template; template.render('Hello {{ a', {})"
    with pytest.raises(subprocess.TimeoutExpired):
        subprocess.run([sys.executable, "-c", hang], cwd=root, timeout=1.0)
