"""The commits of a hand-over, the proof that together they are what was kept, and their delivery: all or none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from autoresearch.errors import UserError
from autoresearch.finish.plan import Plan
from autoresearch.finish.refusals import differing
from autoresearch.history import Delivered
from autoresearch.workspace.git import Store, UserRepository
from autoresearch.workspace.refs import short_name


@contextmanager
def made(store: Store, plan: Plan) -> Iterator[tuple[Delivered, ...]]:
    """The commits of `plan` in the referee's repository, for as long as this lasts, which is where they are measured.

    Raises UserError when together they are not what was kept.
    """
    refs = [each.branch for each in plan.branches]
    try:
        done = tuple(
            Delivered(
                each.branch,
                store.commit(each.branch, plan.base, each.changes, message=each.message, when=plan.when),
                each.experiments,
            )
            for each in plan.branches
        )
        verify(store, plan, done)
        yield done
    finally:
        store.set_refs(dict.fromkeys(store.refs(*refs)))


def verify(store: Store, plan: Plan, done: Sequence[Delivered]) -> None:
    """Raise UserError unless no file is in two branches, and all of them on the base are the tree that was kept."""
    base = store.tree(plan.base)
    union, homes = dict(base), dict[str, str]()
    for each in done:
        tree = store.tree(each.commit)
        for path in differing(base, tree):
            if path in homes:
                raise _unsound(f"{path!r} is in both {homes[path]} and {short_name(each.branch)}")
            homes[path] = short_name(each.branch)
            union.pop(path, None)
            if path in tree:
                union[path] = tree[path]
    if wrong := differing(union, store.tree(plan.commit)):
        raise _unsound(f"together they differ from {plan.commit[:12]} at {wrong[0]!r}")


def _unsound(why: str) -> UserError:
    return UserError(
        f"The branches are not what was kept: {why}. None was made.",
        fix="autoresearch replay verifies the ledger; autoresearch finish --squash makes one branch of everything",
    )


def deliver(user: UserRepository, store: Store, done: Sequence[Delivered]) -> None:
    """Bring the branches into the user's repository, where none of them is yet, or all are what they should be.

    Raises UserError, with no branch made, when git refuses one of them.
    """
    there = user.refs(*(each.branch for each in done))
    missing = [each.branch for each in done if there.get(each.branch) != each.commit]
    if missing:
        user.deliver(store.path, missing)
