"""Why what survived cannot be handed over to a branch: it lacks the base, has it all, or changed the same lines."""

from __future__ import annotations

from collections.abc import Set

from autoresearch.errors import UserError
from autoresearch.views.words import plain
from autoresearch.workspace import git
from autoresearch.workspace.git import LINK, SUBMODULE, Store, Tree, UserRepository


def target_of(user: UserRepository, store: Store, base: str, commit: str, onto: str | None) -> tuple[str, str]:
    """Name and commit of what the branches are for, of which `base` is a part and `commit` is not. Raises UserError."""
    name = onto or user.branch()
    if name is None:
        raise UserError(
            "HEAD is detached, so there is no branch to hand over to.",
            fix="name it with --onto; git branch lists those there are",
        )
    target = user.resolve(name)
    if not store.has(commit):
        raise UserError(
            f"Commit {commit[:12]}, which the ledger calls kept, is gone from {store.path}.",
            fix="autoresearch run, which says what is missing",
        )
    if store.is_ancestor(commit, target):
        raise UserError(f"{name} has all of it already.", fix="autoresearch log shows what it is made of")
    if not store.is_ancestor(base, target):
        raise UserError(
            f"The study grew from {base[:12]}, which is not part of {name}: rebased since, or another line.",
            fix=f"git branch --contains {base[:12]} names those it is part of; give one with --onto",
        )
    return name, target


def refuse_special(base: Tree, whole: Tree) -> None:
    """Raise UserError where a symbolic link or a submodule would come, go or change."""
    for path in differing(base, whole):
        entries = base.get(path), whole.get(path)
        if any(entry and entry.mode in (LINK, SUBMODULE) for entry in entries):
            raise UserError(
                f"{plain(path)!r} is a symbolic link or a submodule, which no experiment can have changed.",
                fix="autoresearch replay verifies the ledger; start a new study if it does not hold",
            )


def refuse_conflicts(store: Store, commit: str, whole: Tree, target: Tree, onto: str) -> None:
    """Raise UserError naming the files at which what grew from `commit` and `onto` do not go together."""
    base = store.tree(commit)
    paths = differing(base, whole)
    if all(target.get(path) == whole.get(path) for path in paths):
        raise UserError(f"{onto} has the same content at every file that was changed.", fix="nothing is left to do")
    if clashes := [path for path in paths if _clash(store, path, base, whole, target)]:
        named = ", ".join(repr(plain(path)) for path in clashes[:5])
        raise UserError(
            f"{onto} has changed since the study began where the study did: {named}"
            f"{f' and {len(clashes) - 5} more' if len(clashes) > 5 else ''}.",
            fix=f"git branch review {commit[:12]} && autoresearch finish --onto review, then merge by hand;"
            f" or begin a new study from {onto}",
        )


def _clash(store: Store, path: str, base: Tree, whole: Tree, target: Tree) -> bool:
    before, ours, theirs = base.get(path), whole.get(path), target.get(path)
    if theirs == ours:
        return False
    if theirs == before:
        return before is None and _in_the_way(path, _staying(base, whole, target))
    if before is None or ours is None or theirs is None or LINK in (theirs.mode, before.mode):
        return True
    return not git.merges(*(store.read(entry.blob) for entry in (ours, before, theirs)))


def _staying(base: Tree, whole: Tree, target: Tree) -> set[str]:
    """The files of `target` but for those that the study itself took away."""
    return {path for path, entry in target.items() if path in whole or entry != base.get(path)}


def _in_the_way(path: str, files: Set[str]) -> bool:
    """Whether a new file at `path` would need a folder where one of `files` is, or the other way round."""
    parts = path.split("/")
    above = {"/".join(parts[:depth]) for depth in range(1, len(parts))}
    return any(other in above or other.startswith(path + "/") for other in files)


def differing(base: Tree, whole: Tree) -> list[str]:
    """Paths at which two trees differ, sorted."""
    return sorted(path for path in base.keys() | whole.keys() if base.get(path) != whole.get(path))
