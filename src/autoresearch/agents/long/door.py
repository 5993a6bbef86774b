"""The one way from a long session to the referee: a folder for questions, a folder for answers.

A folder, because every sandbox can share one and none need allow a socket; and because programs close the descriptors
they inherit before they start a shell. What lies in the folder of questions is the agent's: it is opened without
following links, read once, and bounded. The agent cannot write to the folder of answers. Its own files are put back by
the script it runs, inside its box, so that nothing outside ever writes where the agent could have laid a trap.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

from autoresearch.workspace.git import PROGRAM

SCRIPT = "autoresearch-door"
PATIENCE_SECONDS = 90.0
"""How long the script waits for an answer: less than the time agents give a command."""
MAX_BYTES = 64 * 1024
"""Of one question."""
MOST_WAITING = 1_000
"""Names looked at; an agent that leaves more is not served."""

KEPT, NOT_KEPT, WRONG, REFUSED, OVER = 0, 1, 2, 4, 5
"""What the script exits with."""

_DIGITS = 9
_NAME = re.compile(r"[0-9]{1,12}-[0-9]{1,12}")


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked: a verb and its arguments."""

    name: str
    words: tuple[str, ...]

    @property
    def verb(self) -> str:
        """The first word."""
        return self.words[0] if self.words else ""

    @property
    def number(self) -> int | None:
        """The second word where it is a number, below a thousand million; a longer one is none."""
        word = "".join(self.words[1:2])
        return int(word) if word.isdecimal() and len(word) <= _DIGITS else None

    def option(self, *names: str) -> str:
        """What follows the first of `names` that was given; empty without."""
        for at, word in enumerate(self.words[:-1]):
            if word in names:
                return self.words[at + 1]
        return ""


@dataclass(frozen=True, slots=True)
class Restoring:
    """How the agent's files become what they should be: bytes and mode by path, and what has to go."""

    files: Mapping[str, tuple[bytes, str]] = field(default_factory=dict)
    gone: Sequence[str] = ()


class Door:
    """Both folders and the script, below `folder`, which must not exist yet."""

    def __init__(self, folder: Path, tree: Path, *, patience: float = PATIENCE_SECONDS) -> None:
        """`tree` is what the script puts files back in."""
        self.questions, self.answers, self._bin = folder / "ask", folder / "answers", folder / "bin"
        for each in (self.questions, self.answers, self._bin):
            each.mkdir(parents=True)
        self.script = self._bin / SCRIPT
        self.script.write_text(_script(folder, tree, patience), encoding="utf-8")
        self.script.chmod(0o755)
        self._asked = os.open(self.questions, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)

    @property
    def readable(self) -> tuple[Path, ...]:
        """What the agent may read."""
        return self.answers, self._bin

    def close(self) -> None:
        """Serve nobody any more."""
        os.close(self._asked)

    def next(self) -> Question | None:
        """The oldest question without an answer; None when there is none."""
        with os.scandir(self._asked) as entries:
            names = sorted(entry.name for entry, _ in zip(entries, range(MOST_WAITING), strict=False))
        for name in names:
            if _NAME.fullmatch(name) and not (self.answers / name).exists():
                words = self._read(name)
                with suppress(OSError):
                    os.unlink(name, dir_fd=self._asked)
                if words:
                    return Question(name, words)
        return None

    def answer(self, question: Question, text: str, *, code: int = KEPT, restoring: Restoring | None = None) -> None:
        """Answer once; the answer appears whole."""
        restoring = restoring or Restoring()
        fresh = self.answers / f".{question.name}"
        fresh.mkdir()
        (fresh / "code").write_text(f"{code}\n")
        (fresh / "text").write_text(text.rstrip("\n") + "\n", encoding="utf-8", errors="replace")
        (fresh / "gone").write_bytes(b"".join(os.fsencode(path) + b"\n" for path in restoring.gone if "\n" not in path))
        for path, (data, mode) in restoring.files.items():
            file = fresh / "files" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
            file.chmod(0o755 if mode == PROGRAM else 0o644)
        fresh.rename(self.answers / question.name)

    def _read(self, name: str) -> tuple[str, ...]:
        """The words of a question; none where it is no plain, small file of text."""
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            source = os.open(name, flags, dir_fd=self._asked)
        except OSError:
            return ()
        try:
            data = os.read(source, MAX_BYTES + 1) if stat.S_ISREG(os.fstat(source).st_mode) else b""
        finally:
            os.close(source)
        return tuple(data.decode("utf-8", "replace").split("\0")[:-1]) if len(data) <= MAX_BYTES else ()


def _script(folder: Path, tree: Path, patience: float) -> str:
    text = resources.files("autoresearch.agents.long").joinpath("door.sh").read_text("utf-8")
    for mark, value in (("@DOOR@", str(folder)), ("@TREE@", str(tree)), ("@PATIENCE@", str(round(10 * patience)))):
        text = text.replace(mark, value.replace("'", "'\\''"))
    return text
