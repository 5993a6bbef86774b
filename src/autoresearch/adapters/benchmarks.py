"""Numbers out of a benchmark tool: python -m autoresearch.adapters.benchmarks pytest|hyperfine|cargo [argument ...]

pytest      pytest-benchmark: `<test>` is the median of each benchmark in seconds, `total` their sum
hyperfine   `<command>` is the mean of each command in seconds, `total` their sum
cargo       cargo bench, with libtest's or criterion's output: `<bench>` in nanoseconds, `total` their sum
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from autoresearch.adapters.say import fail, metric_name, metrics

_LIBTEST = re.compile(r"^test (\S+)\s+\.\.\. bench:\s+([\d,.]+) (ns|us|µs|ms|s)/iter", re.M)
_CRITERION = re.compile(r"^(\S[^\n]*?)?\s*time:\s+\[\S+ \S+ ([\d.]+) (ps|ns|us|µs|ms|s) \S+ \S+\]", re.M)
_NS = {"ps": 1e-3, "ns": 1.0, "us": 1e3, "µs": 1e3, "ms": 1e6, "s": 1e9}


def pytest(arguments: Sequence[str]) -> dict[str, float]:
    """Median seconds of every benchmark."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "benchmark.json"
        argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--benchmark-only"]
        _run([*argv, f"--benchmark-json={report}", *arguments])
        found = _json(report)
    return {each["name"]: float(each["stats"]["median"]) for each in found["benchmarks"]}


def hyperfine(arguments: Sequence[str]) -> dict[str, float]:
    """Mean seconds of every command."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "hyperfine.json"
        _run(["hyperfine", "--export-json", str(report), *arguments])
        found = _json(report)
    return {each["command"]: float(each["mean"]) for each in found["results"]}


def cargo(arguments: Sequence[str]) -> dict[str, float]:
    """Nanoseconds of every benchmark."""
    text = _run(["cargo", "bench", *arguments])
    values = {name: float(number.replace(",", "")) * _NS[unit] for name, number, unit in _LIBTEST.findall(text)}
    for place, (name, number, unit) in enumerate(_CRITERION.findall(text), 1):
        values[name or f"bench_{place}"] = float(number) * _NS[unit]
    return values


TOOLS: dict[str, Callable[[Sequence[str]], dict[str, float]]] = {
    "pytest": pytest,
    "hyperfine": hyperfine,
    "cargo": cargo,
}


def main(arguments: list[str]) -> None:
    """Run the tool and say its numbers."""
    if not arguments or arguments[0] not in TOOLS:
        fail("usage: python -m autoresearch.adapters.benchmarks pytest|hyperfine|cargo [argument ...]")
    values = TOOLS[arguments[0]](arguments[1:])
    if not values:
        fail("no benchmark ran")
    named = {metric_name(name): value for name, value in values.items()}
    metrics({"total": sum(named.values())} | {name: value for name, value in named.items() if name != "total"})


def _run(argv: Sequence[str]) -> str:
    try:
        done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    except OSError as error:
        fail(f"{argv[0]} cannot be started: {error}")
    text = done.stdout.decode("utf-8", "replace")
    print(text, end="")
    if done.returncode:
        fail(f"{argv[0]} ended with status {done.returncode}")
    return text


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        fail(f"it left no {path.name}: {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
