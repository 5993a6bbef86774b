"""Agents: each edits a copy of the tree, given a brief.

    tuner      moves the constants of the editable Python files; needs no model and no key
    command    any program that edits the tree it is started in
    portfolio  several of the others, asked as they prove worth their cost
    llm        a model, asked directly: one edit an answer
    scripted   a queue of prepared changes
    claude, codex, gemini, pi, opencode, mini, aider
               coding programs, started headless
    acp        any agent that speaks the Agent Client Protocol

A name with a colon, `package.module:factory`, is a factory of the user's own, called like the ones below.
"""

from __future__ import annotations

import difflib
import importlib
import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from autoresearch.agents.options import Options
from autoresearch.errors import TaskError
from autoresearch.protocols import Agent, Sandbox
from autoresearch.surroundings.toolchain import Toolchain
from autoresearch.task import Task
from autoresearch.workspace.globs import Globs


def make(name: str, options: Mapping[str, object], *, task: Task, sandbox: Sandbox, toolchain: Toolchain) -> Agent:
    """The agent called `name`. Raises TaskError for a name or an option that is not known, or not available yet."""
    factory = _imported(name) if ":" in name else _built_in(name)
    own = {key: value for key, value in options.items() if key != "rhythm"}
    agent = factory(own, task=task, sandbox=sandbox, toolchain=toolchain)
    return _in_rhythm(agent, options)


def _in_rhythm(agent: Agent, options: Mapping[str, object]) -> Agent:
    """`agent`, started for every experiment, or once for many. Raises TaskError."""
    rhythm, seconds = options.get("rhythm", "stepwise"), options.get("seconds")
    if rhythm not in ("stepwise", "long"):
        raise TaskError(f"agent.rhythm = {rhythm!r} is neither.", fix='write rhythm = "stepwise" or rhythm = "long"')
    if rhythm == "stepwise":
        return agent
    from autoresearch.agents.long import Long, Stays

    if not isinstance(agent, Stays):
        raise TaskError(f"The {agent.name} agent has no long rhythm.", fix="remove agent.rhythm from autoresearch.toml")
    return Long(agent, float(seconds)) if isinstance(seconds, int | float) else Long(agent)


def problems(agent: Agent, tree: Path, editable: Sequence[str]) -> list[str]:
    """Why `agent` could not begin on `tree`, a sentence each; empty when nothing is in its way."""
    globs = Globs(tuple(editable))
    paths = (Path(folder, name) for folder, _, names in os.walk(tree) for name in names)
    if not any(path.relative_to(tree).as_posix() in globs for path in paths):
        return [f"No file matches editable = {list(editable)}, so there is nothing to change."]
    own = getattr(agent, "problems", None)
    return list(own(tree)) if own else []


def mends(agent: Agent, maker: str) -> bool:
    """Whether `agent`, or its member called `maker`, mends what it made: whoever reads its brief can, and says so."""
    agent = getattr(agent, "agent", agent)  # inside of one that takes bundles apart
    member = getattr(agent, "members", {}).get(maker, agent)
    return bool(getattr(member, "mends", False))


def is_free(agent: Agent) -> bool:
    """Whether asking `agent` uses nobody's tokens and money, whichever of its members it asks."""
    members = getattr(agent, "members", None) or {"": getattr(agent, "agent", agent)}
    return all(getattr(member, "is_free", False) for member in members.values())


def _tuner(options: Mapping[str, object], *, task: Task, sandbox: Sandbox, toolchain: Toolchain) -> Agent:  # noqa: ARG001
    from autoresearch.agents.tuner import Tuner

    Options("tuner", options).done()
    return Tuner(task.editable)


def _command(options: Mapping[str, object], *, task: Task, sandbox: Sandbox, toolchain: Toolchain) -> Agent:
    from autoresearch.agents import access
    from autoresearch.agents.command import Command

    read = Options("command", options)
    argv, seconds = read.command("command"), read.seconds("seconds", 600.0)
    network, pass_env = read.switch("network"), read.names("pass_env")
    terms = access.read(read, night=task.budget) if {"provider", "base_url"} & options.keys() else None
    read.done()
    return Command(
        argv,
        sandbox=sandbox,
        toolchain=toolchain,
        seconds=seconds,
        network=network,
        pass_env=pass_env,
        access=terms,
    )


