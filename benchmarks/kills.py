"""`kill -9` at random instants over a study: nothing lost, nothing counted twice, the user's tree untouched.

python benchmarks/kills.py --kills 100            # the quick example, its clock cut to two seconds
python benchmarks/kills.py --kills 20 --toy       # the toy task of the tests
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from autoresearch.history import History
from autoresearch.ledger import Ledger
from autoresearch.records import Candidate, Certificate, Experiment, Measurement
from autoresearch.replay import replay
from autoresearch.testing import toy

OURS = ("refs/heads/autoresearch/", "refs/autoresearch/", "logs/refs/heads/autoresearch/", "objects/", "packed-refs")


def fingerprint(root: Path) -> str:
    """One hash over every file of the user's, in the working tree and in .git, our refs and objects left out."""
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        inside = name.removeprefix(".git/")
        if name.startswith(".autoresearch") or (name.startswith(".git/") and inside.startswith(OURS)) or path.is_dir():
            continue
        digest.update(name.encode() + b"\0" + str(path.stat().st_mode).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def boxed(root: Path) -> list[str]:
    """Command lines of processes whose working directory lies in a box of this study."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            where = os.readlink(process / "cwd")
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
        except OSError:
            continue
        if where.startswith(str(root / ".autoresearch")) and command:
            found.append(f"{process.name}: {command}")
    return found


def check(root: Path, study: str) -> dict[str, int]:
    """What the ledger holds, and every way in which it could be wrong counted."""
    path = root / ".autoresearch" / study / "ledger.jsonl"
    events = Ledger(path, History()).refresh()
    experiments = [event.record for event in events if isinstance(event.record, Experiment)]
    numbers = [experiment.number for experiment in experiments]
    seeds = Counter(event.record.seed for event in events if isinstance(event.record, Measurement))
    candidates = Counter(event.record.number for event in events if isinstance(event.record, Candidate))
    return {
        "lines": len(events),
        "experiments": len(numbers),
        "certificates": sum(isinstance(event.record, Certificate) for event in events),
        "lost": len(set(range(len(numbers))) - set(numbers)),
        "duplicated": len(numbers) - len(set(numbers)) + sum(n - 1 for n in candidates.values()),
        "seeds used twice": sum(n - 1 for seed, n in seeds.items() if seed),
        "disagreements on replay": len(replay(path).disagreements),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--experiments", type=int, default=30)
    parser.add_argument("--toy", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    folder = Path(tempfile.mkdtemp(prefix="kills-"))
    if options.toy:
        root, study, extra = toy.make(folder / "toy"), "toy", []
        longest = 1.5
    else:
        from autoresearch.cli.demo import prepare

        root, study = prepare(folder / "demo"), "quick"
        extra, longest = ["-c", "experiment.seconds=2", "-c", "evaluation.seconds=6"], 10.0
    (root / "untracked.txt").write_text("mine\n")
    before = fingerprint(root)
    command = [sys.executable, "-m", "autoresearch.cli", "run", "--experiments", str(options.experiments), *extra]
    lines, orphans, finished = 0, 0, 0
    for kill in range(1, options.kills + 1):
        run = subprocess.Popen(command, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0.05, longest))
        finished += run.poll() is not None
        run.send_signal(signal.SIGKILL)
        run.wait()
        time.sleep(0.3)
        left = boxed(root)
        orphans += len(left)
        if (root / ".autoresearch" / study / "ledger.jsonl").exists():
            state = check(root, study)
            assert state["lines"] >= lines, "the ledger became shorter"
            lines = state["lines"]
            print(f"kill {kill}: {json.dumps(state)} {left or ''}", flush=True)
    end = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    print(end.stderr[-400:])
    state = check(root, study)
    history = Ledger(root / ".autoresearch" / study / "ledger.jsonl", History())
    history.refresh()
    tip = subprocess.check_output(["git", "rev-parse", f"autoresearch/{study}"], cwd=root, text=True).strip()
    proven = subprocess.check_output(
        ["git", "rev-parse", f"autoresearch/{study}-certified"], cwd=root, text=True
    ).strip()
    print(json.dumps(state, indent=1))
    print(f"kills {options.kills}, of which {finished} found it finished; orphan processes after a kill: {orphans}")
    print(f"branch and ledger agree: {tip == history.history.tip_commit and proven == history.history.proven_commit}")
    print(f"user's tree identical: {fingerprint(root) == before}")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
