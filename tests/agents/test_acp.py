"""The Agent Client Protocol: what an agent may do through us, and what becomes of one that breaks."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import installed
import pytest
import tiny
from models import Edit, Models, Read, Scene, Text

from autoresearch import agents
from autoresearch.agents.acp import files
from autoresearch.errors import Foul
from autoresearch.history import History
from autoresearch.records import Brief, Direction, Metric, Outcome, Proposal
from autoresearch.surroundings.toolchain import Toolchain
from autoresearch.task import Limits, Phase, Task

pytestmark = pytest.mark.usefixtures("with_packages")  # these programs are run by the Python of the tests

TASK = Task("toy", "Lowest loss", ("*.py",), Metric("loss", Direction.MINIMIZE), Phase(("true",), Limits(5.0)))


@pytest.fixture(scope="module")
def provider() -> Iterator[Models]:
    with Models([Text("yes")]) as models:
        yield models


def attempt(folder: Path, url: str, prompt: str, *, command: str = "", **given: object) -> Proposal:
    agent = folder / "bin" / "small-agent"
    agent.parent.mkdir(exist_ok=True)
    agent.write_text(f"#!{sys.executable}\n" + (Path(__file__).parent / "acp_agent.py").read_text())
    agent.chmod(0o755)
    tree = folder / "work" / "tree"
    tree.mkdir(parents=True, exist_ok=True)
    (tree / "train.py").write_text("LR = 0.1\n")
    (tree / "notes.txt").write_text("hello\n")
    options = {"command": command or str(agent), "provider": "local", "base_url": f"{url}/v1", "seconds": 60.0, **given}
    made = agents.make("acp", options, task=TASK, sandbox=tiny.sandbox(), toolchain=Toolchain(folder))
    return made.edit(Brief(1, "base", render=lambda _: prompt.format(tree=tree)), tree, History())


def said(made: Proposal) -> list[str]:
    return [line for line in made.transcript.decode().splitlines() if line.startswith("asked ")]


def test_it_edits_through_us_what_is_editable_and_nothing_else(provider: Models, tmp_path: Path) -> None:
    orders = "garbage\nread {tree}/train.py\nwrite {tree}/train.py LR=0.2\nwrite {tree}/notes.txt bye\nwrite /etc/x y"
    made = attempt(tmp_path, provider.url, orders)
    assert (tmp_path / "work" / "tree" / "train.py").read_text() == "LR=0.2"
    assert (tmp_path / "work" / "tree" / "notes.txt").read_text() == "hello\n"
    assert made.detail["refused"] == [
        f"write {tmp_path}/work/tree/notes.txt: notes.txt is not editable",
        "write /etc/x: that is outside of the tree",
    ]
    assert made.summary == "read: LR = 0.1"
    assert made.cost_usd == 0.0  # it says 0.25; where no token was used, no money was


def test_permission_is_ours_to_give(provider: Models, tmp_path: Path) -> None:
    orders = (
        "may edit {tree}/train.py\nmay edit {tree}/notes.txt\nmay read {tree}/notes.txt\nmay execute {tree}\n"
        "may delete {tree}/../x.py\nterminal\nwrite {tree}/new/a.py 1\nwrite {tree}/a.py 1"
    )
    made = attempt(tmp_path, provider.url, orders)
    decided = [json.loads(line.removeprefix("asked ")) for line in said(made)]
    assert [each["allowed"] for each in decided] == [True, False, True, False, False]
    assert decided[3]["why"] == "execute is not allowed here"
    assert (tmp_path / "work" / "tree" / "a.py").read_text() == "1"


def test_a_turn_that_asks_again_and_again_is_cancelled(provider: Models, tmp_path: Path) -> None:
    with pytest.raises(Foul, match="broke off: it stopped with cancelled") as foul:
        attempt(tmp_path, provider.url, "may execute x\n" * 60)
    assert foul.value.outcome is Outcome.CRASH
    assert 20 <= foul.value.log.count(b"asked ") < 30


def test_one_that_dies_in_the_middle(provider: Models, tmp_path: Path) -> None:
    with pytest.raises(Foul, match="broke off: it ended during session/prompt"):
        attempt(tmp_path, provider.url, "write {tree}/train.py x\ndie")


def test_no_link_is_followed_for_an_agent(tmp_path: Path) -> None:
    tree, outside = tmp_path / "tree", tmp_path / "outside"
    tree.mkdir()
    outside.mkdir()
    (outside / "a.py").write_text("secret")
    (tree / "link.py").symlink_to(outside / "a.py")
    (tree / "folder").symlink_to(outside)
    (tree / "hard.py").hardlink_to(outside / "a.py")
    os.mkfifo(tree / "pipe.py")
    for path in ("link.py", "folder/a.py", "hard.py"):
        with pytest.raises((OSError, ValueError)):
            files.read(tree, path)
    for path in ("link.py", "folder/b.py", "hard.py", "pipe.py"):
        with pytest.raises((OSError, ValueError)):
            files.write(tree, path, "x")
    assert (outside / "a.py").read_text() == "secret"
    assert not (outside / "b.py").exists()
    for path in ("../outside/a.py", "/etc/passwd", "", "a/../../x", 3, "a\0b"):
        with pytest.raises(ValueError, match="path|outside"):
            files.inside(tree, path)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "given"),
    [
        ("gemini --acp -m gemini-2.5-flash", {"provider": "gemini", "base_url": ""}),
        ("opencode acp", {"provider": "openai", "wire": "openai", "model": "scripted"}),
    ],
)
def test_real_agents_speak_it(
    command: str, given: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed.need(command.split()[0])
    monkeypatch.setenv("PATH", installed.PATH)
    scenes = [
        Scene("PART 1", Read("train.py"), Edit("train.py", "LR = 0.1", "LR = 0.2"), Text("Summary: larger steps")),
        Scene("PART 2", Read("notes.txt"), Edit("notes.txt", "hello", "bye"), Text("Summary: a kinder note")),
    ]
    with Models(scenes) as models:
        given = given | ({"base_url": models.url} if given.get("base_url") == "" else {})
        made = attempt(tmp_path, models.url, "PART 1", command=command, **given)
        assert (made.summary, (tmp_path / "work" / "tree" / "train.py").read_text()) == ("larger steps", "LR = 0.2\n")
        assert made.tokens is not None
        assert made.tokens > 1000
        with pytest.raises(Foul, match="notes.txt is not editable") as foul:
            attempt(tmp_path, models.url, "PART 2", command=command, **given)
    assert (foul.value.outcome, foul.value.cause) == (Outcome.NO_CHANGE, "scope")
