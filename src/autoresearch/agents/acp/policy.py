"""What an agent that asks may do: edits of editable files once each, looking around; nothing else.

It is a convenience and no boundary: agents that do not ask are held by the box, and by what is taken in afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autoresearch.agents.acp import files
from autoresearch.agents.acp.wire import Refusal
from autoresearch.agents.programs.dialect import inside, words
from autoresearch.workspace.globs import Globs

LOOKING = ("read", "search", "think")
CHANGING = ("edit", "delete", "move")
RUNNING = ("execute",)


@dataclass(frozen=True, slots=True)
class Decision:
    """One answer to "may I?"."""

    what: str
    allowed: bool
    why: str


@dataclass(slots=True)
class Policy:
    """Answers for one draft, and remembers what it answered."""

    tree: Path
    editable: Sequence[str]
    shell: bool = False
    decisions: list[Decision] = field(default_factory=list)

    @property
    def refused(self) -> tuple[str, ...]:
        """What was not allowed, and why."""
        return tuple(f"{each.what}: {each.why}" for each in self.decisions if not each.allowed)

    def permission(self, params: Any, call: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to `session/request_permission` for a call of a tool, of which `call` is all that is known."""
        allowed = self._note(words(call.get("title")) or words(call.get("kind")), self._objection(call))
        kinds = ("allow_once", "allow_always") if allowed else ("reject_once", "reject_always")
        options = inside(params, "options")
        options = options if isinstance(options, list) else []
        for kind in kinds:
            for option in options:
                if inside(option, "kind") == kind:
                    return {"outcome": {"outcome": "selected", "optionId": inside(option, "optionId")}}
        return {"outcome": {"outcome": "cancelled"}}

    def read(self, params: Any) -> dict[str, Any]:
        """The answer to `fs/read_text_file`."""
        try:
            text = files.read(self.tree, files.inside(self.tree, inside(params, "path")))
        except (OSError, ValueError) as error:
            raise Refusal(f"it cannot be read: {_reason(error)}") from None
        line, limit = inside(params, "line"), inside(params, "limit")
        if isinstance(line, int) or isinstance(limit, int):
            first = max(0, line - 1) if isinstance(line, int) else 0
            lines = text.splitlines(keepends=True)[first:]
            text = "".join(lines[:limit] if isinstance(limit, int) else lines)
        return {"content": text}

    def write(self, params: Any) -> None:
        """The answer to `fs/write_text_file`."""
        path, content = inside(params, "path"), inside(params, "content")
        if not self._note(f"write {words(path)}", self._path_objection(path)) or not isinstance(content, str):
            raise Refusal(self.decisions[-1].why or "there is no content")
        try:
            files.write(self.tree, files.inside(self.tree, path), content)
        except (OSError, ValueError) as error:
            raise Refusal(f"it cannot be written: {_reason(error)}") from None

    def _note(self, what: str, objection: str) -> bool:
        self.decisions.append(Decision(what[:200], not objection, objection))
        return not objection

    def _objection(self, call: Mapping[str, Any]) -> str:
        """Why this call of a tool may not be; empty when it may."""
        kind = call.get("kind")
        if kind in LOOKING or (kind in RUNNING and self.shell):
            return ""
        if kind not in CHANGING:
            return f"{words(kind) or 'this'} is not allowed here"
        paths = list(_paths(call))
        if not paths:
            return "it does not say which file"
        return next(filter(None, map(self._path_objection, paths)), "")

    def _path_objection(self, path: object) -> str:
        try:
            name = files.inside(self.tree, path)
        except ValueError as error:
            return str(error)
        return "" if name in Globs(tuple(self.editable)) else f"{name} is not editable"


def _paths(call: Mapping[str, Any]) -> Iterator[object]:
    """Every file that a call of a tool names, in any of the places where agents do."""
    for table in ("locations", "content"):
        entries = call.get(table)
        for entry in entries if isinstance(entries, list) else []:
            if (path := inside(entry, "path")) is not None:
                yield path


def _reason(error: OSError | ValueError) -> str:
    return error.strerror or "no" if isinstance(error, OSError) else str(error)
