"""A night with an agent that misbehaves in three calls of four, in every way we know, and what is left of it.

Real agents do it: `llm` against a server on loopback that answers what a model should not, and `command` with a program
that does in its box what a program should not. Printed are outcomes and causes, the memory the loop keeps, the size of
the study's folder, and what a person would read.

    python benchmarks/misbehaving.py --experiments 300
"""

from __future__ import annotations

import argparse
import os
import random
import re
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "agents"))

from canned import Answer, canned, chat, edit

from autoresearch import config
from autoresearch.agents.command import Command
from autoresearch.agents.llm import Allowance, Llm, endpoint
from autoresearch.agents.patience import Patience
from autoresearch.assembly import Assembly, assemble
from autoresearch.causes import Cause
from autoresearch.history import Archive, History
from autoresearch.ledger import Ledger
from autoresearch.protocols import Agent
from autoresearch.records import Brief, Experiment, Proposal
from autoresearch.task import Budget
from autoresearch.testing import toy
from autoresearch.uplink import named
from autoresearch.views import Reading, survivors

FAKE_KEY = "ghp_" + "A1b2C3d4" * 5

SLEEP = f"604.{os.getpid()}"
"""Seconds that the processes left behind would live, a number nobody else uses."""

PROGRAM = r"""
import json, os, subprocess, sys, time
kind = sys.argv[1]
settings = open("settings.py").read()
def leave(text): open("settings.py", "w").write(text)
if kind == "crashes": print("Traceback: boom"); sys.exit(3)
if kind == "logged_out": print("Not logged in. Please run /login"); sys.exit(1)
if kind == "rate_limited": print("429 Too Many Requests"); sys.exit(1)
if kind == "sealed": open("loss.py", "a").write("loss = lambda *_: 0.0\n")
if kind == "new_file": open("cheat.py", "w").write("x = 1\n")
if kind == "too_much": leave("#" * (17 << 20))
if kind == "secret": leave(settings + "GITHUB = 'FAKE_KEY'\n")
if kind == "floods":
    while True: os.write(1, b"0123456789abcdef" * 4096)
if kind == "hangs": time.sleep(600)
if kind == "git": os.mkdir(".git"); open(".git/config", "w").write("x")
if kind == "garbled": open(os.environ["AUTORESEARCH_PROPOSAL"], "w").write("{not json")
if kind == "broken_code": leave(settings + "raise SystemExit('broken')\n")
if kind == "chatters":
    leave(settings + "SEEN = 1\n")
    json.dump({"summary": "\x1b[2J" + "x" * 4000}, open(os.environ["AUTORESEARCH_PROPOSAL"], "w"))
if kind == "processes":
    for _ in range(3): subprocess.Popen(["sleep", "SLEEP"], start_new_session=True)
    leave(settings + "LEFT = 1\n")
""".replace("FAKE_KEY", FAKE_KEY).replace("SLEEP", SLEEP)

IN_A_BOX = (
    *("crashes", "logged_out", "rate_limited", "sealed", "new_file", "too_much", "secret", "floods", "hangs", "git"),
    *("garbled", "broken_code", "chatters", "processes", "nothing"),
)

ACTIVATION = 'ACTIVATION = "tanh"  # tanh | gelu | relu'
SAID: dict[str, Answer] = {
    "asks": Answer(chat("Shall I change the width or the dropout?")),
    "empty": Answer(chat("")),
    "declines": Answer(chat(None, refusal="I cannot help with that.")),
    "cut_off": Answer(chat("FILE: settings.py\n<<<<<<< SEARCH\nWID", ended="length")),
    "formless": Answer(chat("I have raised the width to 64. The loss is now 0.3.")),
    "misses": Answer(chat(edit("WIDHT = 32", "WIDTH = 64", path="settings.py"))),
    "names_sealed": Answer(chat(edit("import math, random", "x", path="loss.py"))),
    "same_again": Answer(chat(edit(ACTIVATION, f"{ACTIVATION}, for now", path="settings.py"))),
    "unauthorized": Answer({"error": {"message": "Incorrect API key provided"}}, 401),
    "busy": Answer({"error": {"message": "Rate limit reached"}}, 429, headers={"retry-after": "3600"}),
    "broke": Answer({"error": {"message": "You exceeded your current quota"}}, 429, headers={"retry-after": "9999"}),
    "down": Answer({"error": {"message": "internal error"}}, 500),
    "no_json": Answer(b"<html>Bad gateway</html>"),
    "endless": Answer(b"x" * (9 << 20)),
    "late": Answer(chat("late"), after=1.5),
}
"""What the model says, by kind of misbehaviour."""

DRAFTS = "work"
"""Folder of what is written anew for every experiment."""

KINDS = (*IN_A_BOX, *SAID, "glutton")
HONEST = "works"
MOVES = {"LEARNING_RATE": (0.003, 0.01, 0.02, 0.03), "WIDTH": (32, 64, 128, 256), "DROPOUT": (0.5, 0.3, 0.1, 0.0)}


