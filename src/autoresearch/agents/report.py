"""`proposal.json`: what an agent says it did, read strictly, because the agent is not trusted."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

from autoresearch import amounts
from autoresearch.causes import Cause
from autoresearch.errors import Foul
from autoresearch.records import Outcome, Proposal

MAX_BYTES = 64 * 1024
MAX_SUMMARY = 200
MAX_HYPOTHESIS = 2000
MAX_NOTE = 300
"""Characters kept; longer texts are cut."""
MAX_NOTES = 5
"""Notes kept of one proposal."""
KEYS = ("summary", "hypothesis", "expected_effect", "risk", "notes", "cost_usd", "tokens")


def read(path: Path, *, agent: str, default: str) -> Proposal:
    """The proposal an agent left at `path`; one summarised as `default` when it left none.

    Cost and tokens it does not mention are unknown, not zero. Raises Foul when there is something at `path` that is no
    plain file holding one JSON object with the known keys and types.
    """
    data = _bytes(path)
    if data is None:
        return Proposal(default, agent=agent)
    said = _object(data)
    unknown = said.keys() - set(KEYS)
    if unknown:
        raise _refused(f"{sorted(unknown)[0]!r} is no key of it")
    return Proposal(
        _text(said, "summary", MAX_SUMMARY) or default,
        _text(said, "hypothesis", MAX_HYPOTHESIS),
        agent=agent,
        cost_usd=_amount(said, "cost_usd"),
        tokens=_whole(said, "tokens"),
        detail=_detail(said),
    )


def one_line(text: str, most: int) -> str:
    """`text` as one line of at most `most` printable characters."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())[:most]


def _detail(said: dict[str, object]) -> dict[str, object]:
    """What else it says of its change, as far as it says it."""
    told: dict[str, object] = {key: _text(said, key, MAX_HYPOTHESIS) for key in ("expected_effect", "risk")}
    return {key: value for key, value in {**told, "notes": _notes(said)}.items() if value}


def _notes(said: dict[str, object]) -> list[str]:
    notes = said.get("notes") or []
    if not isinstance(notes, list):
        raise _refused("notes is no list of texts")
    return [_text({"a note": note}, "a note", MAX_NOTE) for note in notes[:MAX_NOTES]]


def _bytes(path: Path) -> bytes | None:
    """Content of a plain file; a link, a pipe or a device in its place is refused without being opened to the end."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _refused(error.strerror or "it cannot be opened") from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
            raise _refused("it is no plain file")
        data = os.read(descriptor, MAX_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(data) > MAX_BYTES:
        raise _refused(f"it is larger than {MAX_BYTES // 1024} KiB")
    return data


def _object(data: bytes) -> dict[str, object]:
    try:
        said = json.loads(data.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise _refused(f"{error}") from None
    if not isinstance(said, dict):
        raise _refused("it is no JSON object")
    return said


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise ValueError("a key stands twice")
    return dict(pairs)


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number")


def _text(said: dict[str, object], key: str, most: int) -> str:
    value = said.get(key, "")
    if not isinstance(value, str):
        raise _refused(f"{key} is no text")
    return one_line(value, most)


def _amount(said: dict[str, object], key: str) -> float | None:
    amount = amounts.usd(said.get(key))
    if amount is None and said.get(key) is not None:
        raise _refused(f"{key} is no amount")
    return amount


def _whole(said: dict[str, object], key: str) -> int | None:
    whole = amounts.tokens(said.get(key))
    if whole is None and said.get(key) is not None:
        raise _refused(f"{key} is no count")
    return whole


def _refused(why: str) -> Foul:
    return Foul(Outcome.CRASH, f"the agent's proposal.json cannot be read: {why}", cause=Cause.FORMAT)