def _llm(options: Mapping[str, object], *, task: Task, sandbox: Sandbox, toolchain: Toolchain) -> Agent:  # noqa: ARG001
    from autoresearch.agents import access, llm
    from autoresearch.agents.patience import HOUR, Patience

    read = Options("llm", options)
    model, terms = read.text("model"), access.read(read, night=task.budget, provider="openai")
    seconds, patience = read.seconds("seconds", 600.0), read.seconds("patience", HOUR)
    written, shown = read.whole("max_output_tokens", 8192), read.whole("shown_characters", llm.SHOWN_CHARACTERS)
    temperature = read.amount("temperature")
    read.done()
    return llm.Llm(
        model,
        llm.endpoint(terms.provider, terms.prices),
        editable=task.editable,
        allowance=llm.Allowance(seconds, written, terms.tokens, terms.cost_usd),
        patience=Patience(patience),
        temperature=temperature,
        shown=shown,
    )


def _program(name: str, options: Mapping[str, object], *, task: Task, sandbox: Sandbox, toolchain: Toolchain) -> Agent:
    from autoresearch.agents import programs

    return programs.coder(programs.DIALECTS[name], options, task=task, sandbox=sandbox, toolchain=toolchain)


def _scripted(options: Mapping[str, object], *, task: Task, sandbox: Sandbox, toolchain: Toolchain) -> Agent:  # noqa: ARG001
    from autoresearch.agents.scripted import Scripted, from_folder

    read = Options("scripted", options)
    folder, repeat = toolchain.root / read.text("patches"), read.switch("repeat")
    read.done()
    return Scripted(from_folder(folder), repeat=repeat)


def _acp(options: Mapping[str, object], *, task: Task, sandbox: Sandbox, toolchain: Toolchain) -> Agent:
    from autoresearch.agents import programs
    from autoresearch.agents.acp.dialect import Acp

    given = dict(options)
    dialect = Acp(Options("acp", {"command": given.pop("command", "")}).command("command"))
    return programs.coder(dialect, given, task=task, sandbox=sandbox, toolchain=toolchain)


def _portfolio(options: Mapping[str, object], *, task: Task, sandbox: Sandbox, toolchain: Toolchain) -> Agent:
    from autoresearch.agents.portfolio import Portfolio

    names = Options("portfolio", {"members": options.get("members", [])}).names("members")
    if not names or len(set(names)) < len(names):
        raise TaskError(
            "agent.members must name the agents of the portfolio, each once.",
            fix='write members = ["tuner", "command"] below [agent] in autoresearch.toml',
        )
    read = Options("portfolio", options)
    read.names("members")
    tables = {name: read.table(name) for name in names}
    read.done()

    def member(name: str, table: dict[str, object]) -> Agent:
        use = str(table.pop("use", name))
        try:
            if use == "portfolio":
                raise TaskError("agent.use must not be a portfolio again.", fix="name its members in agent.members")
            return make(use, table, task=task, sandbox=sandbox, toolchain=toolchain)
        except TaskError as error:
            said = (text.replace("agent.", f"agent.{name}.") for text in (error.message, error.fix))
            raise TaskError(next(said), fix=next(said).replace("[agent]", f"[agent.{name}]")) from None

    return Portfolio({name: member(name, table) for name, table in tables.items()})


Factory = Callable[..., Agent]
PROGRAMS = ("claude", "codex", "gemini", "pi", "opencode", "mini", "aider")
_BUILT_IN: dict[str, Factory] = {"tuner": _tuner, "command": _command, "llm": _llm, "scripted": _scripted, "acp": _acp}
_BUILT_IN |= {"portfolio": _portfolio}
_BUILT_IN |= {name: partial(_program, name) for name in PROGRAMS}


def _built_in(name: str) -> Factory:
    if name not in _BUILT_IN:
        near = difflib.get_close_matches(name, _BUILT_IN, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(_BUILT_IN)}"
        raise TaskError(f'agent.use = "{name}" is not a known agent; {hint}', fix='write use = "tuner" below [agent]')
    return _BUILT_IN[name]


def _imported(name: str) -> Factory:
    module, _, attribute = name.partition(":")
    try:
        factory = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise TaskError(
            f"agent.use = {name!r} cannot be imported: {error}.", fix=f"python -c 'import {module}'"
        ) from None
    if not callable(factory):
        raise TaskError(f"agent.use = {name!r} is no factory.", fix="name a function that returns an agent")
    return factory  # type: ignore[no-any-return]
