"""What a repository already measures itself with, most telling first."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autoresearch.setups.files import text

_TELLING = re.compile(r"^(bench\w*|perf\w*|eval\w*|score|measure|train)$", re.I)
_SCRIPTS = ("bench.py", "benchmark.py", "measure.py", "score.py", "evaluate.py", "eval.py", "train.py")
_ADAPTER = "python -m autoresearch.adapters.benchmarks"


@dataclass(frozen=True, slots=True)
class Found:
    """A command that may be what to measure."""

    command: str
    why: str
    metric: str = ""
    """Where the tool decides it."""
    unit: str = ""


def detect(root: Path) -> list[Found]:
    """Commands the repository offers, each once."""
    found = [*_pytest(root), *_cargo(root), *_npm(root), *_make(root), *_hyperfine(root), *_scripts(root)]
    return list({each.command: each for each in reversed(found)}.values())[::-1]


def _pytest(root: Path) -> Iterator[Found]:
    named = any("pytest-benchmark" in text(root / name) for name in ("pyproject.toml", "setup.cfg", "tox.ini"))
    named = named or any("pytest-benchmark" in text(path) for path in root.glob("requirements*.txt"))
    if not named:
        return
    used = sorted(path for path in root.glob("**/test*.py") if re.search(r"def test\w*\(.*\bbenchmark\b", text(path)))
    where = f" {used[0].relative_to(root).as_posix()}" if len(used) == 1 else ""
    yield Found(f"{_ADAPTER} pytest{where}", "pytest-benchmark is asked for", "total", "s")


def _cargo(root: Path) -> Iterator[Found]:
    if (root / "Cargo.toml").is_file() and ((root / "benches").is_dir() or "[[bench]]" in text(root / "Cargo.toml")):
        yield Found(f"{_ADAPTER} cargo", "Cargo.toml has benches", "total", "ns")


def _npm(root: Path) -> Iterator[Found]:
    try:
        said: Any = json.loads(text(root / "package.json") or "{}")
        scripts = dict(said["scripts"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return
    for name in scripts:
        if _TELLING.match(str(name).split(":")[0]):
            yield Found(f"npm run --silent {name}", f"package.json has a script {name!r}")


def _make(root: Path) -> Iterator[Found]:
    for file in ("GNUmakefile", "makefile", "Makefile"):
        for name in re.findall(r"^([A-Za-z][\w-]*)\s*:(?!=)", text(root / file), re.M):
            if _TELLING.match(name):
                yield Found(f"make -s {name}", f"{file} has a target {name!r}")


def _hyperfine(root: Path) -> Iterator[Found]:
    for path in (*sorted(root.glob("*.sh")), *sorted(root.glob("scripts/*.sh")), *sorted(root.glob("bench*/*.sh"))):
        if "hyperfine" in text(path):
            yield Found(f"bash {path.relative_to(root).as_posix()}", f"{path.name} calls hyperfine")


def _scripts(root: Path) -> Iterator[Found]:
    for name in _SCRIPTS:
        if (root / name).is_file():
            yield Found(f"python {name}", f"there is a {name}")
