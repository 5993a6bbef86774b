"""What a model answered, read strictly: four lines about the change, and the edits that make it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from autoresearch.agents.llm.edits import Edit, Replacement, Unfit, Whole
from autoresearch.causes import Cause

FORM = """\
Answer in exactly this form, and with nothing else:

SUMMARY: one line, what you change
HYPOTHESIS: one sentence, why it should help
EXPECTED: the effect you expect on the metric
RISK: what could go wrong
NOTE: what the next one should know, citing experiments such as #12; leave the line out where there is nothing

FILE: path/of/a/file
<<<<<<< SEARCH
whole lines exactly as they stand in the file, enough of them to stand there only once
=======
the lines to put in their place
>>>>>>> REPLACE

Use as many SEARCH/REPLACE blocks as the one change needs, each below the FILE line of its file. To write a file as a
whole, or a new one, put its complete content between two lines of four backticks below its FILE line."""

_FIELD = re.compile(
    r"^[\s*#>_-]*(summary|hypothesis|expected(?: effect)?|risk|note)[\s*_]*:[\s*_]*(.*)$", re.IGNORECASE
)
_FILE = re.compile(r"^[\s*#]*file[\s*]*:[\s*`]*([^`*]+?)[\s*`]*$", re.IGNORECASE)
_BARE = re.compile(r"^[*#`\s]*([\w./-]+[./][\w.-]+)[*`:\s]*$")
"""A path alone on the line above its block, as many models were taught."""
_FENCE = re.compile(r"^\s*(`{3,}|~{3,})[^`]*$")
_SEARCH, _MIDDLE, _REPLACE = (re.compile(p) for p in (r"^<{5,9} ?SEARCH\s*$", r"^={5,9}\s*$", r"^>{5,9} ?REPLACE\s*$"))


@dataclass(frozen=True, slots=True)
class Answer:
    """One proposed change."""

    summary: str
    hypothesis: str
    expected: str
    risk: str
    note: str
    edits: tuple[Edit, ...]


def read(text: str) -> Answer:
    """The change in `text`. Raises Unfit when there is none: it is empty, asks back, or keeps no form we know."""
    if not text.strip():
        raise Unfit(Cause.EMPTY, "the model's answer is empty")
    reading = _Reading(text.replace("\r\n", "\n").split("\n"))
    edits = tuple(reading.edits())
    if not edits and asks(text):
        raise Unfit(Cause.ASKED, "the model asked a question instead of answering")
    if not edits:
        raise Unfit(Cause.FORMAT, "the answer holds no edit in the form that was asked for")
    said = reading.said
    return Answer(
        said.get("summary") or f"change {edits[0].path}",
        said.get("hypothesis", ""),
        said.get("expected", ""),
        said.get("risk", ""),
        said.get("note", ""),
        edits,
    )


def asks(text: str) -> bool:
    """Whether these last words put a question to somebody."""
    closing = [line.strip(" *_`\"')") for line in text.strip().splitlines()[-4:]]
    return any(line.endswith("?") for line in closing)


@dataclass(slots=True)
class _Reading:
    """One pass over the lines."""

    lines: Sequence[str]
    at: int = 0
    path: str = ""
    fresh: bool = False
    """Whether nothing but blank lines came since the path was named."""
    said: dict[str, str] = field(default_factory=dict)

    def edits(self) -> Iterator[Edit]:
        """Every edit, in order. What stands in a block is never taken for anything else."""
        fence = ""
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if _SEARCH.match(line):
                yield self._replacement()
            elif fence and line.strip() == fence:
                fence = ""
            elif (found := _FENCE.match(line)) and self._searches_next():
                fence = found[1]
            elif found:
                yield from self._fenced(found[1])
            else:
                self._told(line)
            self.at += 1

    def _told(self, line: str) -> None:
        if found := _FIELD.match(line):
            self.said.setdefault(found[1].lower().split()[0], found[2].strip())
        elif (named := _FILE.match(line)) or (named := _BARE.match(line)):
            self.path, self.fresh = named[1].split(" (")[0].strip(), True  # the note behind it may come back, too
        elif line.strip():
            self.fresh = False

    def _searches_next(self) -> bool:
        return self.at + 1 < len(self.lines) and bool(_SEARCH.match(self.lines[self.at + 1]))

    def _replacement(self) -> Replacement:
        search, replace = self._until(_MIDDLE), self._until(_REPLACE)
        return Replacement(self._named(), search, replace)

    def _until(self, end: re.Pattern[str]) -> tuple[str, ...]:
        start = self.at + 1
        for i in range(start, len(self.lines)):
            if end.match(self.lines[i]):
                self.at = i
                return tuple(self.lines[start:i])
        raise Unfit(Cause.FORMAT, "a SEARCH/REPLACE block does not end")

    def _fenced(self, fence: str) -> Iterator[Whole]:
        """A whole file where a path was named for it; an illustration otherwise."""
        start = self.at + 1
        for i in range(start, len(self.lines)):
            mark = self.lines[i].strip()
            if mark.startswith(fence) and not mark.strip(fence[0]):
                self.at = i
                if self.fresh:
                    yield Whole(self.path, "".join(f"{line}\n" for line in self.lines[start:i]))
                    self.fresh = False
                return
        raise Unfit(Cause.FORMAT, "a fenced block does not end")

    def _named(self) -> str:
        if not self.path:
            raise Unfit(Cause.FORMAT, "a SEARCH/REPLACE block names no file")
        return self.path
