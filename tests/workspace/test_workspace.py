from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from autoresearch.errors import Foul, UserError
from autoresearch.records import Outcome
from autoresearch.workspace.refs import check_study_name
from autoresearch.workspace.workspace import Taken, Workspace
from gitrepo import fingerprint, git, repository, write

FILES: dict[str, str | bytes] = {
    "train.py": "lr = 1\n",
    "evaluate.py": "print(1)\n",
    "holdout/secret.txt": "42\n",
    "data/with space é.bin": b"\0\1",
    "data/new\nline": "odd\n",
}
WHEN = "2026-01-02T03:04:05Z"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return repository(tmp_path / "user", FILES)


def opened(root: Path, study: str = "night", base: str | None = None, editable: str = "train.py") -> Workspace:
    folder = root / ".autoresearch" / study
    return Workspace.open(root, folder, study, editable=[editable], hidden=["holdout/**"], base=base)


@pytest.fixture
def workspace(root: Path) -> Iterator[Workspace]:
    with opened(root) as it:
        yield it


def attempt(workspace: Workspace, number: int, parent: str, text: str) -> Taken:
    with workspace.draft(parent) as tree:
        (tree / "train.py").write_text(text)
        return workspace.take_in(tree, number=number, parent=parent, message=f"try {text}", when=WHEN)


def night(workspace: Workspace) -> dict[int, str]:
    """Three attempts, two kept, one certified, everything published, a kill, and the morning after."""
    tip, made = workspace.base, {0: workspace.base}
    workspace.enroll(0, tip)
    for number in (1, 2, 3):
        made[number] = attempt(workspace, number, tip, f"lr = 0.{number}\n").commit
        workspace.export(made[number], 0)
        workspace.export(made[number], 0, sealed_only=True, with_hidden=True)
        if number != 2:
            tip = made[number]
            workspace.advance(tip=tip)
        assert workspace.publish([number]) == ()
    workspace.advance(certified=made[1])
    assert workspace.publish() == ()
    assert workspace.reconcile(tip, made[1], made) == ()
    return made


def refs(root: Path) -> dict[str, str]:
    lines = git(
        root, "for-each-ref", "--format=%(refname) %(objectname)", "refs/autoresearch", "refs/heads/autoresearch"
    )
    pairs = (line.split(" ") for line in lines.splitlines())
    return {ref.removeprefix("refs/"): commit for ref, commit in pairs}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


class TestNight:
    def test_the_user_sees_every_candidate_and_two_branches(self, root: Path, workspace: Workspace) -> None:
        made = night(workspace)
        assert refs(root) == {
            "heads/autoresearch/night": made[3],
            "heads/autoresearch/night-certified": made[1],
            "autoresearch/night/base": workspace.base,
            **{f"autoresearch/night/{number}": commit for number, commit in made.items()},
        }
        assert git(root, "log", "--format=%an %s", "autoresearch/night") == dedent("""\
            autoresearch try lr = 0.3
            autoresearch try lr = 0.1
            A Person first""")
        assert git(root, "show", "autoresearch/night:train.py") == "lr = 0.3"
        git(root, "fsck", "--strict")

    def test_it_does_not_need_the_study_s_folder_any_more(self, root: Path, workspace: Workspace) -> None:
        made = night(workspace)
        workspace.close()
        shutil.rmtree(root / ".autoresearch")
        assert [git(root, "show", f"{commit}:train.py") for commit in made.values()][2] == "lr = 0.2"

    @pytest.mark.parametrize("state", ["clean", "dirty", "detached", "linked", "shallow", "packed"])
    def test_nothing_else_of_the_user_changes(self, root: Path, tmp_path: Path, state: str) -> None:
        marker = arm(root, tmp_path)
        here = root
        if state == "dirty":
            make_dirty(root)
        elif state == "detached":
            git(root, "checkout", "--quiet", "--detach")
        elif state == "linked":
            git(root, "worktree", "add", "--quiet", "-b", "side", str(tmp_path / "linked"))
            here = tmp_path / "linked"
            make_dirty(here)
        elif state == "shallow":
            write(root, {"more": "x"})
            git(root, "add", "more")
            git(root, "commit", "--quiet", "-m", "second")
            git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{root}", "shallow")
            here = tmp_path / "shallow"
        elif state == "packed":
            git(root, "gc", "--quiet")
        marker.unlink(missing_ok=True)
        before = [fingerprint(place) for place in (root, here)]
        status = git(here, "-c", "core.fsmonitor=false", "--no-optional-locks", "status", "--porcelain")
        with opened(here) as workspace:
            night(workspace)
        assert [fingerprint(place) for place in (root, here)] == before
        assert git(here, "-c", "core.fsmonitor=false", "--no-optional-locks", "status", "--porcelain") == status
        assert not marker.exists()
        assert git(here, "log", "-1", "--format=%s", "autoresearch/night") == "try lr = 0.3"

    def test_the_same_attempts_make_the_same_commits(self, root: Path, tmp_path: Path, workspace: Workspace) -> None:
        git(tmp_path, "clone", "--quiet", str(root), "other")
        with opened(tmp_path / "other") as elsewhere:
            assert night(elsewhere) == night(workspace)


