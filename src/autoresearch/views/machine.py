"""The machine of an epoch in words."""

from __future__ import annotations

from collections.abc import Mapping

from autoresearch.views.words import plain


def machine_words(machine: Mapping[str, object]) -> list[tuple[str, str]]:
    """Name and text of each thing recorded of the machine; of what an older or newer version recorded, as it stands."""
    return [_line(name, value) for name, value in machine.items()]


def _line(name: str, value: object) -> tuple[str, str]:
    words = name.replace("_", " ")
    if isinstance(value, list):
        text = ", ".join(map(str, value)) or "none"
    elif name.endswith("_gib"):
        words, text = words.removesuffix(" gib"), f"{value} GiB"
    else:
        text = str(value)
    return plain("GPUs" if name == "gpus" else words, 40), plain(text, 200)
