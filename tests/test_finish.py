"""Handing over, in real repositories: groups, refusals, what is left behind, and what is never touched."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from autoresearch import config, revalidation
from autoresearch.assembly import assemble
from autoresearch.cli import app
from autoresearch.errors import Interrupted, UserError
from autoresearch.finish import measuring
from autoresearch.finish.branches import made
from autoresearch.finish.groups import grouped
from autoresearch.finish.plan import Plan, Wish, plan
from autoresearch.finish.refusals import refuse_special
from autoresearch.replay import replay
from autoresearch.site import Site
from autoresearch.task import Budget
from autoresearch.views.finished import finished
from autoresearch.views.words import muted
from autoresearch.workspace.git import Change, Entry, Store, UserRepository
from finishing import FILES, ODD, Author, both, gone, night, put
from gitrepo import fingerprint, git, repository, write

FIRST, SECOND, THIRD = "1-raise-the-first-fixes-12-torvalds", "2-second-up", "3-rename-and-drop"
MODULE = "1234567890123456789012345678901234567890"


@pytest.fixture(scope="module")
def finished_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four certified changes: the first and the last share a file; one renames and deletes."""
    root = repository(tmp_path_factory.mktemp("night") / "repository", FILES)
    (root / "link.md").symlink_to("README.md")
    git(root, "add", "link.md")
    git(root, "update-index", "--add", "--cacheinfo", f"160000,{MODULE},module")
    git(root, "commit", "-qm", "a link and a submodule")
    night(
        root,
        ("Raise the first; fixes #12 @torvalds", put("parts/first.txt", "2\n")),
        ("Second up", put("parts/second.txt", "2\n")),
        ("Rename and drop", both(gone(f"parts/{ODD}"), put("parts/new name.txt", "3\n"), gone("parts/old.txt"))),
        ("First and third", both(put("parts/first.txt", "4\n"), put("parts/deep/er/third.txt", "4\n"))),
    )
    return root


