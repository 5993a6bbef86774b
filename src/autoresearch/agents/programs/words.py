"""What a program meant, from its last words: a summary, a hypothesis, or a question to nobody."""

from __future__ import annotations

import json
import re

from autoresearch.agents import report

_FENCED = re.compile(r"```(?:json)?\s*(\{.*?\})\s*```", re.DOTALL)
_LAST = re.compile(r"^(\{.*\})\s*\Z", re.DOTALL | re.MULTILINE)
_TEXTS = ("summary", "hypothesis", "expected_effect", "risk")
_LABELLED = r"^[\s*_#>-]*{label}[\s*_]*:[\s*_]*(.+)$"


def meant(text: str) -> tuple[str, str, dict[str, object]]:
    """Summary, hypothesis, and what else it says of its change, every text one bounded, printable line.

    A JSON object counts first, then lines that begin with "Summary:" and "Hypothesis:", then the first line.
    """
    said = _object(text) or {name: _labelled(text, name) for name in _TEXTS}
    texts = {name: _line(said.get(name), report.MAX_HYPOTHESIS) for name in _TEXTS}
    notes = said.get("notes")
    lines = [_line(note, report.MAX_NOTE) for note in notes[: report.MAX_NOTES]] if isinstance(notes, list) else []
    detail = {"expected_effect": texts["expected_effect"], "risk": texts["risk"], "notes": list(filter(None, lines))}
    summary = texts["summary"] or _line(_first_line(text), report.MAX_SUMMARY)
    return summary[: report.MAX_SUMMARY], texts["hypothesis"], {key: value for key, value in detail.items() if value}


def is_question(text: str) -> bool:
    """Whether the last words end in a question."""
    lines = [line.strip(" *_`") for line in text.splitlines() if line.strip(" *_`")]
    return bool(lines) and lines[-1].endswith("?")


def _line(value: object, most: int) -> str:
    return report.one_line(value, most) if isinstance(value, str) else ""


def _object(text: str) -> dict[str, object]:
    """The last JSON object that has a summary."""
    bare = _LAST.findall(text)
    for candidate in bare + _FENCED.findall(text)[::-1]:
        try:
            said = json.loads(candidate)
        except (ValueError, RecursionError):
            continue
        if isinstance(said, dict) and isinstance(said.get("summary"), str):
            return said
    return {}


def _labelled(text: str, label: str) -> str:
    found = re.findall(_LABELLED.format(label=label.replace("_", "[_ ]")), text, re.IGNORECASE | re.MULTILINE)
    return str(found[-1]) if found else ""


def _first_line(text: str) -> str:
    return next((line.strip(" #*_") for line in text.splitlines() if line.strip(" #*_`")), "")
