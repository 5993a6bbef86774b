"""What trees come to, so that two that differ in nothing but comments and formatting are known to be alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from autoresearch.changes import forms, hunks
from autoresearch.changes.footprint import Footprint
from autoresearch.workspace.git import FILE, Tree

_KEPT = 4096
"""Forms of files in memory: those of the base are asked for again with every candidate."""


class Forms:
    """Forms of trees that grew from one base. `read` gives the bytes of a blob."""

    def __init__(self, read: Callable[[str], bytes]) -> None:
        self._read = read
        self._files: dict[str, str] = {}

    def footprint(self, base: Tree, after: Tree, sides: Iterable[tuple[str, bytes, bytes]]) -> Footprint:
        """Where a change stands and what it leads to; `sides` are path, old and new bytes of its files."""
        found = [hunk for side in sides for hunk in hunks.read(*side)]
        parts = len(hunks.parts(found)) if len(found) <= hunks.MOST else None
        return Footprint(hunks.places(found), parts, self._of(base, after, {}))

    def with_files(self, base: Tree, tree: Tree, held: Mapping[str, bytes | None]) -> str:
        """The form of `tree` with what these files are to hold; None for no file."""
        now = dict[str, str]()
        for path, data in held.items():
            mode = tree[path].mode if path in tree else FILE
            now[path] = "" if data is None else f"{mode} {forms.of_file(path, data)}"
        return self._of(base, tree, now)

    def _of(self, base: Tree, tree: Tree, changed: Mapping[str, str]) -> str:
        """The form of `tree`, with the forms of files that are `changed`."""
        differing = {path for path in base.keys() | tree.keys() if base.get(path) != tree.get(path)}
        now = {path: self._form(path, tree) for path in differing} | dict(changed)
        return forms.of_tree((path, form) for path, form in now.items() if form != self._form(path, base))

    def _form(self, path: str, tree: Tree) -> str:
        """Mode and form of the file at `path`; empty where there is none."""
        entry = tree.get(path)
        if entry is None:
            return ""
        key = f"{entry.blob} {path.rpartition('.')[2]}"
        if key not in self._files:
            if len(self._files) >= _KEPT:
                self._files.clear()
            self._files[key] = forms.of_file(path, self._read(entry.blob))
        return f"{entry.mode} {self._files[key]}"
