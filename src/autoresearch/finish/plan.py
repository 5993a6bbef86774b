"""What a hand-over would make, or the sentence why it cannot be made. Reads both repositories, writes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from autoresearch import git
from autoresearch.errors import UserError
from autoresearch.finish.evidence import Evidence, message, slug, title
from autoresearch.finish.groups import Group, Touched, grouped
from autoresearch.git import LINK, SUBMODULE, Change, Store, Tree, UserRepository
from autoresearch.history import Archive
from autoresearch.lineage import ancestry
from autoresearch.records import Experiment
from autoresearch.refs import short_name
from autoresearch.views.reading import Reading
from autoresearch.views.words import numbers, plain

FOLDER = "refs/heads/finish"
"""Below it are the branches: `autoresearch/<study>` is a branch already, so nothing can be below that."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the person asked for."""

    onto: str | None = None
    """Where the branches are meant to be merged; None is the branch checked out."""
    provisional: bool = False
    squash: bool = False
    groups: Sequence[Sequence[int]] = ()
    """Experiments to hand over together, by number."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One branch to be made."""

    branch: str
    """Its full name."""
    title: str
    message: str
    experiments: tuple[int, ...]
    """Every one it stands for, those that were taken back later included."""
    changes: Mapping[str, Change]


@dataclass(frozen=True, slots=True)
class Plan:
    """A hand-over, thought through."""

    evidence: Evidence
    onto: str
    """As it is called."""
    onto_commit: str
    branches: Sequence[Planned]
    empty: Sequence[Group]
    """Groups that come to nothing: everything in them was taken back."""

    @property
    def base(self) -> str:
        """What every branch grows from: the study's base, which is where it parted from `onto`."""
        return self.evidence.base

    @property
    def commit(self) -> str:
        """What the branches are together."""
        return self.evidence.commit

    @property
    def when(self) -> str:
        """The date of the commits: that of the youngest change, so that making them again makes the same ones."""
        history = self.evidence.reading.history
        started = [history.experiments[number].started for each in self.branches for number in each.experiments]
        return max(started) or (history.night.started if history.night else "")


def plan(history: Archive, user: UserRepository, store: Store, wish: Wish) -> Plan:
    """Think the hand-over through. Raises UserError with the next step where it cannot be."""
    evidence = Evidence.of(Reading.of(history), _whole(history, provisional=wish.provisional))
    onto, target = _target(user, store, evidence, wish.onto)
    base, whole = store.tree(evidence.base), store.tree(evidence.commit)
    refuse_special(base, whole)
    _refuse_conflicts(store, evidence.base, whole, user.tree(target), onto)
    groups = _groups(store, history, evidence, wish)
    full = [group for group in groups if _changes(store, group, base, whole)]
    if not full:
        raise UserError("The changes undo one another: nothing is left to hand over.", fix="autoresearch log")
    names = _names(user, history, evidence, full, wish)
    planned = [
        Planned(
            branch,
            title(evidence, group.experiments),
            message(evidence, group.experiments, alone=len(full) == 1),
            group.experiments,
            _changes(store, group, base, whole),
        )
        for branch, group in zip(names, full, strict=True)
    ]
    return Plan(evidence, onto, target, planned, [group for group in groups if group not in full])


def _whole(history: Archive, *, provisional: bool) -> str:
    """The commit to hand over."""
    base = history.study.base if history.study else ""
    if provisional and history.tip_commit != base:
        return history.tip_commit
    if history.proven_commit != base:
        return history.proven_commit
    if history.tip_commit == base:
        raise UserError("Nothing was kept, so there is nothing to hand over.", fix="autoresearch run --experiments 20")
    raise UserError(
        "Nothing is certified yet: what was kept may be luck.",
        fix="autoresearch run --experiments 20 goes on to a certificate; `autoresearch finish --provisional` hands over"
        " what is there, labelled",
    )


