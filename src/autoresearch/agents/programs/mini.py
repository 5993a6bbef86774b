"""mini-swe-agent: nothing but a shell."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping

from autoresearch.agents.programs.dialect import Dialect, Said, Start, count, inside, money, words
from autoresearch.causes import Cause

_PREFIX = {"anthropic": "anthropic/", "openai": "openai/", "responses": "openai/", "gemini": "gemini/"}
TRAJECTORY = "trajectory.json"
MAX_BYTES = 32 * 2**20


def litellm_model(start: Start) -> str:
    """The model's name as LiteLLM, which both of the Python programs use, wants it."""
    return _PREFIX[start.wire] + start.model


def litellm_env(start: Start) -> dict[str, str]:
    """Where LiteLLM finds the provider, and its table of prices without looking for a newer one."""
    name = {"anthropic": "ANTHROPIC", "gemini": "GEMINI"}.get(start.wire, "OPENAI")
    url = f"{start.url}/v1beta" if start.wire == "gemini" else start.url
    return {f"{name}_API_KEY": start.key, f"{name}_API_BASE": url, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}


class Mini(Dialect):
    """`mini`: what it did stands in a file, its trajectory; what it prints is for people."""

    name = "mini"
    executable = "mini"
    install = "pip install mini-swe-agent mcp"
    wires = tuple(_PREFIX)
    provider = "anthropic"
    tells_cost = True
    needs_model = True
    resumes = False
    asks_version = ("--help",)

    def argv(self, start: Start) -> tuple[str, ...]:
        """A limit of 0 is none."""
        return (
            *("--yolo", "--exit-immediately", "--model", litellm_model(start), "--task", start.prompt),
            *("--cost-limit", f"{start.cost_usd or 0:g}", "--output", str(start.home / TRAJECTORY)),
            *start.args,
        )

    def env(self, start: Start) -> Mapping[str, str]:
        """A model without a price is no error."""
        return litellm_env(start) | {
            "MSWEA_CONFIGURED": "true",
            "MSWEA_SILENT_STARTUP": "1",
            "MSWEA_COST_TRACKING": "ignore_errors",
            "MSWEA_GLOBAL_CONFIG_DIR": str(start.home / ".mini"),
        }

    def said(self, output: str, start: Start) -> Said:
        """A trajectory without an end, or none, means that it broke."""
        told = _trajectory(start)
        status = words(inside(told, "info", "exit_status"))
        done = status == "Submitted"
        messages = inside(told, "messages")
        used = (
            [inside(message, "extra", "response", "usage", "total_tokens") for message in messages]
            if isinstance(messages, list)
            else []
        )
        known = [value for value in used if value is not None]
        return Said(
            text=words(inside(told, "info", "submission")).strip(),
            finished=done,
            trouble="" if done else status or words(output.strip().splitlines()[-1] if output.strip() else ""),
            cause=Cause.TOKENS if status == "LimitsExceeded" else None,
            tokens=count(*known) if known else None,
            cost_usd=money(inside(told, "info", "model_stats", "instance_cost")) or None,
        )


def _trajectory(start: Start) -> object:
    """What it wrote, which anything in its box could have written."""
    try:
        handle = os.open(start.home / TRAJECTORY, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            return json.loads(file.read(MAX_BYTES))
    except (OSError, ValueError, RecursionError):
        return None
