from __future__ import annotations

import os
import random
import socket
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoresearch.errors import Foul
from autoresearch.records import Outcome
from autoresearch.workspace.git import FILE, LINK, PROGRAM, SUBMODULE, Change, Entry
from autoresearch.workspace.globs import Globs
from autoresearch.workspace.intake import Limits, Scope, quote, read_changes
from autoresearch.workspace.trees import Plot, Source, Unreadable, contents, entry_for, walk

FILES = {
    "train.py": (b"lr = 1\n", FILE),
    "src/model.py": (b"n = 2\n", FILE),
    "src/tool.sh": (b"#!/bin/sh\n", PROGRAM),
    "evaluate.py": (b"print(1)\n", FILE),
    "holdout/secret.txt": (b"42", FILE),
    "lib/fast.so": (b"\x7fELF", FILE),
    "data": (b"src", LINK),
    ".gitattributes": (b"*.txt text\n", FILE),
}
SCOPE = Scope(
    Globs(("train.py", "src/**", "notes/*", "**/*.so", ".gitattributes", "vendored/**")), Globs(("holdout/**",))
)
PARENT = {path: entry_for(Change(*content), None) for path, content in FILES.items()}
PARENT["vendored"] = Entry(SUBMODULE, "1" * 40, 0)
BLOBS = {PARENT[path].blob: data for path, (data, _) in FILES.items()}
SHOWN = {path: entry for path, entry in PARENT.items() if SCOPE.visible(path)}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    Plot(tmp_path / "tree").fill(SHOWN, Source(BLOBS.__getitem__))
    return tmp_path / "tree"


def changes(tree: Path, limits: Limits | None = None) -> dict[str, Change]:
    return read_changes(tree, PARENT, SCOPE, limits)


def foul(tree: Path, outcome: Outcome, limits: Limits | None = None) -> str:
    with pytest.raises(Foul) as caught:
        changes(tree, limits)
    assert caught.value.outcome is outcome, caught.value.reason
    return caught.value.reason


class TestWhatCounts:
    def test_edits_additions_deletions_and_modes_in_scope(self, tree: Path) -> None:
        (tree / "train.py").write_bytes(b"lr = 3\n")
        (tree / "notes").mkdir()
        (tree / "notes/a b é.md").write_bytes(b"idea")
        (tree / "src/model.py").unlink()
        (tree / "src/tool.sh").chmod(0o644)
        assert changes(tree) == {
            "notes/a b é.md": Change(b"idea"),
            "src/model.py": Change(None),
            "src/tool.sh": Change(b"#!/bin/sh\n", FILE),
            "train.py": Change(b"lr = 3\n"),
        }

    def test_nothing_changed(self, tree: Path) -> None:
        assert foul(tree, Outcome.NO_CHANGE) == "The tree is the parent's: nothing was changed."

    def test_rewriting_the_same_bytes_is_no_change(self, tree: Path) -> None:
        for path in ("train.py", "evaluate.py"):
            (tree / path).unlink()
            (tree / path).write_bytes(FILES[path][0])
        (tree / "vendored").rmdir()
        (tree / "empty/folder").mkdir(parents=True)
        foul(tree, Outcome.NO_CHANGE)

    def test_an_edit_with_the_old_size_and_forged_times_counts(self, tree: Path) -> None:
        before = (tree / "train.py").stat()
        (tree / "train.py").write_bytes(b"lr = 9\n")
        os.utime(tree / "train.py", ns=(before.st_atime_ns, before.st_mtime_ns))
        assert changes(tree) == {"train.py": Change(b"lr = 9\n")}

    def test_caches_and_byproducts_are_dropped_unread(self, tree: Path) -> None:
        (tree / "train.py").write_bytes(b"x")
        for junk in ("__pycache__/train.cpython-311.pyc", "src/__pycache__/evil.py", ".pytest_cache/v/x", "src/new.so"):
            (tree / junk).parent.mkdir(parents=True, exist_ok=True)
            (tree / junk).write_bytes(b"junk")
        (tree / "weights.pth").write_bytes(b"0" * 1000)
        os.mkfifo(tree / "src/__pycache__/pipe")
        os.mkfifo(tree / "pipe.pyc")
        assert set(changes(tree)) == {"train.py"}

    def test_a_file_may_take_the_place_of_a_folder(self, tree: Path) -> None:
        for name in ("model.py", "tool.sh"):
            (tree / "src" / name).unlink()
        (tree / "src/tool.sh").mkdir()
        (tree / "src/tool.sh/inner").write_bytes(b"i")
        assert changes(tree) == {
            "src/model.py": Change(None),
            "src/tool.sh": Change(None),
            "src/tool.sh/inner": Change(b"i"),
        }


