from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest

from autoresearch.workspace.git import FILE, LINK, PROGRAM, SUBMODULE, Change, Entry
from autoresearch.workspace.trees import Plot, Source, Unreadable, entry_for, entry_of, remove, walk

BLOBS: dict[str, bytes] = {}


def entry(data: bytes, mode: str = FILE) -> Entry:
    made = entry_for(Change(data, mode), None)
    BLOBS[made.blob] = data
    return made


def read(blob: str) -> bytes:
    return BLOBS[blob]


SOURCE = Source(read)
TREE = {
    "a.py": entry(b"a = 1\n"),
    "run": entry(b"#!/bin/sh\n", PROGRAM),
    "deep/er/b.txt": entry(b"b"),
    "link": entry(b"deep/er/b.txt", LINK),
    "new\nline é": entry(b""),
    os.fsdecode(b"latin\xe9"): entry(b"latin"),
    "sub": Entry(SUBMODULE, "1" * 40, 0),
}


@pytest.fixture
def plot(tmp_path: Path) -> Plot:
    filled = Plot(tmp_path / "plot")
    filled.fill(TREE, SOURCE)
    return filled


def contents(root: Path) -> dict[str, Entry]:
    return {found.path: entry_of(found) for found in walk(root)}


def files(tree: dict[str, Entry]) -> dict[str, Entry]:
    return {path: value for path, value in tree.items() if value.mode != SUBMODULE}


def test_a_filled_folder_holds_the_tree_byte_for_byte(plot: Plot) -> None:
    assert contents(plot.root) == files(TREE)
    assert (plot.root / "link").read_bytes() == b"b"
    assert list((plot.root / "sub").iterdir()) == []
    assert os.access(plot.root / "run", os.X_OK)
    assert plot.disturbed() == ()


def test_ids_are_those_of_git() -> None:
    assert entry(b"hello\n").blob == "ce013625030ba8dba906f756967f9e9ca394464a"
    assert entry_for(Change(b"x"), Entry(FILE, "0" * 64, 0)).blob == hashlib.sha256(b"blob 1\0x").hexdigest()


def test_the_next_tree_replaces_what_differs_and_keeps_the_rest(plot: Plot) -> None:
    kept = (plot.root / "a.py").stat().st_ino
    after = {"a.py": TREE["a.py"], "run": entry(b"#!/bin/sh\n"), "deep": entry(b"a file now"), "x/y": entry(b"y")}
    plot.fill(after, SOURCE)
    assert contents(plot.root) == after
    assert (plot.root / "a.py").stat().st_ino == kept
    plot.fill(TREE, SOURCE)
    assert contents(plot.root) == files(TREE)
    assert not (plot.root / "x").exists()


@pytest.mark.parametrize("wait", [0.0, 0.05])
def test_a_change_is_seen_even_with_forged_times(plot: Plot, wait: float) -> None:
    time.sleep(wait)
    plot.fill(TREE, SOURCE)  # after a wait the signatures are trusted, before it the bytes are hashed
    path = plot.root / "a.py"
    before = path.stat()
    path.write_bytes(b"a = 2\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert plot.disturbed() == ("a.py",)
    plot.fill(TREE, SOURCE)
    assert path.read_bytes() == b"a = 1\n"
    assert plot.disturbed() == ()


def test_what_somebody_planted_is_seen_and_removed(plot: Plot) -> None:
    (plot.root / "planted").write_text("x")
    (plot.root / "deep/er/b.txt").unlink()
    (plot.root / "link").unlink()
    (plot.root / "link").symlink_to("/etc/passwd")
    assert plot.disturbed() == ("deep/er/b.txt", "link", "planted")
    plot.fill(TREE, SOURCE)
    assert contents(plot.root) == files(TREE)


@pytest.mark.parametrize("kind", ["fifo", "hardlink", "deep", "locked"])
def test_a_spoiled_folder_is_made_anew(plot: Plot, kind: str) -> None:
    if kind == "fifo":
        os.mkfifo(plot.root / "pipe")
    elif kind == "hardlink":
        os.link(plot.root / "a.py", plot.root.parent / "other name")
    elif kind == "deep":
        (plot.root / "/".join("d" * 70)).mkdir(parents=True)
    else:
        (plot.root / "deep").chmod(0)
    if kind != "locked" or os.geteuid() != 0:
        assert plot.disturbed() == (".",)
    plot.fill(TREE, SOURCE)
    assert contents(plot.root) == files(TREE)
    assert not list((plot.root).rglob("pipe"))


@pytest.mark.parametrize("name", ["a.py", "stray"])
@pytest.mark.timeout(20)
def test_a_terabyte_of_holes_is_replaced_unread(plot: Plot, name: str) -> None:
    with (plot.root / name).open("ab") as file:
        file.truncate(1 << 40)
    assert plot.disturbed() == (name,)
    plot.fill(TREE, SOURCE)
    assert contents(plot.root) == files(TREE)


def test_large_files_are_copied_from_the_pristine_folder(tmp_path: Path) -> None:
    data = os.urandom(3 << 20)
    tree = {"big.bin": entry(data), "small": entry(b"s")}
    pristine = Plot(tmp_path / "pristine")
    pristine.fill(tree, SOURCE)
    BLOBS.pop(tree["big.bin"].blob)  # only the folder has it now
    slot = Plot(tmp_path / "slot")
    slot.fill(tree, Source(read, pristine.root, tree))
    assert (slot.root / "big.bin").read_bytes() == data
    assert (slot.root / "big.bin").stat().st_ino != (pristine.root / "big.bin").stat().st_ino


def test_walking_names_a_folder_that_lies_too_deep(tmp_path: Path) -> None:
    (tmp_path / "/".join("d" * 70)).mkdir(parents=True)
    with pytest.raises(Unreadable, match="lies more than 64 folders deep"):
        list(walk(tmp_path))


def test_removing_copes_with_two_thousand_folders_in_each_other(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_text("kept")
    here = os.open(tmp_path, os.O_RDONLY)
    for depth in range(2000):
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY, dir_fd=here)
        os.symlink(tmp_path, "link", dir_fd=inner)
        if depth == 1500:
            os.mkdir("closed", 0, dir_fd=inner)
        os.close(here)
        here = inner
    os.close(here)
    remove(tmp_path / "d")
    assert kept.read_text() == "kept"
    kept.unlink()
    assert list(tmp_path.iterdir()) == []
    remove(tmp_path / "never there")


def test_what_vanishes_while_its_folder_is_read_is_unreadable_and_no_fault(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / name).write_bytes(b"")
    found = walk(tmp_path)
    first = next(found)
    for name in set("abc") - {first.path}:
        (tmp_path / name).unlink()
    with pytest.raises(Unreadable, match=r"^[abc] cannot be looked at: No such file"):
        next(found)


def test_a_link_that_vanishes_and_a_root_that_cannot_be_opened_are_unreadable(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("somewhere")
    found = walk(tmp_path)
    link = next(found)
    (tmp_path / "link").unlink()
    with pytest.raises(Unreadable, match=r"^link cannot be read: "):
        entry_of(link)
    found.close()
    with pytest.raises(Unreadable, match=r"^\. cannot be opened: "):
        next(walk(tmp_path / "link"))
