"""What an epoch stands on besides the machine, in words, with every list as long as it is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from autoresearch.report.sheet import Line
from autoresearch.views.words import plain

WORDS = {
    "executable": "Python of the commands",
    "packages": "installed packages",
    "python": "Python",
    "read": "read besides",
    "sealed": "digest of the sealed files",
    "task": "task as measured",
}
"""What is recorded under a name that does not speak for itself."""


def environment(recorded: Mapping[str, object]) -> Iterator[Line]:
    """A line for each thing recorded; of several, how many there are, and below it all of them."""
    for name, value in recorded.items():
        words = WORDS.get(name, plain(name, 60).replace("_", " "))
        if isinstance(value, Mapping | list | tuple):
            held = [plain(each, 400) for each in _leaves("", value)]
            yield Line(words, f"{len(held):,} recorded" if held else "none", more=held)
        else:
            yield Line(words, "unknown" if value is None else plain(str(value), 200))


def _leaves(path: str, value: object) -> Iterator[str]:
    """Everything in nested data, each with the names that lead to it."""
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield from _leaves(f"{path}.{name}" if path else str(name), each)
    elif isinstance(value, list | tuple) and any(isinstance(each, Mapping) for each in value):
        for place, each in enumerate(value, 1):
            yield from _leaves(f"{path} {place}".strip(), each)
    else:
        text = value if isinstance(value, str) else json.dumps(value, default=str)
        yield f"{path}: {text}" if path else text
