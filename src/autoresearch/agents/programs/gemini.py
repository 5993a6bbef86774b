"""Gemini CLI."""

from __future__ import annotations

import json
from collections.abc import Mapping

from autoresearch.agents.programs.dialect import Dialect, Said, Start, count, events, inside, words

SETTINGS = {
    "security": {"auth": {"selectedType": "gemini-api-key"}},
    "privacy": {"usageStatisticsEnabled": False},
    "general": {"enableAutoUpdate": False, "enableAutoUpdateNotification": False},
    "telemetry": {"enabled": False},
}


class Gemini(Dialect):
    """`gemini -p`: one JSON object an event, the last of type "result"."""

    name = "gemini"
    executable = "gemini"
    install = "npm install -g @google/gemini-cli"
    wires = ("gemini",)
    provider = "gemini"

    def argv(self, start: Start) -> tuple[str, ...]:
        """It edits without asking, and has no shell unless it is given one."""
        return (
            *("--prompt", start.prompt, "--output-format", "stream-json", "--skip-trust"),
            *("--approval-mode", "yolo" if start.shell else "auto_edit"),
            *(("--model", start.model) if start.model else ()),
            *(("--resume", "latest") if start.session else ()),
            *start.args,
        )

    def env(self, start: Start) -> Mapping[str, str]:
        """Its sandbox is off: ours stands around it."""
        return {"GEMINI_API_KEY": start.key, "GOOGLE_GEMINI_BASE_URL": start.url, "GEMINI_SANDBOX": "false"}

    def files(self, start: Start) -> Mapping[str, str]:  # noqa: ARG002 - the same for every start
        """How to log in cannot be said on the command line."""
        return {".gemini/settings.json": json.dumps(SETTINGS)}

    def said(self, output: str, start: Start) -> Said:  # noqa: ARG002 - it leaves nothing in its HOME
        """Its words come in pieces; a call of a tool ends what was said before."""
        text, result, session, refused = "", {}, "", []
        for event in events(output):
            kind = event.get("type")
            if kind == "message" and event.get("role") == "assistant":
                text += words(event.get("content"))
            elif kind == "tool_use":
                text = ""
            elif kind == "tool_result" and event.get("status") == "error":
                refused.append(words(inside(event, "error", "message"))[:200])
            elif kind == "init":
                session = words(event.get("session_id"))
            elif kind == "result":
                result = event
        done = result.get("status") == "success"
        return Said(
            text=words(text),
            finished=done,
            trouble="" if done else words(inside(result, "error", "message")),
            tokens=count(inside(result, "stats", "total_tokens")) if result else None,
            session=session,
            refused=tuple(refused[:20]),
        )
