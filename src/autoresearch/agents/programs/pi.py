"""pi, of which nothing is loaded but its own tools for files."""

from __future__ import annotations

import json
from collections.abc import Mapping

from autoresearch.agents.programs.dialect import Dialect, Said, Start, count, events, inside, money, words

_APIS = {
    "anthropic": "anthropic-messages",
    "openai": "openai-completions",
    "responses": "openai-responses",
    "gemini": "google-generative-ai",
}
_PROVIDER = "agent"
UNKNOWN_SIZE = {"contextWindow": 128_000, "maxTokens": 16_384}
"""Of a model of which we know nothing but its name."""


class Pi(Dialect):
    """`pi --mode json`: one JSON object an event; each message of the model's has its usage."""

    name = "pi"
    executable = "pi"
    install = "npm install -g @earendil-works/pi-coding-agent"
    wires = tuple(_APIS)
    provider = "anthropic"
    tells_cost = True
    needs_model = True

    def argv(self, start: Start) -> tuple[str, ...]:
        """The exit status is 0 whatever happens, so it is not looked at."""
        return (
            *("--print", "--mode", "json", "--provider", _PROVIDER, "--model", start.model),
            *("--no-extensions", "--no-skills", "--no-prompt-templates"),
            *("--tools", "read,edit,write,grep,find,ls" + (",bash" if start.shell else "")),
            *(("--session", start.session) if start.session else ()),
            *(() if start.lasting else ("--no-session",)),
            *start.args,
            *("--", start.prompt),
        )

    def env(self, start: Start) -> Mapping[str, str]:
        """Offline means: no look for updates and no telemetry; the model is asked all the same."""
        return {"PI_OFFLINE": "1", "PI_CODING_AGENT_DIR": str(start.home / ".pi")}

    def files(self, start: Start) -> Mapping[str, str]:
        """Providers and models of one's own can only be told by a file."""
        url = f"{start.url}/v1beta" if start.wire == "gemini" else start.url
        model = {"id": start.model, **UNKNOWN_SIZE}
        provider = {"baseUrl": url, "api": _APIS[start.wire], "apiKey": start.key, "models": [model]}
        return {".pi/models.json": json.dumps({"providers": {_PROVIDER: provider}})}

    def said(self, output: str, start: Start) -> Said:  # noqa: ARG002 - all of it is in its output
        """The last message tells how it ended. Its prices are those of the file, of which we wrote none."""
        said = list(events(output))
        ends = [event.get("message") for event in said if event.get("type") == "message_end"]
        mine = [message for message in ends if inside(message, "role") == "assistant"]
        last = mine[-1] if mine else None
        done = inside(last, "stopReason") == "stop"
        cost = money(*(inside(message, "usage", "cost", "total") or 0 for message in mine))
        return Said(
            text=_text(last),
            finished=done,
            trouble="" if done else words(inside(last, "errorMessage")) or words(inside(last, "stopReason")),
            tokens=count(*(inside(message, "usage", "totalTokens") for message in mine)) if mine else None,
            cost_usd=cost or None,
            session=words(inside(said[0], "id")) if said else "",
        )


def _text(message: object) -> str:
    content = inside(message, "content")
    parts = content if isinstance(content, list) else []
    return words("".join(words(inside(part, "text")) for part in parts))
