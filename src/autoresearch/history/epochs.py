"""Epochs: what numbers depend on, as one digest; a change of it begins another, and can be told in words."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping

from autoresearch.history import Epoch

_NAMES = {
    "trust_class": "trust class",
    "unsafe": "--unsafe-no-sandbox",
    "referee_options": "referee option",
    "task": "task file",
    "packages": "package",
    "programs": "program",
    "read": "[sandbox] read",
    "sealed": "sealed files",
    "executable": "interpreter",
}
"""What parts of an epoch are called, where the name of the field will not do."""


def fingerprint(epoch: Epoch) -> str:
    """sha256 over what a number depends on. Proven properties do not change it; the backend does."""
    setting = [
        epoch.task,
        epoch.trust_class,
        epoch.sandbox,
        dict(epoch.machine),
        dict(epoch.environment),
        epoch.referee,
        dict(epoch.referee_options),
        epoch.unsafe,
    ]
    return hashlib.sha256(json.dumps(setting, sort_keys=True).encode()).hexdigest()


def differences(before: Epoch, after: Epoch) -> list[str]:
    """What is not the same in two epochs, a phrase each: its name, what it was, what it is."""
    pairs: list[tuple[str, object, object]] = [
        ("", before.environment, after.environment),
        ("machine", before.machine, after.machine),
        *((name, getattr(before, name), getattr(after, name)) for name in ("sandbox", "trust_class", "unsafe")),
        ("referee", before.referee, after.referee),
        ("referee_options", before.referee_options, after.referee_options),
    ]
    found = [text for name, old, new in pairs for text in _told(_NAMES.get(name, name), old, new)]
    return found or (["task file"] if before.task != after.task else [])


def _told(name: str, old: object, new: object) -> Iterator[str]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted(old.keys() | new.keys()):
            inner = f"{name} {_NAMES.get(key, key)}" if name else _NAMES.get(key, key)
            yield from _told(inner, old.get(key), new.get(key))
    elif _shown(old) != _shown(new):
        yield f"{name}: {_shown(old)} -> {_shown(new)}"


def _shown(value: object) -> str:
    """A value as both a fresh epoch and one read from the ledger show it; long digests are cut."""
    if value is None or value == "":
        return "none"
    if isinstance(value, Mapping):
        return f"{len(value)} entries" if value else "none"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_shown, value))}]"
    text = str(value)
    return text[:12] if len(text) == 64 and text.isalnum() else text
