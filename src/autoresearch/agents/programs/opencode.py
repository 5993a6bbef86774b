"""OpenCode."""

from __future__ import annotations

import json
from collections.abc import Mapping

from autoresearch.agents.programs.dialect import Dialect, Said, Start, count, events, inside, money, words

_LIBRARIES = {
    "anthropic": "@ai-sdk/anthropic",
    "openai": "@ai-sdk/openai-compatible",
    "responses": "@ai-sdk/openai",
    "gemini": "@ai-sdk/google",
}
_PATHS = {"anthropic": "/v1", "gemini": "/v1beta"}
"""What these libraries want at the end of a base URL."""
_PROVIDER, _KEY = "agent", "OPENCODE_PROVIDER_KEY"


def settings(start: Start, *, edit: str) -> str:
    """Its configuration: one provider, one model, nothing that calls home; `edit` is "allow" or "ask"."""
    url = start.url + _PATHS.get(start.wire, "")
    options = {"baseURL": url, "apiKey": f"{{env:{_KEY}}}"}
    model = {"limit": {"context": 128_000, "output": 16_384}}
    bash = "allow" if start.shell else "deny"
    return json.dumps(
        {
            "model": f"{_PROVIDER}/{start.model}",
            "small_model": f"{_PROVIDER}/{start.model}",
            "autoupdate": False,
            "share": "disabled",
            "snapshot": False,
            "provider": {
                _PROVIDER: {"npm": _LIBRARIES[start.wire], "options": options, "models": {start.model: model}},
            },
            "permission": {"edit": edit, "bash": bash, "webfetch": "deny", "external_directory": "deny"},
        }
    )


def environment(start: Start) -> dict[str, str]:
    """No list of models, no update, no language server fetched."""
    return {
        _KEY: start.key,
        "OPENCODE_DISABLE_MODELS_FETCH": "1",
        "OPENCODE_DISABLE_AUTOUPDATE": "1",
        "OPENCODE_DISABLE_LSP_DOWNLOAD": "1",
        "OPENCODE_DISABLE_DEFAULT_PLUGINS": "1",
    }


class OpenCode(Dialect):
    """`opencode run`: one JSON object an event; each step has its usage and its price."""

    name = "opencode"
    executable = "opencode"
    install = "npm install -g opencode-ai"
    wires = tuple(_LIBRARIES)
    provider = "anthropic"
    tells_cost = True
    needs_model = True

    def __init__(self, *, edit: str = "allow") -> None:
        """`edit` is "ask" where somebody is there to answer."""
        self._edit = edit

    def argv(self, start: Start) -> tuple[str, ...]:
        """What it would have to ask for is refused."""
        session = ("--session", start.session) if start.session else ()
        return ("run", "--format", "json", *session, *start.args, "--", start.prompt)

    def env(self, start: Start) -> Mapping[str, str]:
        """See `environment`."""
        return environment(start)

    def files(self, start: Start) -> Mapping[str, str]:
        """See `settings`."""
        return {".config/opencode/opencode.json": settings(start, edit=self._edit)}

    def said(self, output: str, start: Start) -> Said:  # noqa: ARG002 - all of it is in its output
        """It is done when its last step says "stop"; a refused call of a tool ends it as well, without a word."""
        said = list(events(output))
        steps = [event["part"] for event in said if event.get("type") == "step_finish" and "part" in event]
        texts = [words(inside(event, "part", "text")) for event in said if event.get("type") == "text"]
        errors = [_error(event) for event in said if event.get("type") == "error"]
        refused = tuple(words(inside(event, "part", "state", "error"))[:200] for event in said if _is_refusal(event))
        done = not errors and bool(steps) and (inside(steps[-1], "reason") == "stop" or bool(refused))
        cost = money(*(inside(step, "cost") or 0 for step in steps))
        return Said(
            text=(texts or [""])[-1],
            finished=done,
            trouble=errors[-1] if errors else "",
            tokens=count(*(inside(step, "tokens", "total") for step in steps)) if steps else None,
            cost_usd=cost or None,
            session=words(inside(said[0], "sessionID")) if said else "",
            refused=refused[:20],
        )


def _error(event: object) -> str:
    return words(inside(event, "error", "data", "message")) or words(inside(event, "error", "name")) or "an error"


def _is_refusal(event: dict[str, object]) -> bool:
    return event.get("type") == "tool_use" and inside(event, "part", "state", "status") == "error"
