"""A coding program of ten lines, in the place of one that is large: what it does is the test's to say."""

from __future__ import annotations

import json
import os
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path

from autoresearch import sandboxes
from autoresearch.agents import access
from autoresearch.agents.options import Options
from autoresearch.agents.patience import Patience
from autoresearch.agents.programs import Coder, Program, Setup
from autoresearch.agents.programs.dialect import Dialect, Said, Start, events, words
from autoresearch.history import History
from autoresearch.protocols import Sandbox
from autoresearch.records import Brief, Proposal
from autoresearch.surroundings.toolchain import Toolchain
from autoresearch.task import Budget

ASK = """
def ask(text="hello"):
    import json, os, urllib.request
    body = {"model": "m", "messages": [{"role": "user", "content": text}]}
    headers = {"Authorization": "Bearer " + os.environ["KEY"]}
    request = urllib.request.Request(os.environ["URL"] + "/chat/completions", json.dumps(body).encode(), headers)
    return json.load(urllib.request.urlopen(request))["choices"][0]["message"]["content"]
"""


class Tiny(Dialect):
    """Says `{"last": ...}` as its last event."""

    name = "tiny"
    executable = "tiny"
    install = "npm install -g tiny"
    wires = ("openai",)
    provider = "local"

    def argv(self, start: Start) -> tuple[str, ...]:
        return (start.prompt, start.session)

    def env(self, start: Start) -> Mapping[str, str]:
        return {"URL": start.url, "KEY": start.key}

    def files(self, start: Start) -> Mapping[str, str]:
        return {".tiny/settings.json": json.dumps({"model": start.model})}

    def said(self, output: str, start: Start) -> Said:
        last = next((event for event in events(output) if "last" in event), {})
        trouble, session = words(last.get("trouble")), words(last.get("session"))
        return Said(words(last.get("last")), finished=bool(last) and not trouble, trouble=trouble, session=session)


def install(folder: Path, code: str) -> None:
    """Put a `tiny` that runs `code` on PATH, which a test restores."""
    path = folder / "bin" / "tiny"
    path.parent.mkdir(parents=True, exist_ok=True)
    version = 'if "--version" in sys.argv: print("tiny 1.2.3"); raise SystemExit\n'
    path.write_text(f"#!{sys.executable}\nimport json, os, sys, time\n{version}{ASK}\n{textwrap.dedent(code)}")
    path.chmod(0o755)
    os.environ["PATH"] = f"{path.parent}{os.pathsep}{os.environ['PATH']}"


def coder(folder: Path, url: str, *, seconds: float = 20.0, patience: float = 0.0, **given: object) -> Coder:
    """An agent of it, which asks the provider at `url`; `given` are its options."""
    lasting = given.pop("lasting", None)
    terms = access.read(Options("tiny", {"provider": "local", "base_url": f"{url}/v1", **given}), night=Budget())
    program = Program(Tiny(), Setup(terms, "m"), sandbox=sandbox(), toolchain=Toolchain(folder))
    assert lasting is None or isinstance(lasting, Path)
    return Coder(program, seconds=seconds, patience=Patience(patience, first=0.1), lasting=lasting)


def sandbox() -> Sandbox:
    return sandboxes.choose("auto", ("no_outside_writes", "kill_all"))[0]


def edit(agent: Coder, folder: Path) -> Proposal:
    """One experiment on a tree with one file."""
    tree = folder / "work" / "tree"
    tree.mkdir(parents=True, exist_ok=True)
    (tree / "train.py").write_text("LR = 0.1\n")
    return agent.edit(Brief(7, "base", render=lambda _: "Improve it.\n"), tree, History())
