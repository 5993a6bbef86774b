"""From a step to what this client understands: a call of one of its tools, or the words its prompt asks for."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Iterable, Sequence

from models.script import Edit, Read, Shell, Step, Text
from models.wires import Ask, Call, Json

PATH = ("file_path", "filePath", "path", "absolute_path", "target_file")
OLD = ("old_string", "oldString", "oldText", "old_str", "old_text")
NEW = ("new_string", "newString", "newText", "new_str", "new_text")
SHELLS = ("bash", "shell", "shell_command", "exec_command", "run_shell_command")
READERS = ("read", "read_file", "view")
SUBMIT = "COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"
"""What mini-swe-agent wants to see printed when it is done, with the last words after it."""

REPLACE = (
    "import sys; p, a, b = sys.argv[1:]; s = open(p).read(); assert a in s; open(p, 'w').write(s.replace(a, b, 1))"
)


def move(steps: Sequence[Step], ask: Ask) -> str | Call:
    """What to say for `steps`: the first as a call of a tool, all of them as words where there are no tools."""
    if not ask.tools:
        return "\n\n".join(_words(step) for step in steps)
    step = steps[0]
    if isinstance(step, Text):
        return _submission(step, ask) or step.text
    made = _edit(step, ask) if isinstance(step, Edit) else _read(step, ask) if isinstance(step, Read) else None
    made = made or _shell(_line(step), ask)
    if made is None:
        raise ValueError(f"no tool of {sorted(ask.tools)} can do {step}")
    return made


def _words(step: Step) -> str:
    if isinstance(step, Edit):
        return f"{step.path}\n```\n<<<<<<< SEARCH\n{step.old}\n=======\n{step.new}\n>>>>>>> REPLACE\n```"
    return step.text if isinstance(step, Text) else ""


def _edit(step: Edit, ask: Ask) -> Call | None:
    for name, schema in ask.tools.items():
        known = schema.get("properties", {})
        path, old, new = _first(PATH, known), _first(OLD, known), _first(NEW, known)
        if path and old and new:
            return _called(name, schema, {path: step.path, old: step.old, new: step.new})
        if path and "edits" in known:
            inner = known["edits"].get("items", {}).get("properties", {})
            one = {_first(OLD, inner): step.old, _first(NEW, inner): step.new}
            return _called(name, schema, {path: step.path, "edits": [one]})
    if ask.tools.get("apply_patch", {}).get("freeform"):
        return Call("apply_patch", _patch(step))
    return None


def _patch(step: Edit) -> str:
    changed = difflib.ndiff(step.old.splitlines(), step.new.splitlines())
    body = "".join(f"{line[0]}{line[2:]}\n" for line in changed if line[0] in "+- ")
    return f"*** Begin Patch\n*** Update File: {step.path}\n@@\n{body}*** End Patch\n"


def _read(step: Read, ask: Ask) -> Call | None:
    for name, schema in ask.tools.items():
        path = _first(PATH, schema.get("properties", {}))
        if path and name.lower() in READERS:
            return _called(name, schema, {path: step.path})
    return None


def _line(step: Step) -> str:
    """The step as a line for a shell, which every client has that has no better tool."""
    if isinstance(step, Shell):
        return step.line
    if isinstance(step, Edit):
        return shlex.join(["python3", "-c", REPLACE, step.path, step.old, step.new])
    return shlex.join(["cat", step.path]) if isinstance(step, Read) else ""


def _shell(line: str, ask: Ask) -> Call | None:
    for name, schema in ask.tools.items():
        known = schema.get("properties", {})
        key = _first(("command", "cmd"), known)
        if key and name.lower() in SHELLS:
            is_list = known[key].get("type") == "array"
            return _called(name, schema, {key: ["bash", "-c", line] if is_list else line})
    return None


def _submission(step: Text, ask: Ask) -> Call | None:
    """The last words, for a client that goes on until it sees them printed."""
    if SUBMIT not in ask.system + "".join(message.text for message in ask.messages if message.role == "user"):
        return None
    return _shell(f"printf '%s\\n' {SUBMIT} {shlex.quote(step.text)}", ask)


def _called(name: str, schema: Json, arguments: Json) -> Call:
    """With something for every argument that the client insists on."""
    return Call(name, {**dict.fromkeys(schema.get("required", []), "as scripted"), **arguments})


def _first(wanted: Iterable[str], known: Json) -> str:
    return next((key for key in wanted if key in known), "")
