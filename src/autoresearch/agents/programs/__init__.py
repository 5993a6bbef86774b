"""Coding programs as agents: a mechanism, and one small file for each of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from autoresearch.agents import access
from autoresearch.agents.options import Options
from autoresearch.agents.patience import HOUR, Patience
from autoresearch.agents.programs.aider import Aider
from autoresearch.agents.programs.claude import Claude
from autoresearch.agents.programs.coder import Coder
from autoresearch.agents.programs.codex import Codex
from autoresearch.agents.programs.dialect import Dialect
from autoresearch.agents.programs.gemini import Gemini
from autoresearch.agents.programs.mini import Mini
from autoresearch.agents.programs.opencode import OpenCode
from autoresearch.agents.programs.pi import Pi
from autoresearch.agents.programs.program import Ended, Program, Setup
from autoresearch.errors import TaskError
from autoresearch.protocols import Sandbox
from autoresearch.site import Site
from autoresearch.surroundings.toolchain import Toolchain
from autoresearch.task import Task

__all__ = ["DIALECTS", "Coder", "Dialect", "Ended", "Program", "Setup", "coder"]

DIALECTS: Mapping[str, Dialect] = {
    dialect.name: dialect for dialect in (Claude(), Codex(), Gemini(), Pi(), OpenCode(), Mini(), Aider())
}
"""By the name that `agent.use` gives them."""

FRESH, CONTINUE = "fresh", "continue"


def coder(
    dialect: Dialect, options: Mapping[str, object], *, task: Task, sandbox: Sandbox, toolchain: Toolchain
) -> Coder:
    """The agent that `dialect` and the options below `[agent]` describe. Raises TaskError."""
    read = Options(dialect.name, options)
    seconds, patience = read.seconds("seconds", 1200.0), read.seconds("patience", HOUR)
    session = read.word("session", FRESH)
    program = Program(dialect, setup(dialect, read, task), sandbox=sandbox, toolchain=toolchain)
    read.done()
    lasting = _lasting(dialect, session, Site(toolchain.root, task.name).folder)
    return Coder(program, seconds=seconds, patience=Patience(patience), lasting=lasting)


def setup(dialect: Dialect, read: Options, task: Task) -> Setup:
    """Provider, limits, model and arguments, from the options. Raises TaskError."""
    terms = access.read(read, night=task.budget, provider=dialect.provider)
    if terms.provider.wire not in dialect.wires:
        raise TaskError(
            f"{dialect.name} speaks {' or '.join(dialect.wires)}; {terms.provider.name} speaks {terms.provider.wire}.",
            fix=f'write provider = "{dialect.provider}" below [agent], or wire = "{dialect.wires[0]}" beside base_url',
        )
    model = read.text("model") if dialect.needs_model else read.word("model")
    return Setup(terms, model, args=read.names("args"), editable=task.editable)


def _lasting(dialect: Dialect, session: str, folder: Path) -> Path | None:
    if session not in (FRESH, CONTINUE):
        raise TaskError(f"agent.session = {session!r} is neither.", fix=f'write session = "{FRESH}" or "{CONTINUE}"')
    if session == FRESH:
        return None
    if not dialect.resumes:
        raise TaskError(f"{dialect.name} cannot go on with a conversation.", fix=f'write session = "{FRESH}"')
    lasting = folder / "agents" / dialect.name
    lasting.mkdir(parents=True, exist_ok=True)
    return lasting
