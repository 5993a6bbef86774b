"""`autoresearch mcp`, spoken to by the SDK's own client over standard input and output."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, StdioServerParameters

from autoresearch.testing import toy
from gitrepo import fingerprint, git

SECRET = "swordfish"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study whose evaluation reads a hidden file, and says so aloud."""
    made = toy.make(tmp_path_factory.mktemp("mcp") / "toy", preset="exact", noise=0.0)
    task, evaluate = made / "autoresearch.toml", made / "evaluate.py"
    task.write_text(task.read_text().replace("[metric]", 'hidden = ["secret.txt"]\n\n[metric]', 1))
    evaluate.write_text("print(open('secret.txt').read())\n" + evaluate.read_text())
    (made / "secret.txt").write_text(SECRET)
    git(made, "add", "--all")
    git(made, "commit", "-qm", "with a secret")
    return made


def talk(root: Path, say: Callable[[Client], Awaitable[None]]) -> None:
    async def main() -> None:
        command = StdioServerParameters(command=sys.executable, args=["-m", "autoresearch.cli", "mcp"], cwd=root)
        async with Client(command, read_timeout_seconds=60) as client:
            await say(client)

    anyio.run(main)


async def ask(client: Client, tool: str, **arguments: Any) -> Any:
    said = await client.call_tool(tool, arguments)
    assert not said.is_error, said.content
    assert SECRET not in str(said)
    told = said.structured_content
    assert told is not None
    return told.get("result", told)


def put(root: Path, old: str, new: str) -> None:
    file = root / "settings.py"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def test_an_agent_drives_a_study_through_the_tools(root: Path) -> None:
    async def say(client: Client) -> None:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert sorted(tools) == ["brief", "log", "show", "status", "tell", "try"]
        assert all(tool.description and "\n" not in tool.description for tool in tools.values())
        assert tools["try"].input_schema["required"] == ["hypothesis"]
        brief = await ask(client, "brief")
        assert "Lowest loss of four constants" in brief
        assert "until the person says stop" in brief
        for meant_for_others in ("then stop", "AUTORESEARCH_PROPOSAL", "nobody is there"):
            assert meant_for_others not in brief
        early = await client.call_tool("tell", {"text": "leave the width alone"})
        assert early.is_error
        assert "program.md" in str(early.content)
        wrong = await client.call_tool("try", {"message": "smoother"})
        assert wrong.is_error
        assert "see to `hypothesis`. Next:" in str(wrong.content)
        assert "pydantic" not in str(wrong.content)
        assert (await ask(client, "status"))["experiments"] == 0

        put(root, '"tanh"', '"gelu"')
        kept = await ask(client, "try", hypothesis="smoother")
        assert (kept["outcome"], kept["kept"], kept["experiment"]) == ("keep", True, 1)

        before = fingerprint(root)
        put(root, "DROPOUT = 0.5", "DROPOUT = 0.9")
        lost = await ask(client, "try", hypothesis="more of it")
        assert (lost["outcome"], lost["restored"]) == ("discard", ["settings.py"])
        assert fingerprint(root).keys() == before.keys()

        (root / "loss.py").write_text("def loss(*_): return 0\n")
        refused = await ask(client, "try", hypothesis="cheat")
        assert (refused["outcome"], refused["refused"], refused["value"]) == ("out_of_scope", True, None)
        assert (root / "loss.py").read_text() == "def loss(*_): return 0\n"
        (root / "loss.py").write_text(toy.LOSS)

        put(root, "WIDTH = 32", "WIDTH = -1")
        failed = await ask(client, "try", hypothesis="make the evaluation talk")
        assert (failed["outcome"], failed["log"]) == ("crash", "")
        assert "the evaluation failed" in (await ask(client, "show", number=4))["reason"]

        nothing = await client.call_tool("try", {"hypothesis": "nothing"})
        assert nothing.is_error
        assert "Nothing to try" in str(nothing.content)

        assert (await ask(client, "log")).splitlines()[1].startswith("#1 keep 2.6")
        shown = await ask(client, "show", number=2)
        assert "+DROPOUT = 0.9" in shown["patch"]
        assert (await client.call_tool("show", {"number": 9})).is_error
        assert (await ask(client, "status"))["counts"] == {"crash": 1, "discard": 1, "keep": 1, "out_of_scope": 1}
        assert "next brief" in await ask(client, "tell", text="leave the width alone")

    talk(root, say)
