"""Codex. Its own sandbox is off: ours stands around it, and inside ours it could not build one."""

from __future__ import annotations

import json
from collections.abc import Mapping

from autoresearch.agents.programs.dialect import Dialect, Said, Start, count, events, inside, words

_KEY = "CODEX_PROVIDER_KEY"
_OFF = ("plugins", "apps", "image_generation", "browser_use", "computer_use", "unbounded_connection_retries")
_QUIET = (
    *(f"features.{feature}=false" for feature in _OFF),
    *("analytics.enabled=false", 'otel.metrics_exporter="none"', "check_for_update_on_startup=false"),
)
"""No calls of somebody else than the provider, and no waiting without end."""


class Codex(Dialect):
    """`codex exec`: one JSON object an event, the last "turn.completed" or "turn.failed"."""

    name = "codex"
    executable = "codex"
    install = "npm install -g @openai/codex"
    wires = ("responses", "openai")
    provider = "openai"

    def argv(self, start: Start) -> tuple[str, ...]:
        """The provider is given on the command line, so that no settings of a person are read."""
        provider = {"name": "agent", "base_url": start.url, "env_key": _KEY, "wire_api": "responses"}
        table = ",".join(f"{name}={json.dumps(value)}" for name, value in provider.items())
        return (
            *("exec", *(("resume",) if start.session else ())),
            *("--json", "--skip-git-repo-check", "--ignore-user-config", "--dangerously-bypass-approvals-and-sandbox"),
            *(() if start.lasting else ("--ephemeral",)),
            *(("--model", start.model) if start.model else ()),
            *("-c", 'model_provider="agent"'),
            *("-c", f"model_providers.agent={{{table},request_max_retries=4,stream_max_retries=4}}"),
            *(part for setting in _QUIET for part in ("-c", setting)),
            *start.args,
            *("--", *((start.session,) if start.session else ()), start.prompt),
        )

    def env(self, start: Start) -> Mapping[str, str]:
        """Its home must not lie in the temporary folder, or it cannot edit."""
        return {_KEY: start.key, "CODEX_HOME": str(start.home / ".codex")}

    def files(self, start: Start) -> Mapping[str, str]:  # noqa: ARG002 - the same for every start
        """A home that does not exist is an error to it."""
        return {".codex/.keep": ""}

    def said(self, output: str, start: Start) -> Said:
        """Of a conversation gone on with, its usage counts what was before, too: then it is unknown."""
        said, text = list(events(output)), ""
        for event in said:
            if inside(event, "item", "type") == "agent_message":
                text = words(inside(event, "item", "text")) or text
        last: object = next((event for event in reversed(said) if str(event.get("type")).startswith("turn.")), {})
        errors = [words(event.get("message")) for event in said if event.get("type") == "error"]
        done = inside(last, "type") == "turn.completed"
        used = [inside(last, "usage", f"{kind}_tokens") for kind in ("input", "output")]
        return Said(
            text=text,
            finished=done,
            trouble="" if done else words(inside(last, "error", "message")) or (errors or [""])[-1],
            tokens=count(*used) if done and not start.session else None,
            session=words(inside(said[0], "thread_id")) if said else "",
        )
