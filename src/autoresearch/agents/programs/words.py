"""What a program meant, from its last words: a summary, a hypothesis, or a question to nobody."""

from __future__ import annotations

import json
import re

from autoresearch.agents import report

_FENCED = re.compile(r"```(?:json)?\s*(\{.*?\})\s*```", re.DOTALL)
_LABELLED = r"^[\s*_#>-]*{label}[\s*_]*:[\s*_]*(.+)$"


def meant(text: str) -> tuple[str, str]:
    """Summary and hypothesis, each one bounded, printable line; empty where there is none.

    A JSON object counts first, then lines that begin with "Summary:" and "Hypothesis:", then the first line.
    """
    said = _object(text) or {name: _labelled(text, name) for name in ("summary", "hypothesis")}
    summary = said.get("summary") or _first_line(text)
    return report.one_line(summary, report.MAX_SUMMARY), report.one_line(
        said.get("hypothesis", ""), report.MAX_HYPOTHESIS
    )


def is_question(text: str) -> bool:
    """Whether the last words end in a question."""
    lines = [line.strip(" *_`") for line in text.splitlines() if line.strip(" *_`")]
    return bool(lines) and lines[-1].endswith("?")


def _object(text: str) -> dict[str, str]:
    """The texts of the last JSON object that has a summary."""
    bare = text.strip()
    for candidate in ([bare] if bare.startswith("{") else []) + _FENCED.findall(text)[::-1]:
        try:
            said = json.loads(candidate)
        except (ValueError, RecursionError):
            continue
        if isinstance(said, dict) and isinstance(said.get("summary"), str):
            return {name: value for name, value in said.items() if isinstance(value, str)}
    return {}


def _labelled(text: str, label: str) -> str:
    found = re.findall(_LABELLED.format(label=label), text, re.IGNORECASE | re.MULTILINE)
    return str(found[-1]) if found else ""


def _first_line(text: str) -> str:
    return next((line.strip(" #*_") for line in text.splitlines() if line.strip(" #*_`")), "")
