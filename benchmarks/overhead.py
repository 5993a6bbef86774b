"""What the harness adds to an experiment, beside the candidate's and the evaluation's own seconds.

A task that takes no time runs through the real loop: draft, edit, intake, commit, sandbox, measurement, ledger. Printed
are the median and how it grows with the length of the study, and the memory the process keeps.

    python benchmarks/overhead.py --experiments 500
    python benchmarks/overhead.py --experiments 5000 --sandbox embedded
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

from autoresearch import config
from autoresearch.assembly import assemble
from autoresearch.history import History
from autoresearch.records import Brief, Experiment, Proposal
from autoresearch.task import Budget
from autoresearch.workspace import git

TASK = """
name = "nothing"
goal = "Measure the harness"
editable = ["number.txt"]
[metric]
name = "x"
direction = "minimize"
[experiment]
command = ["/bin/echo", "METRIC x=1.0"]
seconds = 10
[referee]
preset = "certify"
[sandbox]
use = "{sandbox}"
"""


class Counter:
    """An agent that writes the experiment's number and nothing else."""

    name = "counter"

    def edit(self, brief: Brief, tree: Path, history: History) -> Proposal:
        (tree / "number.txt").write_text(f"{brief.number}\n")
        return Proposal(f"number {brief.number}", cost_usd=0.0, tokens=0)


def resident_mib() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return float("nan")


def repository(folder: Path, sandbox: str, files: int) -> Path:
    root = folder / "repository"
    root.mkdir()
    (root / "number.txt").write_text("0\n")
    (root / "autoresearch.toml").write_text(TASK.format(sandbox=sandbox))
    for i in range(files):
        path = root / f"package{i % 20}" / f"module{i}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"value = {i}\n" * 50)
    git.create(root, message="Nothing")
    return root


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--experiments", type=int, default=500)
    parser.add_argument("--sandbox", default="auto")
    parser.add_argument("--files", type=int, default=50, help="sealed files beside the one that changes")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = repository(Path(folder), options.sandbox, options.files)
        assembly = assemble(root, config.load(root), granted=Budget(experiments=options.experiments))
        study = assembly.study
        study.agent = Counter()
        wall: list[float] = []
        overhead: list[float] = []
        memory: dict[int, float] = {}
        last = time.perf_counter()

        def heard(record: object) -> None:
            nonlocal last
            if not isinstance(record, Experiment):
                return
            runs = [*study.history.runs.get((record.candidate.commit, "public"), ())] if record.candidate else []
            own = runs[-1].seconds + runs[-1].evaluation_seconds if runs else 0.0
            here = time.perf_counter()
            wall.append(here - last)
            overhead.append(here - last - own)
            last = here
            if record.number in (10, 100, 500, 1000, 2000, 5000) or record.number == options.experiments:
                memory[record.number] = resident_mib()
            if sys.stderr.isatty() and record.number % 50 == 0:
                print(f"\r{record.number}", end="", file=sys.stderr)

        study.on_record = heard
        began = time.perf_counter()
        study.run()
        took = time.perf_counter() - began
    print(
        f"sandbox {assembly.rig.sandbox.name}, {options.files} sealed files, "
        f"{len(overhead)} experiments in {took:.1f} s"
    )
    print(
        f"overhead per experiment: median {1000 * statistics.median(overhead[1:]):.1f} ms, "
        f"90th percentile {1000 * statistics.quantiles(overhead[1:], n=10)[-1]:.1f} ms"
    )
    print("| experiments | median overhead (ms) | resident (MiB) |\n| --- | --- | --- |")
    for end, mib in memory.items():
        window = overhead[max(1, end - 50) : end + 1]
        print(f"| {max(1, end - 50)}..{end} | {1000 * statistics.median(window):.1f} | {mib:.0f} |")


if __name__ == "__main__":
    main()
