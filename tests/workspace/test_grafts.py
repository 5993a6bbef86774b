"""The step from one commit to another, made on a third; and commits that are looked at and never kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from autoresearch.errors import Foul
from autoresearch.records import Outcome
from autoresearch.workspace.grafts import graft
from autoresearch.workspace.workspace import Workspace
from gitrepo import repository

LONG = "lr = 1\na\nb\nc\nwidth = 1\n"
WHEN = "2026-01-02T03:04:05Z"


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    files: dict[str, str | bytes] = {"src/train.py": LONG, "src/gone.py": "1\n", "evaluate.py": "print(1)\n"}
    root = repository(tmp_path / "user", files)
    with Workspace.open(root, root / ".autoresearch" / "night", "night", editable=["src/**"]) as made:
        yield made


def attempt(workspace: Workspace, number: int, parent: str, *change: str) -> str:
    with workspace.draft(parent) as tree:
        path = tree / "src" / "train.py"
        path.write_text(path.read_text().replace(*change))
        if number == 3:
            (tree / "src" / "gone.py").unlink()
            (tree / "src" / "new.py").write_text("2\n")
        return workspace.take_in(tree, number=number, parent=parent, message="try", when=WHEN).commit


def grafted(workspace: Workspace, old: str, new: str) -> tuple[str, str]:
    """The commit on the base, and the path of the conflict."""
    conflicts: list[str] = []
    commit = workspace.rehearsed(
        lambda tree: conflicts.append(graft(workspace, tree, onto=workspace.base, old=old, new=new)),
        onto=workspace.base,
    )
    return commit, conflicts[0]


def test_a_step_is_made_on_another_commit_where_the_two_go_together(workspace: Workspace) -> None:
    first = attempt(workspace, 1, workspace.base, "lr = 1", "lr = 2")
    second = attempt(workspace, 2, first, "width = 1", "width = 9")
    third = attempt(workspace, 3, second, "b\n", "b\nbb\n")
    alone, conflict = grafted(workspace, first, second)
    assert conflict == ""
    assert workspace.read(alone, "src/train.py").decode() == LONG.replace("width = 1", "width = 9")
    assert grafted(workspace, first, second) == (alone, ""), "made again, it is the same commit"
    whole, conflict = grafted(workspace, second, third)
    assert conflict == ""
    assert workspace.read(whole, "src/train.py").decode() == LONG.replace("b\n", "b\nbb\n")
    assert {"src/new.py", "src/gone.py"} & workspace.tree(whole).keys() == {"src/new.py"}


def test_what_builds_on_another_step_conflicts_and_is_named(workspace: Workspace) -> None:
    first = attempt(workspace, 1, workspace.base, "lr = 1", "lr = 2")
    second = attempt(workspace, 2, first, "lr = 2", "lr = 3")
    conflicts: list[str] = []
    with pytest.raises(Foul) as foul:
        workspace.rehearsed(
            lambda tree: conflicts.append(graft(workspace, tree, onto=workspace.base, old=first, new=second)),
            onto=workspace.base,
        )
    assert foul.value.outcome is Outcome.NO_CHANGE
    assert conflicts == ["src/train.py"]


def test_a_rehearsal_is_taken_in_like_an_agents_change(workspace: Workspace) -> None:
    with pytest.raises(Foul) as foul:
        workspace.rehearsed(lambda tree: (tree / "evaluate.py").write_text("0"), onto=workspace.base)
    assert foul.value.outcome is Outcome.OUT_OF_SCOPE


@pytest.mark.parametrize(("theirs", "ours"), [("src/a", "src/a/b"), ("src/a/b", "src/a")])
def test_a_file_and_a_folder_of_one_name_do_not_go_together(workspace: Workspace, theirs: str, ours: str) -> None:
    commits = []
    for number, path in enumerate((theirs, ours), 1):
        with workspace.draft(workspace.base) as tree:
            (tree / path).parent.mkdir(exist_ok=True)
            (tree / path).write_text("x\n")
            taken = workspace.take_in(tree, number=number, parent=workspace.base, message="try", when=WHEN)
        commits.append(taken.commit)
    with workspace.draft(commits[0]) as tree:
        assert graft(workspace, tree, onto=commits[0], old=workspace.base, new=commits[1]) == ours
