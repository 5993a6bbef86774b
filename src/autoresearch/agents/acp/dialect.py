"""Agents that speak the protocol, by the command that starts them."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace

from autoresearch.agents.acp.client import Client
from autoresearch.agents.acp.policy import Policy
from autoresearch.agents.programs.claude import Claude
from autoresearch.agents.programs.dialect import Dialect, Said, Start
from autoresearch.agents.programs.gemini import Gemini
from autoresearch.agents.programs.mini import litellm_env
from autoresearch.agents.programs.opencode import OpenCode
from autoresearch.box import Box, Exit
from autoresearch.protocols import Sandbox

KNOWN: Mapping[str, Dialect] = {"gemini": Gemini(), "opencode": OpenCode(edit="ask"), "claude-agent-acp": Claude()}
"""Whose settings the program of that name reads."""
LEAVE_SECONDS = 2.0
"""How long an agent may take to leave once it is hung up on."""


class Acp(Dialect):
    """Any agent that speaks the protocol on its standard streams."""

    name = "acp"
    resumes = False

    def __init__(self, command: Sequence[str]) -> None:
        """`command` starts it: its program, and the arguments that make it speak the protocol."""
        self._settings = KNOWN.get(os.path.basename(command[0]))
        self._arguments = tuple(command[1:])
        self.executable = command[0]
        where = f"put {command[0]} on PATH, or its whole path into agent.command"
        self.install = self._settings.install if self._settings else where
        self.wires = self._settings.wires if self._settings else ("anthropic", "openai", "responses", "gemini")
        self.provider = self._settings.provider if self._settings else "anthropic"
        self.needs_model = bool(self._settings and self._settings.needs_model)

    def argv(self, start: Start) -> tuple[str, ...]:
        """As the task file has it. The prompt goes over the line."""
        return (*self._arguments, *start.args)

    def env(self, start: Start) -> Mapping[str, str]:
        """That of the agent's own dialect, else what most libraries of the provider read."""
        if self._settings is None:
            return litellm_env(start) | {"ANTHROPIC_BASE_URL": start.url, "OPENAI_BASE_URL": start.url}
        model = {"ANTHROPIC_MODEL": start.model} if start.model and self._settings.name == "claude" else {}
        return {**self._settings.env(start), **model}

    def files(self, start: Start) -> Mapping[str, str]:
        """That of the agent's own dialect."""
        return self._settings.files(start) if self._settings else {}

    def said(self, output: str, start: Start) -> Said:  # noqa: ARG002 - nothing is said but over the line
        """Nothing is said but over the line."""
        return Said()

    def run(self, sandbox: Sandbox, box: Box, start: Start, *, stop: threading.Event) -> tuple[Exit, Said]:
        """Converse with the boxed agent until its turn is over, then hang up."""
        ours, theirs = socket.socketpair()
        client = Client(ours, Policy(start.tree, start.editable, start.shell))
        done, gone = [], threading.Event()

        def converse() -> None:
            done.append(client.prompt(start.prompt))
            ours.shutdown(socket.SHUT_WR)
            if not gone.wait(LEAVE_SECONDS):
                stop.set()

        talk = threading.Thread(target=converse, name="acp", daemon=True)
        with ours:
            with theirs:
                talk.start()
                ended = sandbox.run(replace(box, channel=theirs.fileno()), stop=stop)
            gone.set()
            talk.join()
        said = done[0] if done else Said()
        ended = replace(ended, output=client.transcript + ended.output)
        return (replace(ended, limit="") if said.finished and ended.limit == "cancelled" else ended), said