def _target(user: UserRepository, store: Store, evidence: Evidence, onto: str | None) -> tuple[str, str]:
    """Name and commit of what the branches are for."""
    name = onto or user.branch()
    if name is None:
        raise UserError(
            "HEAD is detached, so there is no branch to hand over to.", fix="name it: autoresearch finish --onto main"
        )
    target = user.resolve(name)
    if not store.has(evidence.commit):
        raise UserError(
            f"Commit {evidence.commit[:12]}, which the ledger calls kept, is gone from {store.path}.",
            fix="autoresearch run, which says what is missing",
        )
    if store.is_ancestor(evidence.commit, target):
        raise UserError(f"{name} has all of it already.", fix="autoresearch log shows what it is made of")
    if not store.is_ancestor(evidence.base, target):
        raise UserError(
            f"The study grew from {evidence.base[:12]}, which is not part of {name}: rebased since, or another line.",
            fix=f"git branch --contains {evidence.base[:12]} names those it is part of; give one with --onto",
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


def _refuse_conflicts(store: Store, commit: str, whole: Tree, target: Tree, onto: str) -> None:
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
        return before is None and _in_the_way(path, target)
    if before is None or ours is None or theirs is None or LINK in (theirs.mode, before.mode):
        return True
    return not git.merges(*(store.read(entry.blob) for entry in (ours, before, theirs)))


def _in_the_way(path: str, tree: Tree) -> bool:
    """Whether a new file at `path` would need a folder where `tree` has a file, or the other way round."""
    parts = path.split("/")
    above = {"/".join(parts[:depth]) for depth in range(1, len(parts))}
    return any(other in above or other.startswith(path + "/") for other in tree)


def differing(base: Tree, whole: Tree) -> list[str]:
    """Paths at which two trees differ, sorted."""
    return sorted(path for path in base.keys() | whole.keys() if base.get(path) != whole.get(path))


def _groups(store: Store, history: Archive, evidence: Evidence, wish: Wish) -> list[Group]:
    line = list(ancestry(history, evidence.commit))[::-1]
    if not line or line[0].parent != evidence.base:
        raise UserError(
            f"The ledger does not lead from {evidence.base[:12]} to {evidence.commit[:12]}.", fix="autoresearch replay"
        )
    touched: Touched = {done.number: _touched(store, done) for done in line}
    return grouped(touched, [list(touched)] if wish.squash else wish.groups)


def _touched(store: Store, done: Experiment) -> frozenset[str]:
    assert done.candidate
    return frozenset(differing(store.tree(done.parent), store.tree(done.candidate.commit)))


def _changes(store: Store, group: Group, base: Tree, whole: Tree) -> dict[str, Change]:
    """What the group does to the base, in the end."""
    changes = {}
    for path in group.paths:
        after = whole.get(path)
        if base.get(path) != after:
            changes[path] = Change(store.read(after.blob), after.mode) if after else Change(None)
    return changes


def _names(
    user: UserRepository, history: Archive, evidence: Evidence, groups: Sequence[Group], wish: Wish
) -> list[str]:
    """The branches' full names, in the first folder in which they are free, or ours from doing the same before."""
    label, width = "" if evidence.certified else "provisional-", len(str(len(groups)))
    last = [f"{at:0{width}d}-{label}{slug(evidence, group.experiments)}" for at, group in enumerate(groups, 1)]
    last = [f"{label}all"] if wish.squash else last
    taken = user.refs("refs/heads")
    if FOLDER in taken:
        name = short_name(FOLDER)
        raise UserError(
            f"There is a branch {name!r}, so no branch can be below that name.", fix=f"git branch -m {name} mine/{name}"
        )
    study = history.study.name if history.study else ""
    for number in count(1):
        folder = f"{FOLDER}/{study}" + (f"-{number}" if number > 1 else "")
        names = [f"{folder}/{each}" for each in last]
        if not _taken(folder, names, taken) or _is_made(history, evidence, names, groups, taken):
            return names
    raise AssertionError


def _taken(folder: str, names: Sequence[str], taken: Mapping[str, str]) -> bool:
    """Whether a branch of another is where one of `names` or their folder would be, or below one of them."""
    return any(ref in (folder, *names) or ref.startswith(tuple(f"{name}/" for name in names)) for ref in taken)


def _is_made(
    history: Archive, evidence: Evidence, names: Sequence[str], groups: Sequence[Group], taken: Mapping[str, str]
) -> bool:
    """Whether the last hand-over was this one, and all its branches are where it left them."""
    before = history.finish
    if before is None or before.tip != evidence.commit:
        return False
    wanted = [(name, group.experiments) for name, group in zip(names, groups, strict=True)]
    made = [(each.branch, each.experiments) for each in before.branches]
    return made == wanted and all(taken.get(each.branch) == each.commit for each in before.branches)


def summary(plan: Plan) -> list[str]:
    """The plan as lines for people: which changes and files come to which branch."""
    lines = [f"{plan.evidence.standing}: {plan.commit[:9]} in {_branches(len(plan.branches))} from {plan.base[:9]}"]
    for each in plan.branches:
        lines.append(f"  {short_name(each.branch)}  experiments {numbers(each.experiments)}  {each.title}")
        lines += [
            f"      {'deleted  ' if change.data is None else ''}{plain(path)}" for path, change in each.changes.items()
        ]
    lines += [f"  left out: experiments {numbers(g.experiments)} come to nothing together" for g in plan.empty]
    return lines


def _branches(number: int) -> str:
    return "1 branch" if number == 1 else f"{number} branches"
