"""Git, spelled in one place: questions to the user's repository, and the referee's own repository beside it."""

from autoresearch.workspace.git.plumbing import (
    FILE,
    LINK,
    PROGRAM,
    SUBMODULE,
    Branch,
    Change,
    Entry,
    Tree,
    create,
    merges,
    quoted,
)
from autoresearch.workspace.git.repository import UserRepository
from autoresearch.workspace.git.store import Store

__all__ = [
    "FILE",
    "LINK",
    "PROGRAM",
    "SUBMODULE",
    "Branch",
    "Change",
    "Entry",
    "Store",
    "Tree",
    "UserRepository",
    "create",
    "merges",
    "quoted",
]