class TestOutOfScope:
    @pytest.mark.parametrize("path", ["evaluate.py", "conftest.py", "holdout/secret.txt", "lib/fast.so", "vendored/x"])
    def test_bytes_outside_the_patterns(self, tree: Path, path: str) -> None:
        (tree / "train.py").write_bytes(b"x")
        (tree / path).parent.mkdir(exist_ok=True)
        (tree / path).write_bytes(b"42")
        assert foul(tree, Outcome.OUT_OF_SCOPE) == f"Changed what may not change: `{path}`."

    def test_deleting_and_chmodding_sealed_files(self, tree: Path) -> None:
        (tree / "evaluate.py").chmod(0o755)
        (tree / ".gitattributes").unlink()
        (tree / "data").unlink()
        assert foul(tree, Outcome.OUT_OF_SCOPE).endswith(": `.gitattributes`, `data`, `evaluate.py`.")

    def test_at_most_five_paths_are_named(self, tree: Path) -> None:
        for number in range(8):
            (tree / f"x{number}").write_text("x")
        assert foul(tree, Outcome.OUT_OF_SCOPE).endswith("`x0`, `x1`, `x2`, `x3`, `x4` and 3 more.")

    def test_a_link_replaced_by_what_it_points_to(self, tree: Path) -> None:
        (tree / "data").unlink()
        (tree / "data").write_bytes(b"src")
        foul(tree, Outcome.OUT_OF_SCOPE)


class TestViolations:
    @pytest.mark.parametrize("where", ["train.py", "src/new.py", "anywhere"])
    def test_symbolic_links(self, tree: Path, where: str) -> None:
        (tree / where).unlink(missing_ok=True)
        (tree / where).symlink_to(tree / "evaluate.py")
        assert foul(tree, Outcome.VIOLATION) == f"`{where}` is a symbolic link that was not there before."

    def test_a_link_pointed_elsewhere(self, tree: Path) -> None:
        (tree / "data").unlink()
        (tree / "data").symlink_to("xyz")
        foul(tree, Outcome.VIOLATION)

    def test_a_folder_replaced_by_a_link_is_not_followed(self, tree: Path, tmp_path: Path) -> None:
        (tree / "src").rename(tmp_path / "elsewhere")
        (tree / "src").symlink_to(tmp_path / "elsewhere")
        assert "`src` is a symbolic link" in foul(tree, Outcome.VIOLATION)

    @pytest.mark.parametrize("path", ["train.py", "evaluate.py"])
    def test_hard_links(self, tree: Path, tmp_path: Path, path: str) -> None:
        os.link(tree / path, tmp_path / "other")
        assert "hard link" in foul(tree, Outcome.VIOLATION)

    @pytest.mark.parametrize("path", ["train.py", "src/pipe", "pipe"])
    def test_a_fifo_is_never_waited_for(self, tree: Path, path: str) -> None:
        (tree / path).unlink(missing_ok=True)
        os.mkfifo(tree / path)
        started = time.monotonic()
        assert foul(tree, Outcome.VIOLATION) == f"`{path}` is neither a file nor a folder."
        assert time.monotonic() - started < 30

    def test_sockets(self, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tree)
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("src/s")
            foul(tree, Outcome.VIOLATION)

    @pytest.mark.parametrize(
        "path", [".git/config", "src/.git/HEAD", "src/.GIT ", "src/.git.", "src/GIT~1/x", "src/.gitmodules", ".git"]
    )
    def test_anything_git_obeys(self, tree: Path, path: str) -> None:
        (tree / path).parent.mkdir(exist_ok=True)
        (tree / path).write_text("gitdir: /evil\n")
        assert "is a name git obeys" in foul(tree, Outcome.VIOLATION)

    @pytest.mark.parametrize("name", ["a\nb", "a\x1b[31m", "e\u0301", "zero\u200bwidth", os.fsdecode(b"\xff")])
    def test_names_that_are_not_plain(self, tree: Path, name: str) -> None:
        (tree / "src" / name).write_text("x")
        reason = foul(tree, Outcome.VIOLATION)
        assert "is not a plain name" in reason
        assert "\n" not in reason
        assert "\x1b" not in reason

    @pytest.mark.parametrize(("first", "second"), [("src/Model.py", "src/model.py"), ("src/a/b", "src/A/c")])
    def test_names_that_differ_only_in_case(self, tree: Path, first: str, second: str) -> None:
        for path in (first, second):
            (tree / path).parent.mkdir(exist_ok=True)
            (tree / path).write_text("x")
        assert "are one name on some systems" in foul(tree, Outcome.VIOLATION)

    def test_a_sparse_file_of_a_terabyte_is_not_read(self, tree: Path) -> None:
        for path in ("train.py", "evaluate.py"):
            os.truncate(tree / path, 1 << 40)
        started = time.monotonic()
        assert "`train.py` has 1,099,511,627,776 bytes" in foul(tree, Outcome.VIOLATION)
        assert time.monotonic() - started < 30

    def test_too_much_in_all_and_too_many(self, tree: Path) -> None:
        for number in range(5):
            (tree / f"src/{number}").write_bytes(b"x" * 300)
        assert "may have 400" in foul(tree, Outcome.VIOLATION, Limits(file_bytes=400, total_bytes=1000))
        assert "more than 4 new files and folders" in foul(tree, Outcome.VIOLATION, Limits(entries=4))
        assert len(changes(tree, Limits(file_bytes=300, total_bytes=1500, entries=5))) == 5

    def test_folders_without_end(self, tree: Path) -> None:
        (tree / "/".join("d" * 80)).mkdir(parents=True)
        assert "lies more than 64 folders deep" in foul(tree, Outcome.VIOLATION)

    def test_a_file_that_grows_while_it_is_read(self, tree: Path) -> None:
        for found in walk(tree):
            if found.path == "train.py":
                (tree / "train.py").write_bytes(b"longer than it was when it was found")
                with pytest.raises(Unreadable, match="changed while it was read"):
                    b"".join(contents(found))


