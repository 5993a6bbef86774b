"""Unified diffs, applied exactly: every context line must stand where the patch says, or nothing is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_NO_NEWLINE = "\\ No newline at end of file"
_UNSUPPORTED = ("rename ", "copy ", "GIT binary patch", "Binary files", "old mode ")


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines to replace, and by what, newlines included."""

    start: int
    """Index of the first old line."""
    old: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FilePatch:
    """The hunks of one file. `old` is None for a new file, `new` for a deleted one."""

    old: str | None
    new: str | None
    hunks: tuple[Hunk, ...]


def apply(text: str, tree: Path) -> None:
    """Apply a unified diff below `tree`: all of it or none. Raises ValueError with one sentence that says why not."""
    results = [_result(patch, tree) for patch in parse(text)]
    if not results:
        raise ValueError("it changes no file")
    for path, content in results:
        if content is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode())


def parse(text: str) -> list[FilePatch]:
    """The files of a unified diff, as `diff -u` and `git diff` write it. Raises ValueError for anything else."""
    lines = text.split("\n")
    patches, i = [], 0
    while i < len(lines):
        if lines[i].startswith(_UNSUPPORTED):
            raise ValueError(f"line {i + 1} is more than a change of text: {lines[i]!r}")
        if not lines[i].startswith("--- "):
            i += 1
            continue
        if i + 1 == len(lines) or not lines[i + 1].startswith("+++ "):
            raise ValueError(f"line {i + 1} names an old file and no new one follows")
        old, new = _path(lines[i]), _path(lines[i + 1])
        hunks, i = _hunks(lines, i + 2)
        patches.append(FilePatch(old, new, tuple(hunks)))
    return patches


def _path(line: str) -> str | None:
    name = line[4:].split("\t")[0].strip()
    if name == "/dev/null":
        return None
    name = name[2:] if name[:2] in ("a/", "b/") else name
    path = PurePosixPath(name)
    if not name or path.is_absolute() or ".." in path.parts or ".git" in path.parts:
        raise ValueError(f"{name!r} is no path inside the tree")
    return name


def _hunks(lines: list[str], i: int) -> tuple[list[Hunk], int]:
    hunks = []
    while i < len(lines) and (head := _HUNK.match(lines[i])):
        first, old_count, new_count = int(head[1]), int(head[2] or 1), int(head[4] or 1)
        body, i = _body(lines, i + 1, old_count, new_count)
        old = tuple(line for sign, line in body if sign != "+")
        new = tuple(line for sign, line in body if sign != "-")
        hunks.append(Hunk(first - 1 if old_count else first, old, new))
    if not hunks:
        raise ValueError(f"line {i + 1} should begin a hunk")
    return hunks, i


def _body(lines: list[str], i: int, old: int, new: int) -> tuple[list[tuple[str, str]], int]:
    body: list[tuple[str, str]] = []
    while i < len(lines) and (old or new or lines[i] == _NO_NEWLINE):
        line = lines[i]
        if line == _NO_NEWLINE and body:
            body[-1] = body[-1][0], body[-1][1].removesuffix("\n")
        elif line[:1] in (" ", "+", "-") or line == "":
            sign = line[:1] or " "
            body.append((sign, line[1:] + "\n"))
            old, new = old - (sign != "+"), new - (sign != "-")
        else:
            raise ValueError(f"line {i + 1} is no line of a hunk: {line!r}")
        i += 1
    if old or new:
        raise ValueError("its last hunk is shorter than it says")
    return body, i


def _result(patch: FilePatch, tree: Path) -> tuple[Path, str | None]:
    """Where the patch leads and what will stand there; None is a deleted file."""
    if patch.old and patch.new and patch.old != patch.new:
        raise ValueError(f"it renames {patch.old!r}, which is more than a change of text")
    name = patch.new or patch.old
    if name is None:
        raise ValueError("it names no file")
    path = tree / name
    if any(part.is_symlink() for part in (path, *_parents(path, tree))):
        raise ValueError(f"{name!r} leads through a link")
    if patch.old is None and path.exists():
        raise ValueError(f"{name!r} exists already")
    if patch.old is not None and not path.is_file():
        raise ValueError(f"there is no {name!r}")
    lines = [] if patch.old is None else path.read_bytes().decode("utf-8").splitlines(keepends=True)
    patched = "".join(_patched(lines, patch.hunks, name))
    if patch.new is None and patched:
        raise ValueError(f"it deletes {name!r} and leaves lines in it")
    return path, patched if patch.new else None


def _parents(path: Path, tree: Path) -> Iterator[Path]:
    return (parent for parent in path.parents if parent != tree and parent.is_relative_to(tree))


def _patched(lines: list[str], hunks: tuple[Hunk, ...], name: str) -> Iterator[str]:
    at = 0
    for hunk in hunks:
        end = hunk.start + len(hunk.old)
        if hunk.start < at or lines[hunk.start : end] != list(hunk.old):
            raise ValueError(f"{name!r} does not read as expected at line {hunk.start + 1}")
        yield from lines[at : hunk.start]
        yield from hunk.new
        at = end
    yield from lines[at:]
