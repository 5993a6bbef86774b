"""Grafts: the step from one commit to another, made in the draft of a third."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from autoresearch.changes import threeway
from autoresearch.workspace.git import PROGRAM
from autoresearch.workspace.workspace import Workspace


def graft(workspace: Workspace, tree: Path, *, onto: str, old: str, new: str) -> str:
    """Make the step from `old` to `new` in `tree`, a draft of `onto`, by three-way merge.

    Gives the path at which the two do not go together, and the draft is then good for nothing; empty when they do.
    """
    before, after = workspace.tree(old), workspace.tree(new)
    for path in sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path)):
        if not graft_file(workspace, tree, path, onto=onto, old=old, new=new):
            return path
    return ""


def graft_file(workspace: Workspace, tree: Path, path: str, *, onto: str, old: str, new: str) -> bool:
    """Make the step of one file in `tree`, as `graft` does; False where it does not go together with `onto`."""
    target = tree / path
    now, before, after = (workspace.tree(commit).get(path) for commit in (onto, old, new))
    if now == after:
        return True
    if now == before:
        if after is None:
            target.unlink()
            return True
        with suppress(FileExistsError, NotADirectoryError, IsADirectoryError):  # a file where the other has a folder
            write(target, workspace.read(new, path), after.mode)
            return True
        return False
    if now is None or before is None or after is None:
        return False
    merged = threeway.merged(*(workspace.read(commit, path) for commit in (onto, old, new)))
    if merged is not None:
        write(target, merged, now.mode)
    return merged is not None


def write(target: Path, content: bytes, mode: str) -> None:
    """Make `target`, in a draft of ours, a file with this content and git's `mode`."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    target.write_bytes(content)
    target.chmod(0o755 if mode == PROGRAM else 0o644)
