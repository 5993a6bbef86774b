"""Agents by name, and what is said about a name or an option that does not exist."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from autoresearch import agents, strategies
from autoresearch.agents.command import Command
from autoresearch.agents.scripted import Scripted
from autoresearch.agents.tuner import Tuner
from autoresearch.errors import TaskError
from autoresearch.history import History, StudyStart
from autoresearch.protocols import Agent, Sandbox
from autoresearch.records import Direction, Metric
from autoresearch.sandboxes.unsafe import Unsafe
from autoresearch.surroundings.toolchain import Toolchain
from autoresearch.task import Limits, Phase, Task

TASK = Task("toy", "Lowest loss", ("train.py",), Metric("loss", Direction.MINIMIZE), Phase(("true",), Limits(5.0)))
UNUSED: Sandbox = Unsafe()


def make(name: str, root: Path, **options: object) -> Agent:
    return agents.make(name, options, task=TASK, sandbox=UNUSED, toolchain=Toolchain(root))


def test_built_in_agents_by_name(tmp_path: Path) -> None:
    (tmp_path / "script").mkdir()
    assert isinstance(make("tuner", tmp_path), Tuner)
    assert isinstance(make("command", tmp_path, command="./improve.sh --fast", seconds=5, network=True), Command)
    assert isinstance(make("scripted", tmp_path, patches="script", repeat=True), Scripted)


def test_a_factory_of_the_users_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_own_agents.py").write_text(
        "from autoresearch.agents.scripted import Scripted\n"
        "def make(options, *, task, sandbox, toolchain):\n"
        "    agent = Scripted([])\n    agent.told = dict(options), task.name\n    return agent\n"
        "NOT_ONE = 3\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    assert make("my_own_agents:make", tmp_path, x=1).told == ({"x": 1}, "toy")  # type: ignore[attr-defined]
    for name, why in (
        ("my_own_agents:gone", "imported"),
        ("no_such:x", "imported"),
        ("my_own_agents:NOT_ONE", "factory"),
    ):
        with pytest.raises(TaskError, match=why):
            make(name, tmp_path)
    sys.modules.pop("my_own_agents")


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("portfolio", {}, "agent.members must name"),
        ("tunner", {}, "did you mean 'tuner'"),
        ("zzz", {}, "known: tuner, command, llm, scripted"),
        ("tuner", {"seed": 3}, "agent.seed is not an option of the tuner agent; its options: none"),
        ("command", {"command": "x", "secnds": 3}, "did you mean 'seconds'"),
        ("command", {}, "agent.command must be a command"),
        ("command", {"command": ["x", 3]}, "agent.command must be a command"),
        ("command", {"command": "x", "seconds": 0}, "positive number of seconds"),
        ("command", {"command": "x", "seconds": True}, "positive number of seconds"),
        ("command", {"command": "x", "network": "yes"}, "true or false"),
        ("command", {"command": "x", "pass_env": "KEY"}, "list of names"),
        ("scripted", {}, "agent.patches must be a text"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, name: str, options: dict[str, object], message: str) -> None:
    with pytest.raises(TaskError, match=message) as error:
        make(name, tmp_path, **options)
    assert error.value.fix


def test_problems_before_a_night(tmp_path: Path) -> None:
    tuner = make("tuner", tmp_path)
    assert "nothing to change" in agents.problems(tuner, tmp_path, TASK.editable)[0]
    (tmp_path / "train.py").write_text("print(1)\n")
    (nothing,) = agents.problems(tuner, tmp_path, TASK.editable)
    assert nothing.startswith("No constant")
    assert 'Try: constants at the top of an editable Python file, or another agent: use = "command"' in nothing
    (tmp_path / "train.py").write_text("LR = 0.1\n")
    assert agents.problems(tuner, tmp_path, TASK.editable) == []


def test_greedy_asks_for_a_change_of_the_tip() -> None:
    history = History(TASK.metric)
    history.add(StudyStart("toy", "abc", "00", "0"))
    brief = strategies.make("greedy", TASK).ask(history)
    assert (brief.number, brief.parent, brief.step) == (1, "abc", "improve")
    assert "Lowest loss" in brief.text
    with pytest.raises(TaskError, match="not a known strategy"):
        strategies.make("swarm", TASK)
