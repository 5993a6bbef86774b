"""Prepared changes: exact patches, overlays and Python edits."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autoresearch.agents import patches
from autoresearch.agents.scripted import Edit, Scripted, from_folder
from autoresearch.errors import Foul, UserError
from autoresearch.history import History
from autoresearch.records import Brief, Outcome

PATCH = """\
Subject: a larger step

diff --git a/train.py b/train.py
index 83db48f..bf269f4 100644
--- a/train.py
+++ b/train.py
@@ -1,3 +1,3 @@
 import os
-LR = 0.1
+LR = 0.2
 print(LR)
--- /dev/null
+++ b/notes/new.txt
@@ -0,0 +1 @@
+hello
\\ No newline at end of file
"""


def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    root.mkdir()
    (root / "train.py").write_text("import os\nLR = 0.1\nprint(LR)\n")
    return root


def edit(agent: Scripted, number: int, root: Path) -> str:
    return agent.edit(Brief(number, "base"), root, History()).summary


def test_patches_and_overlays_are_made_in_order_of_name(tmp_path: Path) -> None:
    root, script = tree(tmp_path), tmp_path / "script"
    (script / "002").mkdir(parents=True)
    (script / "001.patch").write_text(PATCH)
    (script / "002" / "train.py").write_text("LR = 0.5\n")
    (script / "notes.md").write_text("not part of the script\n")
    agent = Scripted(from_folder(script))

    assert edit(agent, 1, root) == "a larger step"
    assert (root / "train.py").read_text() == "import os\nLR = 0.2\nprint(LR)\n"
    assert (root / "notes" / "new.txt").read_text() == "hello"
    assert edit(agent, 2, root) == "overlay 002"
    assert (root / "train.py").read_text() == "LR = 0.5\n"
    with pytest.raises(Foul, match="the script is at its end") as end:
        edit(agent, 3, root)
    assert end.value.outcome is Outcome.NO_CHANGE


def test_a_repeated_script_begins_again(tmp_path: Path) -> None:
    root = tree(tmp_path)
    names = [Edit(name, lambda tree, name=name: None) for name in "abc"]  # type: ignore[misc]
    assert [edit(Scripted(names, repeat=True), number, root) for number in (1, 2, 3, 4, 6)] == ["a", "b", "c", "a", "c"]


def test_a_change_that_does_not_fit_is_a_foul_and_writes_nothing(tmp_path: Path) -> None:
    root = tree(tmp_path)
    (root / "train.py").write_text("import os\nLR = 0.3\nprint(LR)\n")
    script = tmp_path / "script"
    script.mkdir()
    (script / "1.patch").write_text(PATCH)
    with pytest.raises(Foul, match="does not read as expected at line 1") as foul:
        edit(Scripted(from_folder(script)), 1, root)
    assert foul.value.outcome is Outcome.CRASH
    assert not (root / "notes").exists()


def test_a_script_that_is_not_there_or_empty_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no directory"):
        from_folder(tmp_path / "missing")
    assert Scripted([]).problems(tmp_path)


@pytest.mark.parametrize(
    ("patch", "why"),
    [
        ("--- a/../x\n+++ b/../x\n@@ -1 +1 @@\n-a\n+b\n", "no path inside the tree"),
        ("--- /etc/passwd\n+++ /etc/passwd\n@@ -1 +1 @@\n-a\n+b\n", "no path inside the tree"),
        ("--- a/.git/config\n+++ b/.git/config\n@@ -1 +1 @@\n-a\n+b\n", "no path inside the tree"),
        ("--- a/link/x\n+++ b/link/x\n@@ -1 +1 @@\n-a\n+b\n", "leads through a link"),
        ("--- a/gone\n+++ b/gone\n@@ -1 +1 @@\n-a\n+b\n", "there is no 'gone'"),
        ("--- /dev/null\n+++ b/train.py\n@@ -0,0 +1 @@\n+b\n", "exists already"),
        ("--- a/train.py\n+++ b/other.py\n@@ -1 +1 @@\n-a\n+b\n", "renames"),
        ("--- a/train.py\n+++ b/train.py\n@@ -1,3 +1,3 @@\n import os\n", "shorter than it says"),
        ("--- a/train.py\n+++ b/train.py\n@@ -1 +1 @@\n*import os\n+b\n", "no line of a hunk"),
        ("--- a/train.py\n", "no new one follows"),
        ("--- a/train.py\n+++ b/train.py\nnothing\n", "should begin a hunk"),
        ("--- a/train.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-import os\n", "leaves lines in it"),
        ("rename from a\nrename to b\n", "more than a change of text"),
        ("just words\n", "changes no file"),
    ],
)
def test_other_patches_are_refused(tmp_path: Path, patch: str, why: str) -> None:
    root = tree(tmp_path)
    (root / "link").symlink_to(tmp_path)
    with pytest.raises(ValueError, match=why):
        patches.apply(patch, root)
    assert (root / "train.py").read_text() == "import os\nLR = 0.1\nprint(LR)\n"


lines = st.lists(st.sampled_from(["a", "b", "", " c", "-d", "+e", "ö"]), max_size=12)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(old=lines, new=lines, ends=st.tuples(st.booleans(), st.booleans()))
def test_what_git_writes_is_applied_exactly(
    tmp_path: Path, old: list[str], new: list[str], ends: tuple[bool, bool]
) -> None:
    before, after = (
        ("\n".join(text) + ("\n" if text and end else "")) for text, end in zip((old, new), ends, strict=True)
    )
    left, right, root = tmp_path / "left", tmp_path / "right", tmp_path / "root"
    for folder, text in ((left, before), (right, after), (root, before)):
        folder.mkdir(exist_ok=True)
        (folder / "f").write_text(text)
    diff = subprocess.run(
        ["git", "diff", "--no-index", "--no-color", "left/f", "right/f"], cwd=tmp_path, capture_output=True, text=True
    ).stdout
    if "@@" in diff:
        patches.apply(diff.replace("a/left/f", "a/f").replace("b/right/f", "b/f"), root)
    assert (root / "f").read_text() == after
