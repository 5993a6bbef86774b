"""One prompt to one agent: the greeting, a session, the prompt, and what it did until it stopped."""

from __future__ import annotations

import json
import socket
from dataclasses import asdict
from typing import Any

from autoresearch.agents.acp.policy import Policy
from autoresearch.agents.acp.wire import NOT_OFFERED, Broken, Refusal, Wire
from autoresearch.agents.programs.dialect import Said, count, inside, money, words
from autoresearch.causes import Cause

VERSION = 1
MOST_REFUSED = 20
"""A turn in which more than that was refused is cancelled: it asks the same again and again."""
MOST_NOTED = 400
MOST_NOTES = 2000
"""Characters of one line of the transcript, and lines of it."""
_STOPS = {
    "max_tokens": Cause.TRUNCATED,
    "max_turn_requests": Cause.TOKENS,
    "refusal": Cause.REFUSED,
}


class Client:
    """Speaks with the agent at the other end of `line`."""

    def __init__(self, line: socket.socket, policy: Policy) -> None:
        self._wire = Wire(line, asked=self._asked, told=self._told)
        self._policy = policy
        self._calls: dict[str, dict[str, Any]] = {}
        self._text = ""
        self._cost: float | None = None
        self._session = ""
        self._notes: list[str] = []

    @property
    def transcript(self) -> bytes:
        """What was heard and decided, a line each."""
        return "".join(f"{note}\n" for note in self._notes).encode("utf-8", "replace")

    def prompt(self, text: str) -> Said:
        """Hand over `text` and follow the turn to its end. What breaks is trouble in what is returned."""
        try:
            return self._turn(text)
        except Broken as broken:
            return Said(self._text, trouble=str(broken), cost_usd=self._cost, refused=self._policy.refused)

    def _turn(self, text: str) -> Said:
        offered = {"fs": {"readTextFile": True, "writeTextFile": True}, "terminal": False}
        who = {"name": "autoresearch", "version": "1"}
        hello = {"protocolVersion": VERSION, "clientInfo": who, "clientCapabilities": offered}
        self._note("initialized", self._wire.ask("initialize", hello))
        begun = self._wire.ask("session/new", {"cwd": str(self._policy.tree), "mcpServers": []})
        self._session = words(begun.get("sessionId"))
        part = {"type": "text", "text": text}
        result = self._wire.ask("session/prompt", {"sessionId": self._session, "prompt": [part]})
        self._note("stopped", result)
        reason = words(result.get("stopReason"))
        used = inside(result, "usage", "totalTokens") or _counted(inside(result, "_meta", "quota", "token_count"))
        return Said(
            text=words(self._text),
            finished=reason == "end_turn",
            trouble="" if reason == "end_turn" else f"it stopped with {reason or 'no reason'}",
            cause=_STOPS.get(reason),
            tokens=count(used) if used is not None else None,
            cost_usd=self._cost,
            refused=self._policy.refused[:MOST_REFUSED],
        )

    def _asked(self, method: str, params: Any) -> Any:
        if method == "session/request_permission":
            answer = self._policy.permission(params, self._learned(inside(params, "toolCall")))
            self._note("asked", asdict(self._policy.decisions[-1]))
            self._cancel_when_it_loops()
            return answer
        if method == "fs/read_text_file":
            return self._policy.read(params)
        if method == "fs/write_text_file":
            self._cancel_when_it_loops()
            return self._policy.write(params)
        raise Refusal(f"{method} is not offered", NOT_OFFERED)

    def _cancel_when_it_loops(self) -> None:
        if len(self._policy.refused) == MOST_REFUSED:
            self._wire.tell("session/cancel", {"sessionId": self._session})

    def _told(self, method: str, params: Any) -> None:
        update = inside(params, "update")
        kind = inside(update, "sessionUpdate")
        if method != "session/update" or not isinstance(update, dict):
            return
        if kind == "agent_message_chunk":
            self._text += words(inside(update, "content", "text"))
        elif kind in ("tool_call", "tool_call_update"):
            self._learned(update)
            self._text = "" if kind == "tool_call" else self._text
            self._note(str(kind), update)
        elif kind == "usage_update" and inside(update, "cost", "currency") == "USD":
            self._cost = money(inside(update, "cost", "amount")) or None  # without prices it says 0

    def _learned(self, call: Any) -> dict[str, Any]:
        """All that is known of a call of a tool, `call` added: agents tell it in pieces."""
        news = call if isinstance(call, dict) else {}
        known = self._calls.setdefault(words(news.get("toolCallId")), {})
        known.update({name: value for name, value in news.items() if value is not None})
        return known

    def _note(self, what: str, said: Any) -> None:
        if len(self._notes) < MOST_NOTES:
            self._notes.append(f"{what} {json.dumps(said, default=str)[:MOST_NOTED]}")


def _counted(quota: Any) -> int | None:
    used = [inside(quota, f"{kind}_tokens") for kind in ("input", "output")]
    return None if None in used else count(*used)
