"""A pi-autoresearch session: `.auto/`, or the names from before it. Its scripts run unchanged, on both sides."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autoresearch.adapters.say import metric_name
from autoresearch.errors import UserError
from autoresearch.readers import Foreign, read
from autoresearch.readers.directions import likely
from autoresearch.setups.draft import Draft, Gate, inside, safe_name
from autoresearch.setups.files import demand, text, title

CHECK_SECONDS = 300.0
"""What pi gives a check."""
RUN_SECONDS = 600.0
"""What pi gives a run where the agent does not say."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a session keeps what."""

    measure: Path
    checks: Path
    log: Path
    prompt: Path
    config: Path


def layout(folder: Path) -> Layout:
    """The session's files: all under `.auto` when any is there, else the legacy names. Raises UserError."""
    new = folder / ".auto"
    if new.is_dir():
        names = Layout(*(new / each for each in ("measure.sh", "checks.sh", "log.jsonl", "prompt.md", "config.json")))
    else:
        names = Layout(*(folder / f"autoresearch.{each}" for each in ("sh", "checks.sh", "jsonl", "md", "config.json")))
    demand(names.measure.parent, names.measure.name, what="a pi session")
    return names


def draft(root: Path, folder: Path) -> Draft:
    """A task around the session. Raises UserError where there is none, or nothing says what is measured."""
    at = layout(folder)
    log = read(at.log.read_bytes()) if at.log.is_file() else None
    where, prompt = inside(root, folder), text(at.prompt)
    number = _metric(log, text(at.measure))
    name = number.name
    measure = f"{where}{at.measure.relative_to(folder).as_posix()}"
    checks = at.checks.relative_to(folder).as_posix()
    run = shlex.join([*(["env", "-C", where] if where else []), "bash", checks])
    return Draft(
        name=safe_name(folder.resolve().name),
        goal=title(prompt) or f"Better {name}",
        editable=_scope(root, folder, prompt),
        metric=metric_name(name),
        direction=number.direction,
        is_guess=number.is_guess,
        unit=number.unit,
        command=shlex.join(["python", "-m", "autoresearch.adapters.pi", measure]),
        seconds=RUN_SECONDS,
        writable_tree=True,
        gates=[Gate("checks", run, CHECK_SECONDS)] if at.checks.is_file() else [],
        experiments=_limit(at.config),
        remarks=_remarks(name, f"{where}{at.log.relative_to(folder).as_posix()}" if at.log.is_file() else ""),
    )


@dataclass(frozen=True, slots=True)
class _Number:
    """What the session measures."""

    name: str
    direction: str
    unit: str = ""
    is_guess: bool = False


def _metric(log: Foreign | None, script: str) -> _Number:
    """That of the log's last segment, else the first number the script says, which way is guessed by its name."""
    if log and log.form == "pi" and log.segments and log.segments[-1].metric != "metric":
        last = log.segments[-1]
        return _Number(last.metric, str(last.direction), last.unit)
    found = re.search(r"METRIC\s+([^\s=\"']+)=", script)
    if found is None:
        raise UserError(
            "Neither the session's log nor its script says what is measured.",
            fix="run it once under pi, or: autoresearch init --command 'bash .auto/measure.sh' --metric NAME",
        )
    return _Number(found[1], str(likely(found[1])), is_guess=True)


def _scope(root: Path, folder: Path, prompt: str) -> list[str]:
    """Files the session's document names that are there; its own files never."""
    section = re.search(r"^#+[^\n]*(?:scope|may (?:change|edit))[^\n]*\n(.*?)(?=^#|\Z)", prompt, re.M | re.S | re.I)
    words = re.findall(r"`([^`\s]+)`", section[1] if section else "")
    found = []
    for word in words:
        word = word.removeprefix("./")
        if word.startswith((".auto", "autoresearch.", "/")) or ".." in word:
            continue
        if any(char in word for char in "*?["):
            found.append(inside(root, folder) + word)
        elif (folder / word).is_dir():
            found.append(f"{inside(root, folder)}{word.rstrip('/')}/**")
        elif (folder / word).is_file():
            found.append(inside(root, folder) + word)
    return list(dict.fromkeys(found))


def _limit(config: Path) -> int:
    try:
        said: Any = json.loads(config.read_bytes())
        return max(1, int(said["maxIterations"]))
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return 100


def _remarks(name: str, log: str) -> list[str]:
    remarks = [
        "A pi session, as it is: its scripts run unchanged, on the incumbent and on every candidate.",
        "The number is printed beside the code it measures: it is self-reported.",
    ]
    if metric_name(name) != name:
        remarks.append(f"{name!r} is asked for as {metric_name(name)!r}.")
    if log:
        remarks.append(f"What it found so far: autoresearch import {shlex.quote(log)} shows it with our statistics.")
    return remarks