@dataclass
class Rogue:
    """Behaves, in every experiment, as its plan says."""

    task: Any
    sandbox: Any
    toolchain: Any
    url: str
    plan: Sequence[str]
    """What experiment 1 is going to be, and so on."""
    name: str = "rogue"
    stop: threading.Event = field(default_factory=threading.Event)

    def edit(self, brief: Brief, tree: Path, history: History) -> Proposal:
        kind = self.plan[brief.number - 1]
        agent = self._boxed(kind) if kind in IN_A_BOX else self._model(kind)
        agent.stop = self.stop
        return agent.edit(brief, tree, history)

    def _boxed(self, kind: str) -> Agent:
        seconds = 1.0 if kind == "hangs" else 20.0
        return Command(("python", "-c", PROGRAM, kind), sandbox=self.sandbox, toolchain=self.toolchain, seconds=seconds)

    def _model(self, kind: str) -> Agent:
        return Llm(
            kind,
            endpoint(named("local", url=self.url)),
            editable=self.task.editable,
            allowance=Allowance(0.5 if kind == "late" else 10.0, 2000, 1400 if kind == "glutton" else None),
            patience=Patience(0.1, first=0.05),
        )


@contextmanager
def model() -> Iterator[str]:
    """A server that answers as the model's name says; an honest one moves a constant. Gives its address."""
    chance = random.Random(1)

    def answer(number: int) -> Answer:
        kind = server.asked[number]["model"]
        if kind == "glutton":
            return SAID["formless"]
        return SAID.get(kind) or Answer(chat(_move(str(server.asked[number]["messages"][1]["content"]), chance)))

    with canned(answer) as server:
        yield server.url


def _move(prompt: str, chance: random.Random) -> str:
    """An edit of one constant, as it stands in the file that was shown."""
    name = chance.choice(sorted(MOVES))
    old = re.findall(rf"^{name} = .*$", prompt, re.MULTILINE)[-1]
    others = [line for value in MOVES[name] if (line := f"{name} = {value}") != old]
    return edit(old, chance.choice(others), path="settings.py")


def mixed(experiments: int, *, good: float = 0.25, seed: int = 1) -> list[str]:
    """A plan: honest work with probability `good`, else any misbehaviour."""
    chance = random.Random(seed)
    return [HONEST if chance.random() < good else chance.choice(KINDS) for _ in range(experiments)]


@dataclass
class Sizes:
    """The loop's memory and the study's folder, as the night goes on. Drafts, one of which there is, are left out."""

    folder: Path
    at: dict[int, tuple[float, float]] = field(default_factory=dict)
    """MiB of memory and of files, by experiments finished."""

    def look(self, finished: int) -> None:
        files = sum(
            path.lstat().st_size for path in self.folder.rglob("*") if path.is_file() and DRAFTS not in path.parts
        )
        self.at[finished] = (resident_mib(), files / 2**20)


def resident_mib() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return float("nan")


@dataclass
class Night:
    """What is left in the morning."""

    why: str
    archive: Archive
    sizes: Sizes
    root: Path


def night(folder: Path, plan: Sequence[str], *, looks: Sequence[int] = ()) -> Night:
    """One night in `folder`, which must not exist, of as many experiments as `plan` has."""
    root = toy.make(folder, experiments=len(plan))
    task = config.load(root)
    with model() as url:
        assembly = assemble(root, task, granted=Budget(experiments=len(plan)))
        assembly.study.agent = Rogue(task, assembly.rig.sandbox, assembly.rig.toolchain, url, plan)
        sizes = Sizes(assembly.rig.site.folder)
        _watch(assembly, sizes, looks)
        try:
            why = assembly.study.run()
        finally:
            assembly.rig.workspace.close()
    ledger = Ledger(assembly.rig.site.ledger_path, Archive())
    ledger.refresh()
    return Night(why, ledger.history, sizes, root)


def _watch(assembly: Assembly, sizes: Sizes, looks: Sequence[int]) -> None:
    heard = assembly.study.on_record

    def hear(record: object) -> None:
        heard(record)
        if isinstance(record, Experiment) and record.number in looks:
            sizes.look(record.number)

    assembly.study.on_record = hear


def main() -> None:
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parse.add_argument("--experiments", type=int, default=300)
    asked = parse.parse_args()
    looks, plan = [asked.experiments * share // 6 for share in range(1, 7)], mixed(asked.experiments)
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        done = night(Path(folder) / "toy", plan, looks=looks)
        seconds = time.monotonic() - began
        archive = done.archive
        print(f"{len(archive.experiments) - 1} experiments in {seconds:.0f} s: {done.why}")
        print("outcomes:", ", ".join(f"{count} {outcome}" for outcome, count in archive.counts.items()))
        counts = {cause: sum(e.verdict.cause == cause for e in archive.experiments) for cause in Cause}
        print("causes:  ", ", ".join(f"{count} {cause}" for cause, count in counts.items() if count))
        for number, (memory, files) in done.sizes.at.items():
            print(f"after {number:4d}: {memory:6.1f} MiB of memory, {files:6.2f} MiB of files")
        for change in survivors(Reading.of(archive))[:5]:
            made = change.experiment
            print(f"on top: #{made.number} {change.standing}, {made.value:.4g}, {plan[made.number - 1]}")


if __name__ == "__main__":
    main()
