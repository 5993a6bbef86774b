"""Any program as an agent, in a real box."""

from __future__ import annotations

import json
import os
import textwrap
import time
from pathlib import Path

import pytest

from autoresearch import agents, sandboxes
from autoresearch.agents import report
from autoresearch.agents.command import Command
from autoresearch.errors import Foul, UserError
from autoresearch.history import History
from autoresearch.protocols import Sandbox
from autoresearch.records import Brief, Direction, Metric, Outcome, Proposal
from autoresearch.surroundings.toolchain import Toolchain
from autoresearch.task import Limits, Phase, Task

TASK = Task("toy", "Lowest loss", ("**",), Metric("loss", Direction.MINIMIZE), Phase(("true",), Limits(5.0)))


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return sandboxes.choose("auto", ("no_outside_writes", "kill_all"))[0]


def run(sandbox: Sandbox, tmp_path: Path, script: str, **options: object) -> Proposal:
    tree = tmp_path / "tree"
    tree.mkdir(exist_ok=True)
    (tree / "train.py").write_text("LR = 0.1\n")
    argv = ("python", "-c", textwrap.dedent(script))
    agent = Command(argv, sandbox=sandbox, toolchain=Toolchain(tmp_path), **options)  # type: ignore[arg-type]
    return agent.edit(Brief(7, "base", render=lambda _: "Improve it.\n"), tree, History())


def test_it_reads_the_brief_edits_the_tree_and_reports(sandbox: Sandbox, tmp_path: Path) -> None:
    proposal = run(
        sandbox,
        tmp_path,
        """
        import json, os, sys
        assert open(os.environ["AUTORESEARCH_BRIEF"]).read() == "Improve it.\\n"
        assert sys.stdin.read() == ""
        open("train.py", "w").write("LR = 0.2\\n")
        said = {"summary": "larger\\x1b[2J steps", "hypothesis": "faster", "cost_usd": 0.5, "tokens": 12}
        json.dump(said, open(os.environ["AUTORESEARCH_PROPOSAL"], "w"))
        """,
    )
    assert proposal == Proposal("larger [2J steps", "faster", agent="command", cost_usd=0.5, tokens=12)
    assert (tmp_path / "tree" / "train.py").read_text() == "LR = 0.2\n"


def test_a_line_for_the_shell_finds_the_brief(sandbox: Sandbox, tmp_path: Path) -> None:
    options = {"command": "cat < $AUTORESEARCH_BRIEF > told && echo also >> told"}
    agent = agents.make("command", options, task=TASK, sandbox=sandbox, toolchain=Toolchain(tmp_path))
    agent.edit(Brief(1, "base", render=lambda _: "Improve it.\n"), tmp_path, History())
    assert (tmp_path / "told").read_text() == "Improve it.\nalso\n"


def test_without_a_proposal_costs_are_unknown(sandbox: Sandbox, tmp_path: Path) -> None:
    proposal = run(sandbox, tmp_path, "pass")
    assert proposal == Proposal("change 7", agent="command", cost_usd=None, tokens=None)