@pytest.fixture
def root(finished_night: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that night, and we stand in it."""
    copy = tmp_path / "repository"
    shutil.copytree(finished_night, copy, symlinks=True)
    monkeypatch.chdir(copy)
    return copy


def finish(*words: str) -> str:
    """What `autoresearch finish` prints. Raises what it raises."""
    done = CliRunner().invoke(app, ["finish", *words])
    if done.exception:
        raise done.exception
    return done.stdout


def quick(*words: str) -> str:
    return finish("--no-measure", *words)


def delivered(root: Path) -> list[str]:
    return git(root, "for-each-ref", "--format=%(refname:lstrip=3)", "refs/heads/finish").split()


def tree(root: Path, commit: str) -> str:
    return git(root, "rev-parse", f"{commit}^{{tree}}")


def refused(root: Path, *words: str) -> UserError:
    """The refusal, which leaves no branch and nothing else behind."""
    before, branches = fingerprint(root), delivered(root)
    with pytest.raises(UserError) as caught:
        quick(*words)
    assert fingerprint(root) == before
    assert delivered(root) == branches
    assert caught.value.fix
    return caught.value


def test_each_group_is_a_branch_from_the_base_and_merged_they_are_what_was_certified(root: Path) -> None:
    bodies = quick()
    assert delivered(root) == [f"parts/{name}" for name in (FIRST, SECOND, THIRD)]
    base = git(root, "rev-parse", "main")
    files = {
        name: git(root, "diff", "--name-only", "-z", base, f"finish/parts/{name}") for name in (FIRST, SECOND, THIRD)
    }
    assert files[FIRST].split("\0")[:-1] == ["parts/deep/er/third.txt", "parts/first.txt"]
    assert files[SECOND].split("\0")[:-1] == ["parts/second.txt"]
    assert sorted(files[THIRD].split("\0")[:-1]) == sorted([f"parts/{ODD}", "parts/new name.txt", "parts/old.txt"])
    assert {git(root, "rev-parse", f"finish/parts/{name}^") for name in files} == {base}

    git(root, "switch", "-qc", "review")
    for name in files:
        git(root, "merge", "-q", "--no-edit", f"finish/parts/{name}")
    assert tree(root, "review") == tree(root, "autoresearch/parts-certified")
    assert git(root, "ls-tree", "review", "module").split() == ["160000", "commit", MODULE, "module"]
    assert bodies.count("## Before and after") == 3
    assert "Not measured again" in bodies


def test_a_commit_carries_its_evidence_and_closes_no_issue(root: Path) -> None:
    quick()
    said = git(root, "log", "-1", "--format=%B", f"finish/parts/{FIRST}")
    assert said.startswith("Raise the first; fixes # 12 @ torvalds and 1 more\n")
    assert "Certificate 1: +12 in total (95 % interval +12 .. +12), 1 fresh run a side" in " ".join(said.split())
    assert "torvalds helps\nGain: +1 (1 run, as judged; " in said
    assert "Why: First and third helps\nGain: +5 (1 fresh run; " in said
    trailers = git(root, "log", "-1", "--format=%(trailers:only)", f"finish/parts/{FIRST}").splitlines()
    assert "Autoresearch-Experiments: 1, 4" in trailers
    assert "Autoresearch-Trust: sealed" in trailers
    assert "Autoresearch-Standing: certified" in trailers
    assert max(map(len, said.partition("Autoresearch-")[0].splitlines())) <= 72
    assert muted("see https://x.org/issues/1, GH-7, me@x and a/b#3") == (
        "see https: //x.org/issues/1, GH 7, me@ x and a/b# 3"
    )


def test_squashed_it_is_one_commit_with_the_certified_tree(root: Path) -> None:
    said = json.loads(quick("--squash", "--json"))
    assert delivered(root) == ["parts/all"]
    assert tree(root, "finish/parts/all") == tree(root, "autoresearch/parts-certified")
    assert git(root, "rev-list", "--count", "main..finish/parts/all") == "1"
    assert said["certified"] is True
    assert [row["experiments"] for row in said["branches"]] == [[1, 2, 3, 4]]
    assert Path(said["branches"][0]["body"]).read_text().startswith("# Raise the first")


def test_what_the_person_groups_is_taken_as_it_is(root: Path) -> None:
    quick("--group", "2,3")
    assert delivered(root) == [f"parts/{FIRST}", "parts/2-second-up"]
    assert "parts/old.txt" in git(root, "diff", "--name-only", "main", "finish/parts/2-second-up")


def test_a_file_in_two_groups_is_refused(root: Path) -> None:
    error = refused(root, "--group", "1", "--group", "4")
    assert "'parts/first.txt' would be in two groups: experiments 1 and 4" in error.message
    assert "--group 1,4" in error.fix
    assert "Experiment 9 is not one of the changes" in refused(root, "--group", "9").message
    assert "Experiment 2 is in two groups" in refused(root, "--group", "2,3", "--group", "2").message
    for strange in ("two", "²", "1,", "9" * 5000):
        assert "not a list of experiments" in refused(root, "--group", strange).message


def test_groups_by_files_and_by_folders_that_were_files() -> None:
    files = {1: {"a"}, 2: {"b"}, 3: {"a", "c"}, 4: {"b/inside"}, 5: {"bb"}}
    touched = {number: frozenset(paths) for number, paths in files.items()}
    assert [group.experiments for group in grouped(touched)] == [(1, 3), (2, 4), (5,)]
    assert [group.experiments for group in grouped(touched, [[1, 3, 5]])] == [(1, 3, 5), (2, 4)]
    with pytest.raises(UserError, match="would be in two groups: experiments 2 and 4"):
        grouped(touched, [[4, 5]])


def test_a_plan_says_what_would_be_made_and_makes_nothing(root: Path) -> None:
    before = fingerprint(root)
    said = finish("--dry-run")
    assert f"finish/parts/{FIRST}  experiments 1, 4" in said
    assert "deleted  parts/old.txt" in said
    assert fingerprint(root) == before
    assert Site(root, "parts").ledger().history.finish is None


def test_the_working_tree_the_index_the_stash_and_head_stay_as_they_are(root: Path) -> None:
    write(root, {"README.md": "stashed\n"})
    git(root, "stash", "-q")
    write(root, {"README.md": "dirty\n", "evaluate.py": "staged\n", "parts/first.txt": "mine\n", "untracked": "u"})
    git(root, "add", "evaluate.py")
    before = fingerprint(root)
    quick()
    after = {path: mark for path, mark in fingerprint(root).items() if "heads/finish/" not in path}
    assert after == before
    assert git(root, "stash", "list").count("\n") == 0
    assert len(delivered(root)) == 3


def test_it_works_from_a_folder_and_a_linked_working_tree(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root / "parts/deep/er")
    quick()
    assert len(delivered(root)) == 3
    git(root, "worktree", "add", "-q", str(tmp_path / "linked"), f"finish/parts/{SECOND}")
    assert "## Proof" in quick(), "made before, and left where it is"
    assert len(delivered(root)) == 3


def test_a_detached_head_needs_a_name(root: Path) -> None:
    git(root, "switch", "-q", "--detach")
    assert "HEAD is detached" in refused(root).message
    quick("--onto", "main")
    assert len(delivered(root)) == 3
    assert git(root, "rev-parse", "--abbrev-ref", "HEAD") == "HEAD"


def test_the_same_again_is_the_same_and_a_taken_name_is_never_overwritten(root: Path) -> None:
    quick()
    made_first = git(root, "rev-parse", f"finish/parts/{SECOND}")
    quick()
    assert len(delivered(root)) == 3
    git(root, "branch", "-f", f"finish/parts/{SECOND}", "main")
    quick()
    assert git(root, "rev-parse", f"finish/parts/{SECOND}") == git(root, "rev-parse", "main")
    assert git(root, "rev-parse", f"finish/parts-2/{SECOND}") == made_first
    assert len(delivered(root)) == 6


def test_names_that_are_folders_of_others_are_avoided_or_refused(root: Path) -> None:
    git(root, "branch", f"finish/parts/{FIRST}/mine")
    quick()
    assert f"parts-2/{FIRST}" in delivered(root)
    for name in delivered(root):
        git(root, "branch", "-D", f"finish/{name}")
    git(root, "branch", "finish")
    assert "There is a branch 'finish'" in refused(root).message


def test_when_git_refuses_one_branch_none_is_made(root: Path) -> None:
    lock = root / f".git/refs/heads/finish/parts/{SECOND}.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()
    with pytest.raises(UserError):
        quick()
    assert delivered(root) == []
    lock.unlink()
    quick()
    assert len(delivered(root)) == 3


@pytest.fixture
def thought(root: Path) -> Iterator[tuple[Store, Plan]]:
    user = UserRepository(root)
    with Store.open(root / ".autoresearch/parts/referee.git", beside=user) as store:
        yield store, plan(Site(root, "parts").ledger().history, user, store, Wish(groups=[[1, 4], [2, 3]]))


@pytest.mark.parametrize("wrong", [{"parts/second.txt": Change(b"3\n")}, {"parts/first.txt": Change(b"9\n")}, {}])
def test_branches_that_are_not_what_was_certified_are_taken_back(
    thought: tuple[Store, Plan], wrong: dict[str, Change]
) -> None:
    store, planned = thought
    first, second = planned.branches
    bad = replace(planned, branches=[first, replace(second, changes=wrong)])
    with pytest.raises(UserError, match="not what was kept"), made(store, bad):
        raise AssertionError("the check comes first")
    assert store.refs("refs/heads/finish") == {}


def test_links_and_submodules_are_not_handed_over() -> None:
    plain, link = Entry("100644", "a", 1), Entry("120000", "b", 1)
    for before, after in (({}, {"x": link}), ({"x": link}, {}), ({"x": plain}, {"x": Entry("160000", "c", 0)})):
        with pytest.raises(UserError, match="symbolic link or a submodule"):
            refuse_special(before, after)
    refuse_special({"x": link, "y": plain}, {"x": link})


def test_a_target_without_the_base_or_with_all_of_it_is_refused(root: Path) -> None:
    git(root, "switch", "-q", "--orphan", "elsewhere")
    git(root, "commit", "-q", "--allow-empty", "-m", "nothing in common")
    assert "which is not part of elsewhere" in refused(root).message
    assert "has no commit 'nowhere'" in refused(root, "--onto", "nowhere").message
    git(root, "switch", "-q", "main")
    git(root, "merge", "-q", "--ff-only", "autoresearch/parts-certified")
    assert refused(root).message == "main has all of it already."
    git(root, "switch", "-q", "-c", "picked", "main~4")
    git(root, "commit", "-q", "--allow-empty", "-m", "later")
    git(root, "checkout", "-q", "main", "--", "parts")
    git(root, "rm", "-q", "--ignore-unmatch", f"parts/{ODD}", "parts/old.txt")
    git(root, "commit", "-qam", "picked by hand")
    assert "has the same content" in refused(root).message


def test_a_conflict_names_the_files(root: Path) -> None:
    write(root, {"parts/first.txt": "7\n", "parts/new name.txt/file": "a folder now\n", "README.md": "theirs\n"})
    git(root, "add", "-A")
    git(root, "commit", "-qm", "meanwhile")
    error = refused(root)
    assert "'parts/first.txt', 'parts/new name.txt'" in error.message
    assert "README" not in error.message
    git(root, "branch", "review", "main~1")
    quick("--onto", "review")
    assert len(delivered(root)) == 3


def test_a_folder_that_became_a_file_and_a_file_that_became_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = repository(tmp_path / "repository", FILES | {"parts/plain": "a file\n"})
    into_file = both(lambda tree: shutil.rmtree(tree / "parts/deep"), put("parts/deep", "a file\n"))
    night(
        root,
        ("A file for the folder", both(into_file, put("parts/first.txt", "9\n"))),
        ("A folder for the file", both(gone("parts/plain"), put("parts/plain/new.txt", "5\n"))),
    )
    monkeypatch.chdir(root)
    quick()
    for name in delivered(root):
        git(root, "merge", "-q", "--no-edit", f"finish/{name}")
    assert tree(root, "HEAD") == tree(root, "autoresearch/parts-certified")
    git(root, "switch", "-q", "-c", "theirs", "main~2")
    write(root, {"parts/deep/er/their.txt": "2\n"})
    git(root, "add", "-A")
    git(root, "commit", "-qm", "a file where the folder has to go")
    assert "'parts/deep'." in refused(root).message


def test_what_came_meanwhile_elsewhere_merges(root: Path) -> None:
    write(root, {"README.md": "theirs\n", "parts/second.txt": "2\n"})
    git(root, "commit", "-qam", "meanwhile, the second as well")
    bodies = quick()
    for name in delivered(root):
        git(root, "merge", "-q", "--no-edit", f"finish/{name}")
    assert git(root, "show", "HEAD:README.md") == "theirs"
    assert git(root, "show", "HEAD:parts/first.txt") == "4"
    assert "and merges with" in bodies


@pytest.mark.slow
def test_each_branch_is_measured_alone_and_all_together_also_after_a_stop(
    root: Path, thought: tuple[Store, Plan]
) -> None:
    store, planned = thought
    with made(store, planned) as done:
        assembly, record = measuring.begin(root, config.load(root), planned, done, runs=4)
        for _, run in zip(range(5), revalidation.follow(assembly.study, record), strict=False):
            assert run.purpose == "finish 1"
        assembly.rig.workspace.close()
    assert delivered(root) == [], "nothing before all of it is measured"
    bodies = finish("--group", "1,4", "--group", "2,3", "--runs", "4")
    history = Site(root, "parts").ledger().history
    table = finished(history)
    assert table
    gains = [row.measured.gain.estimate for row in table.rows if row.measured.gain]
    assert gains == [6.0, 6.0, 12.0]
    assert [row.measured.verdict for row in table.rows] == ["holds"] * 3
    assert [each.name for each in table.rows[0].metrics] == ["total", "files"]
    assert "| files |" in bodies
    assert "| all together | 1, 2, 3, 4 |" in bodies
    assert "autoresearch replay --study parts" in bodies
    assert replay(Site(root, "parts").ledger_path).disagreements == []
    assert table.finish.number == 1, "it went on"
    assert len(history.asides["finish 1"]) == 4 * 4
    assert sorted(delivered(root)) == [each.name.removeprefix("finish/") for each in table.rows[:2]]


def short_night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = repository(tmp_path / "repository", FILES)
    monkeypatch.chdir(root)
    return root


@pytest.mark.slow
def test_a_branch_that_does_not_run_alone_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = short_night(tmp_path, monkeypatch)
    night(root, ("Fourteen", put("parts/second.txt", "14\n")), ("Thirteen", put("parts/first.txt", "13\n")))
    with pytest.raises(UserError, match="finish/parts/2-thirteen does not stand alone: failed: crash") as caught:
        finish("--runs", "4")
    assert "--squash" in caught.value.fix
    assert delivered(root) == []
    quick("--group", "1,2")
    assert delivered(root) == ["parts/1-fourteen"]


@pytest.mark.slow
def test_a_group_that_was_taken_back_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = short_night(tmp_path, monkeypatch)
    night(root, ("A higher one", put("parts/one.highest", "5\n")), ("The highest", put("parts/two.highest", "9\n")))
    pruning = assemble(root, config.load(root), prune=True)
    pruning.study.run()
    pruning.rig.workspace.close()
    assert "left out: experiments 1, 4 come to nothing together" in finish("--dry-run")
    quick()
    assert delivered(root) == ["parts/1-the-highest"]
    assert "Autoresearch-Experiments: 2" in git(root, "log", "-1", "--format=%B", "finish/parts/1-the-highest")
    assert tree(root, "finish/parts/1-the-highest") == tree(root, "autoresearch/parts-certified")


@pytest.mark.slow
def test_what_is_not_certified_is_refused_or_labelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = short_night(tmp_path, monkeypatch)
    with pytest.raises(UserError, match="No study has begun"):
        quick()
    begun = assemble(root, config.load(root), granted=Budget(experiments=5))
    begun.study.record(begun.study.attempt())
    begun.rig.workspace.close()
    assert "Nothing was kept" in refused(root).message
    stop_after_one(root)
    error = refused(root)
    assert "Nothing is certified" in error.message
    assert "--provisional" in error.fix
    body = quick("--provisional")
    assert delivered(root) == ["parts/1-provisional-second-up"]
    assert body.startswith("# \\[provisional\\] Second up")
    assert "PROVISIONAL, not certified" in body
    assert "None: nothing of this is certified." in body
    said = git(root, "log", "-1", "--format=%B", "finish/parts/1-provisional-second-up")
    assert said.startswith("[provisional] Second up\n")
    assert "Autoresearch-Standing: PROVISIONAL, not certified" in said


def stop_after_one(root: Path) -> None:
    """One kept change, and the night is stopped before its certificate."""
    made = assemble(root, config.load(root), granted=Budget(experiments=5))
    made.study.agent = Author([("Second up", put("parts/second.txt", "2\n"))], 1)
    made.study.interrupted = lambda: len(made.study.history.experiments) > 1
    with pytest.raises(Interrupted):
        made.study.run()
    made.rig.workspace.close()
