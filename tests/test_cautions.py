from __future__ import annotations

import pytest

from autoresearch import cautions, config

TASK = {
    "name": "toy",
    "goal": "less",
    "metric": {"name": "loss", "direction": "minimize"},
    "experiment": {"command": "python run.py", "seconds": 1},
}


def said(command: object, *editable: str) -> list[str]:
    check = {"name": "tests", "command": command, "seconds": 1}
    return list(cautions.of_checks(config.parse(TASK | {"editable": list(editable), "check": [check]})))


@pytest.mark.parametrize(
    ("command", "editable", "planted"),
    [
        ("pytest -q", "src/**", "src/conftest.py"),
        ("pytest -q", "**/*.py", "conftest.py"),
        (["python", "-m", "pytest", "tests"], "tests/**", "tests/conftest.py"),
        ("pytest tests/unit", "tests/**", "tests/conftest.py"),
        ("pytest tests", "tests/unit/*.py", "tests/unit/conftest.py"),
        ("pytest -k conftest", "src/**", "src/conftest.py"),
        ("pytest --noconftest src/tests/test_it.py::test_one", "src/**", "src/pytest.ini"),
        ("pytest -c pytest.ini", "src/**", "src/conftest.py"),
        ("make && pytest tests | tail -1", "tests/*", "tests/conftest.py"),
    ],
)
def test_what_pytest_would_obey_is_named(command: object, editable: str, planted: str) -> None:
    (caution,) = said(command, editable)
    assert f"may add {planted}, and pytest would obey it" in caution


@pytest.mark.parametrize(
    ("command", "editable"),
    [
        ("pytest -q", "src/model.py"),
        ("pytest tests", "src/**"),
        ("python -I -m pytest --noconftest -c pytest.ini tests", "**/*.py"),
        ("pytest --noconftest --config-file=pytest.ini", "src/**"),
        ("python check.py", "src/**"),
        ("python my_pytest.py", "src/**"),
    ],
)
def test_what_is_out_of_reach_is_not(command: object, editable: str) -> None:
    assert said(command, editable) == []


def test_a_limit_on_an_evaluation_that_there_is_not_says_nothing() -> None:
    limit = {"metric": "run.evaluation_seconds", "max": 1.0}
    task = TASK | {"editable": ["run.py"], "constraint": [limit]}
    assert "is always 0 without an [evaluation]" in next(cautions.of_limits(config.parse(task), cores=2))
    judged = task | {"evaluation": {"command": "python evaluate.py", "seconds": 1, "cores": 2}}
    assert list(cautions.of_limits(config.parse(judged), cores=2)) == []
    assert "evaluation.cores = 2, and 1 can be had" in next(cautions.of_limits(config.parse(judged), cores=1))