def test_failure_is_a_foul_with_the_log(sandbox: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(Foul, match="the agent ended with status 3") as foul:
        run(sandbox, tmp_path, "import sys; print('no idea'); sys.exit(3)")
    assert foul.value.outcome is Outcome.CRASH
    assert b"no idea" in foul.value.log


def test_a_loop_is_ended_with_everything_it_started(sandbox: Sandbox, tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(Foul, match="ran into its limit of 3 s") as foul:
        run(
            sandbox,
            tmp_path,
            "import os, time\nos.fork()\nwhile True:\n    time.sleep(0.1)\n    open('beat', 'a').write('.')",
            seconds=3.0,
        )
    assert foul.value.outcome is Outcome.TIMEOUT
    assert time.monotonic() - began < 60
    size = (tmp_path / "tree" / "beat").stat().st_size
    time.sleep(0.5)
    assert (tmp_path / "tree" / "beat").stat().st_size == size


def test_it_writes_nowhere_else_and_sees_only_variables_it_was_given(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODEL_KEY", "sesame")
    monkeypatch.setenv("OTHER_KEY", "secret")
    outside = tmp_path / "outside"
    run(
        sandbox,
        tmp_path,
        f"""
        import os
        try:
            open({str(outside)!r}, "w")
        except OSError:
            pass
        open("seen", "w").write(os.environ.get("MODEL_KEY", "") + "," + os.environ.get("OTHER_KEY", ""))
        """,
        pass_env=("MODEL_KEY",),
    )
    assert not outside.exists()
    assert (tmp_path / "tree" / "seen").read_text() == "sesame,"


def test_a_variable_that_is_not_set_is_said_at_once(sandbox: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="NO_SUCH_KEY, which is not set") as error:
        Command(("x",), sandbox=sandbox, toolchain=Toolchain(tmp_path), pass_env=("NO_SUCH_KEY",))
    assert error.value.fix == "export NO_SUCH_KEY=..."


def test_a_program_that_is_missing_is_a_problem(sandbox: Sandbox, tmp_path: Path) -> None:
    def problems(program: str) -> list[str]:
        return Command((program,), sandbox=sandbox, toolchain=Toolchain(tmp_path)).problems(tmp_path)

    assert problems("no-such-program") == [
        "The agent's program 'no-such-program' is neither on PATH nor in the repository."
    ]
    assert problems("sh") == []


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"{", "Expecting"),
        (b"[]", "no JSON object"),
        (b'{"tokens": 1%s}' % (b"0" * 400), "tokens is no count"),
        (b'{"tokens": 1000000000001}', "tokens is no count"),
        (b'{"cost_usd": 1%s}' % (b"0" * 400), "cost_usd is no amount"),
        (b'{"cost_usd": 1e308}', "cost_usd is no amount"),
        (b'{"score": 0.1}', "'score' is no key"),
        (b'{"summary": 3}', "summary is no text"),
        (b'{"notes": "one text"}', "notes is no list"),
        (b'{"notes": [3]}', "a note is no text"),
        (b'{"summary": "a", "summary": "b"}', "stands twice"),
        (b'{"cost_usd": NaN}', "NaN is not a number"),
        (b'{"cost_usd": -1}', "no amount"),
        (b'{"cost_usd": true}', "no amount"),
        (b'{"cost_usd": 1e999}', "no amount"),
        (b'{"tokens": 1.5}', "no count"),
        (b"\xff", "codec"),
        (b" " * (report.MAX_BYTES + 1), "larger than 64 KiB"),
        (b"[" * 60_000, "cannot be read"),
    ],
)
def test_a_proposal_that_is_not_one_is_a_foul(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "proposal.json"
    path.write_bytes(content)
    with pytest.raises(Foul, match=why):
        report.read(path, agent="command", default="x")


def test_a_proposal_says_what_to_expect_and_what_to_remember(tmp_path: Path) -> None:
    path = tmp_path / "proposal.json"
    said = {"expected_effect": "0.1 lower", "risk": "slow", "notes": ["#1 helped", "two\nlines", *["more"] * 9]}
    path.write_text(json.dumps({"summary": "it", **said}))
    proposal = report.read(path, agent="command", default="")
    notes = ["#1 helped", "two lines", "more", "more", "more"]
    assert proposal.detail == {"expected_effect": "0.1 lower", "risk": "slow", "notes": notes}
    path.write_text(json.dumps({"summary": "it", "risk": ""}))
    assert report.read(path, agent="command", default="").detail == {}


def test_a_proposal_must_be_a_plain_file(tmp_path: Path) -> None:
    secret, path = tmp_path / "secret", tmp_path / "proposal.json"
    secret.write_text(json.dumps({"summary": "a secret"}))
    makers = (lambda: path.symlink_to(secret), lambda: os.mkfifo(path), lambda: path.hardlink_to(secret))
    for make in makers:
        make()
        with pytest.raises(Foul, match="cannot be read"):
            report.read(path, agent="command", default="x")
        path.unlink()
    path.mkdir()
    with pytest.raises(Foul, match="no plain file"):
        report.read(path, agent="command", default="x")
