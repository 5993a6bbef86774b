"""What a hand-over would make, or the sentence why it cannot be made. Reads both repositories, writes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

from autoresearch.errors import UserError
from autoresearch.finish.evidence import Evidence, message, slug, title
from autoresearch.finish.groups import Group, Touched, grouped
from autoresearch.finish.refusals import differing, refuse_conflicts, refuse_special, target_of
from autoresearch.history import Archive, Finish
from autoresearch.history.lineage import ancestry
from autoresearch.records import Experiment
from autoresearch.views.reading import Reading
from autoresearch.views.words import numbers, plain
from autoresearch.workspace.git import Change, Store, Tree, UserRepository
from autoresearch.workspace.refs import short_name

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
    onto, target = target_of(user, store, evidence.base, evidence.commit, wish.onto)
    base, whole = store.tree(evidence.base), store.tree(evidence.commit)
    refuse_special(base, whole)
    refuse_conflicts(store, evidence.base, whole, user.tree(target), onto)
    groups = _groups(store, history, evidence, wish)
    full = [group for group in groups if _changes(store, group, base, whole)]
    if not full:
        raise UserError("The changes undo one another: nothing is left to hand over.", fix="autoresearch log")
    alone = len(full) == 1
    planned = [
        Planned(
            branch="",
            title=title(evidence, group.experiments),
            message=message(evidence, group.experiments, alone=alone),
            experiments=group.experiments,
            changes=_changes(store, group, base, whole),
        )
        for group in full
    ]
    named = _named(user, store, evidence, planned, squash=wish.squash)
    return Plan(evidence, onto, target, named, [group for group in groups if group not in full])


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


def _named(
    user: UserRepository, store: Store, evidence: Evidence, planned: Sequence[Planned], *, squash: bool
) -> list[Planned]:
    """The branches with their names, in the first folder where these are free, or ours from doing the same before."""
    label, width = "" if evidence.certified else "provisional-", len(str(len(planned)))
    last = [f"{at:0{width}d}-{label}{slug(evidence, each.experiments)}" for at, each in enumerate(planned, 1)]
    last = [f"{label}all"] if squash else last
    taken, history = user.refs("refs/heads"), evidence.reading.history
    if FOLDER in taken:
        name = short_name(FOLDER)
        raise UserError(
            f"There is a branch {name!r}, so no branch can be below that name.", fix=f"git branch -m {name} mine/{name}"
        )
    study = history.study.name if history.study else ""
    for number in count(1):
        folder = f"{FOLDER}/{study}" + (f"-{number}" if number > 1 else "")
        named = [replace(each, branch=f"{folder}/{name}") for each, name in zip(planned, last, strict=True)]
        names = [each.branch for each in named]
        if not _taken(folder, names, taken) or _is_made(store, history.finish, evidence.commit, named, taken):
            return named
    raise AssertionError


def _taken(folder: str, names: Sequence[str], taken: Mapping[str, str]) -> bool:
    """Whether a branch of another is where one of `names` or their folder would be, or below one of them."""
    return any(ref in (folder, *names) or ref.startswith(tuple(f"{name}/" for name in names)) for ref in taken)


def _is_made(
    store: Store, before: Finish | None, commit: str, named: Sequence[Planned], taken: Mapping[str, str]
) -> bool:
    """Whether the last hand-over was this one to the letter, and all its branches are where it left them."""
    if before is None or before.tip != commit or [each.branch for each in before.branches] != [n.branch for n in named]:
        return False
    return all(
        taken.get(made.branch) == made.commit and store.read(made.commit).decode().partition("\n\n")[2] == each.message
        for made, each in zip(before.branches, named, strict=True)
    )


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
