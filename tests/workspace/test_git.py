from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from autoresearch.errors import UserError
from autoresearch.workspace.git import Change, Entry, Store, UserRepository
from gitrepo import fingerprint, git, repository, write

FILES: dict[str, str | bytes] = {"train.py": "lr = 1\n", "data/a.bin": b"\0\1\2", "read me.txt": "hello\n"}
WHEN = "2026-01-02T03:04:05Z"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return repository(tmp_path / "user", FILES)


@pytest.fixture
def store(root: Path, tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "referee.git", beside=UserRepository(root)) as opened:
        yield opened


def commit(store: Store, parent: str, changes: dict[str, Change], number: int = 1) -> str:
    return store.commit(f"refs/autoresearch/s/{number}", parent, changes, message="one", when=WHEN)


class TestQuestions:
    def test_it_is_found_from_below(self, root: Path) -> None:
        user = UserRepository(root / "data")
        assert user.root == root
        assert user.head() == git(root, "rev-parse", "HEAD")
        assert user.branch() == "main"

    def test_detached_head_has_a_commit_and_no_branch(self, root: Path) -> None:
        git(root, "checkout", "--quiet", "--detach")
        assert UserRepository(root).branch() is None
        assert UserRepository(root).head() == git(root, "rev-parse", "main")

    def test_a_linked_worktree_has_its_own_root_and_the_shared_refs(self, root: Path, tmp_path: Path) -> None:
        git(root, "worktree", "add", "--quiet", "-b", "side", str(tmp_path / "linked"))
        linked = UserRepository(tmp_path / "linked")
        assert linked.root == tmp_path / "linked"
        assert linked.common == root / ".git"
        assert linked.objects == root / ".git/objects"
        assert linked.branches("refs/heads/side")["refs/heads/side"].checked_out == tmp_path / "linked"

    def test_dirty_is_staged_changed_and_unknown_files(self, root: Path) -> None:
        assert UserRepository(root).dirty() == ()
        write(root, {"train.py": "lr = 2\n", "new\nname.txt": "x", "staged é.txt": "y"})
        git(root, "add", "staged é.txt")
        assert UserRepository(root).dirty() == ("new\nname.txt", "staged é.txt", "train.py")

    def test_the_tree_has_every_file_with_its_size(self, root: Path) -> None:
        tree = UserRepository(root).tree("HEAD")
        assert {path: entry.size for path, entry in tree.items()} == {"train.py": 7, "data/a.bin": 3, "read me.txt": 6}

    def test_the_caller_s_git_variables_lead_nowhere_else(
        self, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = repository(tmp_path / "other", {"x": "y"})
        monkeypatch.setenv("GIT_DIR", str(other / ".git"))
        monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
        assert UserRepository(root).head() != git(other, "rev-parse", "HEAD")
        assert not (tmp_path / "index").exists()

    def test_asking_changes_nothing_and_runs_no_monitor(self, root: Path) -> None:
        marker = root.parent / "ran"
        git(root, "config", "core.fsmonitor", f"touch {marker}; false")
        write(root, {"train.py": "lr = 1\n"})  # stat-dirty: git would like to refresh its index
        before = fingerprint(root)
        user = UserRepository(root)
        assert user.dirty() == ()
        user.head(), user.branch(), user.tree("HEAD"), user.branches("refs/heads"), user.refs("refs")
        assert fingerprint(root) == before
        assert not marker.exists()


class TestRefusals:
    def refusal(self, where: Path) -> UserError:
        with pytest.raises(UserError) as caught:
            UserRepository(where).head()
        return caught.value

    def test_no_repository(self, tmp_path: Path) -> None:
        assert "is not in a git repository" in self.refusal(tmp_path).message
        assert "git init" in self.refusal(tmp_path).fix

    def test_no_such_folder(self, tmp_path: Path) -> None:
        assert "is not a directory" in self.refusal(tmp_path / "gone").message

    def test_no_commits(self, tmp_path: Path) -> None:
        git(tmp_path, "init", "--quiet")
        assert "has no commits yet" in self.refusal(tmp_path).message

    def test_bare(self, root: Path, tmp_path: Path) -> None:
        git(tmp_path, "clone", "--quiet", "--bare", str(root), "bare.git")
        assert "is a bare repository" in self.refusal(tmp_path / "bare.git").message

    def test_inside_the_git_folder(self, root: Path) -> None:
        assert "inside a .git directory" in self.refusal(root / ".git").message

    def test_unknown_revision(self, root: Path) -> None:
        with pytest.raises(UserError, match="has no commit '--nope'"):
            UserRepository(root).resolve("--nope")

    def test_no_git(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(root))
        assert self.refusal(root).message == "git is not installed."

    def test_old_git(self, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write(tmp_path, {"bin/git": "#!/bin/sh\necho git version 2.17.1\n"})
        (tmp_path / "bin/git").chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
        assert self.refusal(root).message == "git version 2.17.1 is too old."


class TestStore:
    def test_a_commit_is_the_parent_with_the_changes(self, root: Path, store: Store) -> None:
        head = git(root, "rev-parse", "HEAD")
        changes = {
            "train.py": Change(b"lr = 3\n"),
            "data/a.bin": Change(None),
            'bin/a "b"\n\\é': Change(b"#!\n", "100755"),
        }
        made = commit(store, head, changes)
        tree = store.tree(made)
        assert sorted(tree) == ['bin/a "b"\n\\é', "read me.txt", "train.py"]
        assert store.read(tree["train.py"].blob) == b"lr = 3\n"
        assert tree['bin/a "b"\n\\é'].mode == "100755"
        assert store.refs() == {"refs/autoresearch/s/1": made}

    def test_the_same_arguments_make_the_same_commit(self, root: Path, store: Store) -> None:
        head = git(root, "rev-parse", "HEAD")
        first = commit(store, head, {"train.py": Change(b"x")})
        assert commit(store, head, {"train.py": Change(b"x")}, number=2) == first
        said = store.read(first).decode()
        assert "committer autoresearch <autoresearch@localhost> 1767323045 +0000\n\none" in said

    def test_a_file_can_take_the_place_of_a_folder(self, root: Path, store: Store) -> None:
        made = commit(
            store, git(root, "rev-parse", "HEAD"), {"data": Change(b"now a file"), "data/a.bin": Change(None)}
        )
        assert set(store.tree(made)) == {"train.py", "data", "read me.txt"}

    def test_many_commits_stay_few_packs(self, root: Path, store: Store) -> None:
        parent = git(root, "rev-parse", "HEAD")
        for number in range(101):
            parent = commit(store, parent, {"train.py": Change(b"%d" % number)}, number)
        assert len(list(store.path.glob("objects/pack/*.pack"))) == 2
        assert store.read(store.tree(parent)["train.py"].blob) == b"100"

    def test_the_reader_starts_again_when_it_died(self, root: Path, store: Store) -> None:
        blob = store.tree(git(root, "rev-parse", "HEAD"))["train.py"].blob
        assert store.read(blob) == b"lr = 1\n"
        process = store._reader._process
        assert process is not None
        process.kill()
        process.wait()
        assert store.read(blob) == b"lr = 1\n"

    def test_threads_share_it(self, root: Path, store: Store) -> None:
        head = git(root, "rev-parse", "HEAD")
        wrong: list[int] = []

        def work(worker: int) -> None:
            for number in range(worker * 10, worker * 10 + 10):
                made = commit(store, head, {"train.py": Change(b"%d" % number)}, number)
                if store.read(store.tree(made)["train.py"].blob) != b"%d" % number:
                    wrong.append(number)

        threads = [threading.Thread(target=work, args=(worker,)) for worker in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []
        assert len(store.refs()) == 40

    def test_a_missing_object_is_a_sentence(self, store: Store) -> None:
        with pytest.raises(UserError, match="is not in the repository"):
            store.read("0" * 40)
        assert not store.has("0" * 40)

    def test_a_moved_repository_lends_its_objects_again(self, root: Path, tmp_path: Path) -> None:
        Store.open(root / "s/referee.git", beside=UserRepository(root)).close()
        root.rename(tmp_path / "moved")
        with Store.open(tmp_path / "moved/s/referee.git", beside=UserRepository(tmp_path / "moved")) as store:
            assert "train.py" in store.tree(git(tmp_path / "moved", "rev-parse", "HEAD"))

    def test_sha256_repositories_work(self, tmp_path: Path) -> None:
        root = repository(tmp_path / "new", FILES, "--object-format=sha256")
        with Store.open(tmp_path / "s.git", beside=UserRepository(root)) as store:
            made = commit(store, git(root, "rev-parse", "HEAD"), {"train.py": Change(b"x")})
            assert len(made) == 64
            assert isinstance(store.tree(made)["train.py"], Entry)

    def test_no_configuration_of_anybody_runs(self, root: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        marker = root.parent / "ran"
        script = root.parent / "evil"
        script.write_text(f"#!/bin/sh\ntouch {marker}\n")
        script.chmod(0o755)
        settings = f"[diff]\nexternal = {script}\n[core]\nhooksPath = {root.parent / 'hooks'}\npager = {script}\n"
        settings += f'[diff "x"]\ntextconv = {script}\ncommand = {script}\n[filter "x"]\nclean = {script}\n'
        write(root.parent, {"gitconfig": settings, "hooks/reference-transaction": script.read_text()})
        (root.parent / "hooks/reference-transaction").chmod(0o755)
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(root.parent / "gitconfig"))
        head = UserRepository(root).head()
        made = commit(store, head, {".gitattributes": Change(b"* diff=x filter=x\n"), "train.py": Change(b"x\n")})
        assert "+x" in store.diff(head, made)
        store.set_refs({"refs/heads/a": made})
        UserRepository(root).receive(store.path, ["refs/heads/a"])
        assert git(root, "rev-parse", "a") == made
        assert not marker.exists()
