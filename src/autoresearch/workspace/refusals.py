"""What about a repository a study could not be built on."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from autoresearch.errors import UserError
from autoresearch.workspace.git import LINK, Branch, Tree
from autoresearch.workspace.intake import quote
from autoresearch.workspace.refs import Refs, short_name


def refuse_foreign(refs: Refs, ours: set[str], branches: Mapping[str, Branch]) -> None:
    """Raise UserError when our names are taken in the user's repository, or its owner stands on one.

    `ours` are commits of the referee's repository, `branches` those of the user's that may be in the way.
    """
    taken = [ref for ref in branches if ref == "refs/heads/autoresearch" or ref.startswith(refs.tip + "/")]
    for ref in (refs.tip, refs.certified):
        branch = branches.get(ref)
        if branch and branch.commit not in ours:
            taken.append(ref)
        elif branch and branch.checked_out:
            raise UserError(
                f"The branch {short_name(ref)}, which the study moves, is checked out in {branch.checked_out}.",
                fix=f"git -C {branch.checked_out} switch --detach",
            )
    if taken:
        name = short_name(taken[0])
        raise UserError(
            f"There is a branch {name} that this study did not make, or that somebody added commits to.",
            fix=f"keep it under another name: git branch -m {name} mine/{name.replace('/', '-')}",
        )


def refuse_orphans(refs: Refs, branches: Mapping[str, Branch], folder: Path) -> None:
    """Raise UserError, with what removes all of them at once: refs are left of a study whose `folder` is gone."""
    names = [ref for ref in (refs.tip, refs.certified) if ref in branches]
    trees = [branches[ref].checked_out for ref in names if branches[ref].checked_out]
    detach = "".join(f"git -C {tree} switch --detach; " for tree in trees)
    raise UserError(
        f"The repository has refs of an earlier study {refs.study} whose folder {folder} is gone.",
        fix=f"choose another name, or forget the earlier one, branches and all: {detach}"
        f"git for-each-ref --format='delete %(refname)' {' '.join([refs.all, *names])} | git update-ref --stdin",
    )


def refuse_links_out(root: Path, sealed: Tree) -> None:
    """Raise UserError when a symbolic link of `sealed`, as laid out in `root`, leads out of it."""
    top = os.path.realpath(root)
    for path in (path for path, entry in sealed.items() if entry.mode == LINK):
        end = os.path.realpath(root / path)
        if not end.startswith(top + os.sep):
            raise UserError(
                f"The symbolic link {quote(path)} leads out of the repository, where no box can follow.",
                fix=f"put the files it names in its place and commit, or drop the link: git rm --cached {path!r}",
            )