def arm(root: Path, tmp_path: Path) -> Path:
    """Everything a repository can start programs with, set to leave a mark."""
    marker = tmp_path / "ran"
    script = f"#!/bin/sh\ntouch {marker}\n"
    names = ("reference-transaction", "post-checkout", "pre-auto-gc", "post-merge", "post-index-change", "pre-push")
    write(root, {f".git/hooks/{name}": script for name in names} | {".git/monitor": script})
    for path in (*(root / ".git/hooks").iterdir(), root / ".git/monitor"):
        path.chmod(0o755)
    git(root, "config", "core.fsmonitor", str(root / ".git/monitor"))
    git(root, "config", "gc.auto", "1")
    git(root, "config", "fetch.prune", "true")
    git(root, "config", "fetch.writeCommitGraph", "true")
    return marker


def make_dirty(root: Path) -> None:
    write(root, {"train.py": "stashed\n"})
    git(root, "-c", "core.hooksPath=/dev/null", "stash")
    write(root, {"train.py": "staged\n", "untracked.txt": "mine\n"})
    git(root, "-c", "core.hooksPath=/dev/null", "add", "train.py")
    write(root, {"train.py": "unstaged\n"})


class TestDraft:
    def test_an_agent_sees_neither_git_nor_hidden_files(self, workspace: Workspace) -> None:
        with workspace.draft(workspace.base) as tree:
            assert names(tree) == ["data", "evaluate.py", "train.py"]
            assert (tree / "data/new\nline").read_text() == "odd\n"

    def test_agents_at_the_same_time_have_their_own(self, workspace: Workspace) -> None:
        with workspace.draft(workspace.base) as first, workspace.draft(workspace.base) as second:
            assert first != second
        with workspace.draft(workspace.base) as again:
            assert again == first

    def test_whatever_the_agent_leaves_goes_away(self, workspace: Workspace) -> None:
        with workspace.draft(workspace.base) as tree:
            (tree / "/".join("d" * 90)).mkdir(parents=True)
            os.mkfifo(tree / "pipe")
            (tree / "empty" / "folder").mkdir(parents=True)
            (tree / "train.py").write_text("changed\n")
            (tree / "data").chmod(0)
        with workspace.draft(workspace.base) as again:
            assert again == tree
            assert names(again) == ["data", "evaluate.py", "train.py"]
            assert workspace.read(workspace.base, "train.py") == (again / "train.py").read_bytes()

    def test_a_sealed_file_the_agent_changed_in_place_is_mended(self, workspace: Workspace) -> None:
        for _ in range(3):
            with workspace.draft(workspace.base) as tree:
                path = tree / "evaluate.py"
                assert path.read_bytes() == workspace.read(workspace.base, "evaluate.py")
                times = path.stat()
                path.write_bytes(b"x" * times.st_size)
                os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))

    def test_workers_share_one_workspace(self, root: Path, workspace: Workspace) -> None:
        made: dict[int, Taken] = {}

        def work(worker: int) -> None:
            for number in range(worker * 5 + 1, worker * 5 + 6):
                made[number] = attempt(workspace, number, workspace.base, f"lr = 0.{number}\n")
                slot = workspace.export(made[number].commit, worker)
                assert (slot / "train.py").read_text() == f"lr = 0.{number}\n"

        threads = [threading.Thread(target=work, args=(worker,)) for worker in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        workspace.publish(made)
        assert {git(root, "show", f"refs/autoresearch/night/{n}:train.py") for n in made} == {
            f"lr = 0.{n}" for n in made
        }


class TestTakeIn:
    def test_it_says_what_changed(self, workspace: Workspace) -> None:
        taken = attempt(workspace, 1, workspace.base, "a\nb\n")
        assert taken.paths == ("train.py",)
        assert workspace.read(taken.commit, "train.py") == b"a\nb\n"
        assert "+a\n+b\n" in workspace.diff(workspace.base, taken.commit)
        assert set(workspace.files(taken.commit)) == set(FILES)

    def test_the_remembered_tree_is_git_s_tree(self, root: Path, workspace: Workspace) -> None:
        taken = attempt(workspace, 1, workspace.base, "x = 'é'\n")
        remembered = dict(workspace.tree(taken.commit))
        workspace._trees.clear()
        assert dict(workspace.tree(taken.commit)) == remembered

    def test_a_foul_leaves_no_commit(self, workspace: Workspace) -> None:
        with workspace.draft(workspace.base) as tree:
            (tree / "evaluate.py").write_text("print(0)\n")
            with pytest.raises(Foul) as caught:
                workspace.take_in(tree, number=1, parent=workspace.base, message="", when=WHEN)
        assert caught.value.outcome is Outcome.OUT_OF_SCOPE
        assert list(workspace._store.refs()) == ["refs/autoresearch/night/base"]

    def test_candidates_cannot_move_the_sealed_digest(self, root: Path, workspace: Workspace) -> None:
        taken = attempt(workspace, 1, workspace.base, "lr = 2\n")
        assert workspace.sealed_digest(taken.commit) == workspace.sealed_digest(workspace.base)
        write(root, {"evaluate.py": "print(2)\n"})
        git(root, "commit", "--quiet", "-am", "another ruler")
        assert workspace.sealed_digest(git(root, "rev-parse", "HEAD")) != workspace.sealed_digest(workspace.base)


class TestExport:
    def test_both_sides_lie_at_the_same_path(self, workspace: Workspace) -> None:
        taken = attempt(workspace, 1, workspace.base, "lr = 2\n")
        first = workspace.export(workspace.base, 0)
        assert (first / "train.py").read_text() == "lr = 1\n"
        assert workspace.export(taken.commit, 0) == first
        assert (first / "train.py").read_text() == "lr = 2\n"
        assert not (first / "holdout").exists()
        assert workspace.disturbed(first) == ()

    def test_the_evaluation_has_sealed_and_hidden_files_and_no_editable_one(self, workspace: Workspace) -> None:
        taken = attempt(workspace, 1, workspace.base, "lr = 2\n")
        sealed = workspace.export(taken.commit, 0, sealed_only=True, with_hidden=True)
        assert names(sealed) == ["data", "evaluate.py", "holdout"]
        workspace.export(taken.commit, 0, sealed_only=True)
        assert names(sealed) == ["data", "evaluate.py"]

    def test_what_a_candidate_wrote_is_seen_and_gone_next_time(self, workspace: Workspace) -> None:
        tree = workspace.export(workspace.base, 0)
        (tree / "evaluate.py").write_text("cheat")
        (tree / "__pycache__").mkdir()
        (tree / "__pycache__/train.pyc").write_text("cheat")
        assert workspace.disturbed(tree) == ("__pycache__/train.pyc", "evaluate.py")
        workspace.export(workspace.base, 0)
        assert workspace.disturbed(tree) == ()
        assert not (tree / "__pycache__").exists()

    def test_a_writable_tree_is_made_from_nothing_and_so_is_the_next(self, workspace: Workspace) -> None:
        inodes = []
        for writable in (False, True, False, False):
            tree = workspace.export(workspace.base, 0, writable=writable)
            inodes.append(tree.stat().st_ino)
            (tree / "left over").mkdir(exist_ok=True)
            assert not (tree / "left over/x").exists()
            if writable:
                (tree / "left over/x").write_text("x")
        assert inodes[2] == inodes[3]

    def test_submodules_are_empty_folders_and_named(self, root: Path, tmp_path: Path) -> None:
        repository(tmp_path / "inner", {"x": "y"})
        git(root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(tmp_path / "inner"), "sub")
        git(root, "commit", "--quiet", "-m", "with a submodule")
        with opened(root) as workspace:
            assert workspace.submodules == ("sub",)
            night(workspace)
            assert list((workspace.export(workspace.base, 0) / "sub").iterdir()) == []
        git(root / "sub", "status")

    def test_a_link_inside_the_tree_is_kept(self, root: Path) -> None:
        (root / "latest").symlink_to("data/../evaluate.py")
        git(root, "add", "latest")
        git(root, "commit", "--quiet", "-m", "link")
        with opened(root) as workspace:
            assert (workspace.export(workspace.base, 0) / "latest").read_text() == "print(1)\n"

    @pytest.mark.parametrize("target", ["/etc/passwd", "../outside", "data/../../outside", "ring/../.."])
    def test_a_link_out_of_the_tree_is_refused(self, root: Path, target: str) -> None:
        (root / "ring").symlink_to("data")
        (root / "way out").symlink_to(target)
        git(root, "add", "ring", "way out")
        git(root, "commit", "--quiet", "-m", "link")
        with pytest.raises(UserError, match="`way out` leads out of the repository"):
            opened(root)


class TestOpening:
    def test_again_it_is_the_same_study(self, root: Path) -> None:
        with opened(root) as workspace:
            base = workspace.base
        write(root, {"evaluate.py": "print(2)\n"})
        git(root, "commit", "--quiet", "-am", "the user goes on")
        with opened(root) as workspace:
            assert workspace.base == base
        with pytest.raises(UserError, match="grew from commit"):
            opened(root, base="HEAD")

    def test_it_starts_from_any_commit(self, root: Path) -> None:
        first = git(root, "rev-parse", "HEAD")
        git(root, "commit", "--quiet", "--allow-empty", "-m", "second")
        with opened(root, base="HEAD~1") as workspace:
            assert workspace.base == first

    def test_inside_a_submodule(self, root: Path, tmp_path: Path) -> None:
        git(tmp_path, "init", "--quiet", "outer")
        git(tmp_path / "outer", "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(root), "sub")
        with opened(tmp_path / "outer/sub") as workspace:
            made = night(workspace)
        assert refs(tmp_path / "outer/sub")["heads/autoresearch/night"] == made[3]

    def test_a_clone_without_the_files_contents(self, root: Path, tmp_path: Path) -> None:
        git(root, "config", "uploadpack.allowFilter", "true")
        git(tmp_path, "clone", "--quiet", "--filter=blob:none", "--no-checkout", f"file://{root}", "partial")
        with pytest.raises(UserError, match=r"Not all files of commit [0-9a-f]{12} are in the repository"):
            opened(tmp_path / "partial")

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a repository to somebody else")
    def test_somebody_else_s_repository(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for path in (root, root / ".git"):
            os.chown(path, 12345, 12345)
        with pytest.raises(UserError, match="git does not trust") as caught:
            opened(root)
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(root.parent / "gitconfig"))
        subprocess.run(caught.value.fix, shell=True, check=True)
        opened(root).close()

    def test_git_ignores_the_folder(self, root: Path, workspace: Workspace) -> None:
        night(workspace)
        assert git(root, "status", "--porcelain") == ""

    def test_damaged_pristine_files_are_mended(self, root: Path) -> None:
        opened(root).close()
        (root / ".autoresearch/night/work/pristine/evaluate.py").write_text("print(0)\n")
        with opened(root) as workspace:
            assert (workspace.export(workspace.base, 0) / "evaluate.py").read_text() == "print(1)\n"

    def test_our_branch_checked_out(self, root: Path) -> None:
        with opened(root) as workspace:
            night(workspace)
        git(root, "switch", "--quiet", "autoresearch/night")
        with pytest.raises(UserError, match="is checked out in") as caught:
            opened(root)
        subprocess.run(caught.value.fix, shell=True, check=True, capture_output=True)
        opened(root).close()

    def test_a_foreign_branch_of_our_name(self, root: Path) -> None:
        git(root, "branch", "autoresearch/night")
        with pytest.raises(UserError, match="did not make") as caught:
            opened(root)
        subprocess.run(caught.value.fix.partition(": ")[2], shell=True, check=True, cwd=root)
        opened(root).close()

    @pytest.mark.parametrize("name", ["autoresearch", "autoresearch/night/mine"])
    def test_a_branch_where_ours_could_not_be(self, root: Path, name: str) -> None:
        git(root, "branch", name)
        with pytest.raises(UserError, match=f"branch {name} that"):
            opened(root)

    @pytest.mark.parametrize("standing", ["main", "autoresearch/night"])
    def test_refs_and_branches_of_a_study_whose_folder_is_gone(self, root: Path, standing: str) -> None:
        git(root, "branch", "--move", "main")
        with opened(root) as workspace:
            night(workspace)
        git(root, "switch", "--quiet", standing)
        shutil.rmtree(root / ".autoresearch")
        with pytest.raises(UserError, match=r"whose folder .* is gone") as caught:
            opened(root)
        subprocess.run(caught.value.fix.partition(": ")[2], shell=True, check=True, cwd=root)
        assert "autoresearch/night" not in git(root, "for-each-ref")
        assert git(root, "status", "--porcelain") == ""
        opened(root).close()

    @pytest.mark.parametrize("name", ["", ".x", "a/b", "a b", "x.lock", "x.", "a..b", "x-certified", "é", "a" * 65])
    def test_bad_names(self, name: str) -> None:
        with pytest.raises(UserError, match="cannot be called"):
            check_study_name(name)

    @pytest.mark.parametrize("name", ["a", "gpt-2.1_x", "0", "a" * 64])
    def test_good_names(self, name: str) -> None:
        check_study_name(name)

    def test_a_folder_that_cannot_be_made(self, root: Path) -> None:
        (root / ".autoresearch").write_text("in the way")
        with pytest.raises(UserError, match=r"Cannot write below .*Nothing that was recorded is lost"):
            opened(root)


class TestPublishing:
    def test_a_branch_the_user_looks_at_is_left_alone(self, root: Path, workspace: Workspace) -> None:
        made = night(workspace)
        git(root, "switch", "--quiet", "autoresearch/night")
        before = fingerprint(root)
        after = attempt(workspace, 4, made[3], "lr = 4\n").commit
        workspace.advance(tip=after, certified=made[3])
        assert workspace.publish([4]) == ("autoresearch/night",)
        assert refs(root)["heads/autoresearch/night"] == made[3]
        assert refs(root)["heads/autoresearch/night-certified"] == made[3]
        assert fingerprint(root) == before
        git(root, "switch", "--quiet", "main")
        assert workspace.publish() == ()
        assert refs(root)["heads/autoresearch/night"] == after

    def test_commits_of_the_user_on_our_branch_are_not_lost(self, root: Path, workspace: Workspace) -> None:
        made = night(workspace)
        git(root, "switch", "--quiet", "autoresearch/night")
        git(root, "commit", "--quiet", "--allow-empty", "-m", "mine")
        git(root, "switch", "--quiet", "main")
        mine = refs(root)["heads/autoresearch/night"]
        workspace.advance(tip=made[1])
        assert workspace.publish() == ("autoresearch/night",)
        assert refs(root)["heads/autoresearch/night"] == mine
        workspace.close()
        with pytest.raises(UserError, match="somebody added commits to"):
            opened(root)

    def test_a_roll_back_moves_the_branch_back(self, root: Path, workspace: Workspace) -> None:
        made = night(workspace)
        workspace.advance(tip=made[1])
        assert workspace.publish() == ()
        assert refs(root)["heads/autoresearch/night"] == made[1]

    def test_candidates_come_once_and_for_all(self, root: Path, workspace: Workspace) -> None:
        night(workspace)
        before = refs(root)
        assert workspace.publish([1, 2, 3]) == ()
        assert refs(root) == before


class TestReconciling:
    def test_the_ledger_decides(self, root: Path) -> None:
        with opened(root) as workspace:
            made = night(workspace)
            unrecorded = attempt(workspace, 4, made[3], "lr = 4\n").commit
            workspace.advance(tip=unrecorded)
        for home in ("agent0/tree/x", "slot0/tree/y"):
            write(root / ".autoresearch/night/work", {home: "left over"})
        for lock in (
            ".git/refs/heads/autoresearch/night.lock",
            ".autoresearch/night/referee.git/packed-refs.lock",
            ".autoresearch/night/referee.git/refs/autoresearch/night/4.lock",
        ):
            write(root, {lock: ""})
        git(root, "update-ref", "-d", "refs/autoresearch/night/2")
        git(root, "update-ref", "-d", "refs/heads/autoresearch/night-certified")
        with opened(root) as workspace:
            assert workspace.reconcile(made[3], made[3], made) == ()
            assert "refs/autoresearch/night/4" not in workspace._store.refs()
        assert refs(root) == {
            "heads/autoresearch/night": made[3],
            "heads/autoresearch/night-certified": made[3],
            "autoresearch/night/base": made[0],
            **{f"autoresearch/night/{number}": commit for number, commit in made.items()},
        }
        assert names(root / ".autoresearch/night/work") == ["pristine"]

    def test_before_anything_was_recorded(self, root: Path, workspace: Workspace) -> None:
        assert workspace.reconcile(None, None, {}) == ()
        assert refs(root) == {"autoresearch/night/base": workspace.base}

    def test_a_recorded_commit_that_is_gone(self, workspace: Workspace) -> None:
        with pytest.raises(UserError, match=r"Commit 1{12}, which the ledger calls autoresearch/night, is gone"):
            workspace.reconcile("1" * 40, None, {})


KILLED = """
import sys
from pathlib import Path
from autoresearch.workspace.workspace import Workspace
root, first, tip, ledger = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], open(sys.argv[4], "a")
with Workspace.open(root, root / ".autoresearch/night", "night", editable=["train.py"]) as workspace:
    for number in range(first, 10_000):
        with workspace.draft(tip) as tree:
            (tree / "train.py").write_text(f"lr = 0.{number}")
            tip = workspace.take_in(tree, number=number, parent=tip, message="m", when="2026-01-02T03:04:05Z").commit
        print(number, tip, file=ledger, flush=True)  # recorded first, moved second
        workspace.export(tip, 0)
        workspace.advance(tip=tip)
        workspace.publish([number])
"""


@pytest.mark.slow
def test_killed_anywhere_it_agrees_with_the_ledger_again(root: Path, tmp_path: Path) -> None:
    before, ledger, tip = fingerprint(root), tmp_path / "ledger", git(root, "rev-parse", "HEAD")
    candidates: dict[int, str] = {}
    ledger.touch()
    for kill in range(16):
        argv = [sys.executable, "-c", KILLED, str(root), str(len(candidates) + 1), tip, str(ledger)]
        with subprocess.Popen(argv) as process:
            if kill >= 4:
                wait_for_a_line(ledger, after=len(candidates))
            time.sleep((0.05 if kill < 4 else 0.004) * kill)
            process.send_signal(signal.SIGKILL)
        settle(root)
        candidates = {int(line.split()[0]): line.split()[1] for line in ledger.read_text().splitlines()}
        tip = candidates.get(len(candidates), tip)
        with opened(root) as workspace:
            assert workspace.reconcile(tip, None, candidates) == ()
        assert refs(root)["heads/autoresearch/night"] == tip
        assert [refs(root)[f"autoresearch/night/{number}"] for number in candidates] == list(candidates.values())
        assert fingerprint(root) == before
    assert candidates, "every kill came before the first record"
    git(root, "fsck", "--connectivity-only")


def wait_for_a_line(ledger: Path, *, after: int) -> None:
    deadline = time.monotonic() + 60
    while len(ledger.read_text().splitlines()) <= after:
        assert time.monotonic() < deadline
        time.sleep(0.002)


def settle(root: Path) -> None:
    """Wait for the git a killed process may have left running."""
    while subprocess.run(["pgrep", "-f", str(root)], capture_output=True).returncode == 0:
        time.sleep(0.01)


FULL = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from autoresearch.errors import UserError
from autoresearch.workspace.workspace import Workspace
root = Path(sys.argv[1])
try:
    with Workspace.open(root, root / ".autoresearch/night", "night", editable=["train.py"]) as workspace:
        for number in range(1, 1000):
            with workspace.draft(workspace.base) as tree:
                (tree / "train.py").write_bytes(os.urandom(100_000))
                workspace.take_in(tree, number=number, parent=workspace.base, message="m", when="2026-01-02T03:04:05Z")
except UserError as error:
    print(error.message)
"""


@pytest.mark.parametrize(("mount", "why"), [("size=3m", "No space left on device"), ("ro", "Read-only file system")])
def test_a_disk_that_takes_no_more(root: Path, tmp_path: Path, mount: str, why: str) -> None:
    (root / ".autoresearch").mkdir()
    python = [sys.executable, "-c", FULL, str(root), str(Path(__file__).parents[2] / "src")]
    script = f'mount -t tmpfs -o {mount} none "$0/.autoresearch" || exit 77; exec "$@"'
    argv = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, str(root), *python]
    done = subprocess.run(argv, capture_output=True, text=True)
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("no user namespaces here to mount a small disk in")
    assert done.stderr == ""
    assert done.stdout.startswith("Cannot write below"), done.stdout
    assert f"{why}. Nothing that was recorded is lost.\n" in done.stdout
