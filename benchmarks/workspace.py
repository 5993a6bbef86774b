"""Milliseconds of every step of the workspace, for small, middling and large repositories.

    python benchmarks/workspace.py               all sizes
    python benchmarks/workspace.py 10 500        only these numbers of files
    python benchmarks/workspace.py --grow 5000   one study of 5,000 experiments: does the last cost what the 1st did?

Medians, on the file system of the temporary directory (TMPDIR). A "new" tree differs from the one before in one file.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from autoresearch.workspace.workspace import Workspace

SIZES = {"10": (10, 4_000), "500": (500, 4_000), "5000": (5_000, 4_000), "300MB": (300, 1_000_000)}
T = TypeVar("T")
WHEN = "2026-01-02T03:04:05Z"
STEPS = ("open", "reopen", "draft", "take_in", "export new", "export same", "sealed", "advance", "publish", "discard")


def main() -> None:
    args = sys.argv[1:]
    if args[:1] == ["--grow"]:
        grow(int(args[1]))
        return
    print(f"{'files':>6} " + " ".join(f"{step:>11}" for step in STEPS) + "   [ms]")
    for name in args or SIZES:
        files, size = SIZES[name]
        with tempfile.TemporaryDirectory() as folder:
            root = repository(Path(folder, "user"), files, size)
            spent = measure(root, rounds=30 if files * size < 10_000_000 else 7)
        print(f"{name:>6} " + " ".join(f"{statistics.median(spent[step]):11.1f}" for step in STEPS))


def repository(root: Path, files: int, size: int) -> Path:
    for number in range(files):
        path = root / f"pkg{number % 50}" / f"file {number}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(size))
    (root / "train.py").write_text("lr = 1\n" * 200)
    who = ("-c", "user.name=a", "-c", "user.email=a@localhost")
    for command in (["init", "-q"], ["add", "-A"], [*who, "commit", "-qm", "first"], ["gc", "-q"]):
        subprocess.run(["git", "-C", str(root), "-c", "core.compression=0", *command], check=True)
    return root


def measure(root: Path, *, rounds: int) -> dict[str, list[float]]:
    spent: dict[str, list[float]] = {step: [] for step in STEPS}
    timed(spent["open"], lambda: open_workspace(root).close())
    for _ in range(3):
        timed(spent["reopen"], lambda: open_workspace(root).close())
    with open_workspace(root) as workspace:
        tip = workspace.base
        for number in range(1, rounds + 1):
            tip = one(workspace, number, tip, spent)
    return spent


def open_workspace(root: Path) -> Workspace:
    return Workspace.open(root, root / ".autoresearch/bench", "bench", editable=["train.py"])


def one(workspace: Workspace, number: int, tip: str, spent: dict[str, list[float]], *, every: int = 1) -> str:
    started = time.perf_counter()
    with workspace.draft(tip) as tree:
        spent["draft"].append(ms(started))
        (tree / "train.py").write_text(f"lr = {number} / 7\n" * 200)
        new = timed(
            spent["take_in"],
            lambda: workspace.take_in(tree, number=number, parent=tip, message=f"try {number}", when=WHEN),
        ).commit
        started = time.perf_counter()
    spent["discard"].append(ms(started))
    timed(spent["export new"], lambda: workspace.export(new, 0))
    timed(spent["export same"], lambda: workspace.export(new, 0))
    timed(spent["sealed"], lambda: workspace.export(new, 0, sealed_only=True))
    timed(spent["advance"], lambda: workspace.advance(tip=new))
    if number % every == 0:
        timed(spent["publish"], lambda: workspace.publish(range(number - every + 1, number + 1)))
    return new


def grow(experiments: int) -> None:
    """One long study, published 50 experiments at a time; medians of every tenth part of it."""
    with tempfile.TemporaryDirectory() as folder:
        root = repository(Path(folder, "user"), 20, 4_000)
        with open_workspace(root) as workspace:
            tip, spent = workspace.base, {step: list[float]() for step in STEPS}
            shown = ("draft", "take_in", "export new", "sealed", "advance", "publish")
            print(f"{'up to':>6} " + " ".join(f"{step:>11}" for step in shown) + "   [ms]")
            for number in range(1, experiments + 1):
                tip = one(workspace, number, tip, spent, every=50)
                if number % (experiments // 10) == 0:
                    print(f"{number:>6} " + " ".join(f"{statistics.median(spent[step]):11.1f}" for step in shown))
                    spent = {step: [] for step in STEPS}


def timed(into: list[float], work: Callable[[], T]) -> T:
    started = time.perf_counter()
    result = work()
    into.append(ms(started))
    return result


def ms(since: float) -> float:
    return (time.perf_counter() - since) * 1e3


if __name__ == "__main__":
    main()
