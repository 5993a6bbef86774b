"""Edits, applied exactly: every search text stands once in its file, or nothing at all is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from autoresearch import clean
from autoresearch.causes import Cause
from autoresearch.workspace.globs import Globs

SHOWN_LINES = 12
"""Lines of the file quoted to a model that missed them."""
LONGEST_NAME = 255
"""Bytes of a path: what a file system takes for one part of it."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """Whole lines of one file to find, and what to put in their place."""

    path: str
    search: tuple[str, ...]
    replace: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Whole:
    """A file from its first line to its last."""

    path: str
    text: str


Edit = Replacement | Whole


class Unfit(Exception):
    """An answer that cannot be used: the cause, one sentence for the ledger, and more for the model to mend it by."""

    def __init__(self, cause: Cause, reason: str, *, detail: str = "") -> None:
        super().__init__(reason)
        self.cause = cause
        self.reason = reason
        self.detail = detail


def apply(edits: Sequence[Edit], tree: Path, *, editable: Globs, in_part: frozenset[str] = frozenset()) -> None:
    """Apply `edits` in order below `tree`: all of them or none.

    `in_part` are files the model saw only parts of, which it may not write as a whole. Raises Unfit.
    """
    try:
        for path, data in _edited(edits, tree, editable, in_part).items():
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_bytes(data)
    except OSError as error:
        raise Unfit(Cause.EDIT, f"a file cannot be read or written: {error.strerror or error}") from None


def _edited(edits: Sequence[Edit], tree: Path, editable: Globs, in_part: frozenset[str]) -> dict[str, bytes]:
    """What the files that change are to hold."""
    files: dict[str, str] = {}
    for edit in edits:
        _refuse(edit.path, tree, editable)
        if isinstance(edit, Whole):
            if edit.path in in_part:
                raise Unfit(Cause.EDIT, f"{edit.path} was shown in part, so only parts of it may be replaced")
            files[edit.path] = edit.text
        else:
            files[edit.path] = _replaced(files.get(edit.path) or _text(tree / edit.path, edit.path), edit)
    if below := [path for path in files if any(str(folder) in files for folder in PurePosixPath(path).parents)]:
        raise Unfit(Cause.EDIT, f"{below[0]!r} lies below what is a file")
    encoded = {path: clean.writable(text).encode() for path, text in files.items()}
    changed = {path: data for path, data in encoded.items() if not _is(tree / path, data)}
    if not changed:
        raise Unfit(Cause.EMPTY, "the edit leaves every file as it was")
    return changed


def _refuse(path: str, tree: Path, editable: Globs) -> None:
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or str(PurePosixPath(path)) != path or not _is_name(path):
        raise Unfit(Cause.EDIT, f"{path!r} is no path inside the repository")
    if path not in editable:
        raise Unfit(Cause.SCOPE, f"{path!r} may not be changed")
    if any((tree / Path(*parts[:n])).is_symlink() for n in range(1, len(parts) + 1)) or (tree / path).is_dir():
        raise Unfit(Cause.EDIT, f"{path!r} is no plain file")
    if any((tree / Path(*parts[:n])).is_file() for n in range(1, len(parts))):
        raise Unfit(Cause.EDIT, f"{path!r} lies below what is a file")


def _is_name(path: str) -> bool:
    """Whether a file may be called so: printable, and no longer than a file system takes."""
    return path.isprintable() and len(path.encode()) <= LONGEST_NAME


def _text(file: Path, path: str) -> str:
    try:
        return file.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise Unfit(Cause.EDIT, f"there is no file {path!r} to search; a new one is given whole") from None
    except UnicodeDecodeError:
        raise Unfit(Cause.EDIT, f"{path!r} is no text") from None


def _is(file: Path, data: bytes) -> bool:
    try:
        return file.read_bytes() == data
    except FileNotFoundError:
        return False


def _replaced(text: str, edit: Replacement) -> str:
    """`text` with the one place where `search` stands replaced; the line ends stay what they were."""
    end = "\r\n" if "\r\n" in text and "\n" not in text.replace("\r\n", "") else "\n"
    lines, wanted = text.split(end), list(edit.search)
    if not any(line.strip() for line in wanted):
        raise Unfit(Cause.EDIT, f"a SEARCH text for {edit.path} is blank")
    width = len(wanted)
    places = [i for i in range(len(lines) - width + 1) if lines[i : i + width] == wanted]
    if not places:
        raise Unfit(
            Cause.EDIT, f"a SEARCH text stands nowhere in {edit.path}", detail=_nearest(lines, wanted, edit.path)
        )
    if len(places) > 1:
        where = ", ".join(str(i + 1) for i in places[:5])
        raise Unfit(
            Cause.EDIT,
            f"a SEARCH text stands {len(places)} times in {edit.path}",
            detail=f"It begins at lines {where}. Search for more lines around the one you mean.",
        )
    return end.join([*lines[: places[0]], *edit.replace, *lines[places[0] + width :]])


def _nearest(lines: Sequence[str], wanted: Sequence[str], path: str) -> str:
    """The place that has most lines in common with what was searched, as it really reads."""
    bare = [line.strip() for line in lines]
    aims = [line.strip() for line in wanted]

    def common(i: int) -> int:
        return sum(line == aim != "" for line, aim in zip(bare[i:], aims, strict=False))

    best = max(range(len(lines)), key=common)
    if not common(best):
        return ""
    shown = "\n".join(lines[best : best + min(len(wanted), SHOWN_LINES)])
    return f"The nearest place is line {best + 1} of {path}, which reads:\n\n{shown}"