def test_what_is_sealed_never_depends_on_the_patterns_alone() -> None:
    assert set(SCOPE.seal(PARENT)) == set(PARENT) - {"train.py", "src/model.py", "src/tool.sh"}


def test_quoted_names_are_short_and_harmless() -> None:
    assert quote("a b é") == "`a b é`"
    assert quote("a\x1b\n") == "`a\\x1b\\n`"
    assert len(quote("x" * 10_000)) < 130


@settings(max_examples=60)
@given(st.integers(0, 2**32))
def test_applying_what_was_read_gives_what_was_left(seed: int) -> None:
    """Random honest edits: the parent with the changes is exactly the folder."""
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder, "tree")
        Plot(tree).fill(SHOWN, Source(BLOBS.__getitem__))
        wanted = {path: FILES[path][0] for path in ("train.py", "src/model.py", "src/tool.sh")}
        for path in ("train.py", "src/model.py", "src/n1", "src/deep/n2", "notes/n3"):
            if dice.random() < 0.4:
                wanted[path] = dice.randbytes(dice.randrange(40))
                (tree / path).parent.mkdir(parents=True, exist_ok=True)
                (tree / path).write_bytes(wanted[path])
            elif dice.random() < 0.3 and path in wanted:
                (tree / path).unlink()
                del wanted[path]
        after = {path: FILES[path][0] for path in ("train.py", "src/model.py", "src/tool.sh")}
        if after == wanted:
            foul(tree, Outcome.NO_CHANGE)
            return
        for path, change in changes(tree).items():
            after.pop(path, None)
            if change.data is not None:
                after[path] = change.data
        assert after == wanted


@pytest.mark.parametrize("pattern", ["**", "*.jsonl", ".autoresearch/**"])
def test_no_pattern_opens_the_folder_of_the_ledgers(pattern: str) -> None:
    """A branch that held one would overwrite the real ledger, which git ignores, when it is checked out."""
    assert not Scope(Globs((pattern,)), Globs(())).may_change(".autoresearch/study/ledger.jsonl")
