"""A night of attacks: one family on one sandbox, in a repository of its own, through the command line."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

import program
from autoresearch import sandboxes
from autoresearch.attacks import code
from autoresearch.attacks.attack import Attack, Draft, Family, InCandidateBox, Stage, Standing
from autoresearch.attacks.bait import Outside
from autoresearch.attacks.echo import KEY_ENV
from autoresearch.attacks.hostile import Move, script
from autoresearch.attacks.stage import PLAIN
from autoresearch.errors import SandboxError
from autoresearch.history import Archive
from autoresearch.records import Experiment, Outcome
from autoresearch.replay import replay
from autoresearch.site import Site
from autoresearch.workspace import git
from gitrepo import fingerprint
from interpreters import WITH_PACKAGES

BACKENDS = ("bubblewrap", "embedded")
UNBOXED = "none"
STUDY = "stage"
NIGHT_SECONDS = 240
_STAND_ON_PYTEST = {"gates"}

AGENT = """
[agent]
use = "autoresearch.attacks.hostile:make"
family = "{family}"
rows = "{rows}"
bait = "{bait}"

[referee]
preset = "exact"

[budget]
experiments = {experiments}
"""


@cache
def proven(backend: str) -> Mapping[str, bool] | str:
    """What `backend` proves here, or why it does not come up."""
    try:
        return sandboxes.make(backend).probe()
    except SandboxError as error:
        return error.message


@dataclass
class Night:
    """What was played, and what is left of it."""

    family: Family
    backend: str
    root: Path
    """The user's repository."""
    moves: list[Move] = field(default_factory=list)
    seconds: float = 0.0
    status: int = 0
    said: str = ""
    harm: list[str] = field(default_factory=list)
    stolen: str = ""
    """What the secret outside said."""
    before: Mapping[str, str] = field(default_factory=dict)
    after: Mapping[str, str] = field(default_factory=dict)

    @property
    def site(self) -> Site:
        return Site(self.root, STUDY)

    @cached_property
    def history(self) -> Archive:
        """What the ledger says when the night is over."""
        return self.site.ledger().history

    # What one attack came to

    def tried(self, attack: Attack) -> list[Experiment]:
        """The experiments of one attack, as far as the night came."""
        return [done for done in self.history.experiments[1:] if self.moves[done.number - 1][0] is attack]

    def honest(self) -> list[Experiment]:
        """The experiments that were honest improvements."""
        return [done for done in self.history.experiments[1:] if self.moves[done.number - 1][0] is None]

    def log(self, done: Experiment) -> str:
        """What the candidate printed."""
        names = [run.log for run in self.history.settled.get(done.number, ())]
        return "".join(self.site.log_path(name).read_text(errors="replace") for name in [*names, done.log] if name)

    def worked(self, done: Experiment) -> bool:
        """Whether the hostile code says that it worked, or the secret is anywhere in what it said."""
        said = self.log(done) + (done.candidate.summary if done.candidate else "")
        return code.WORKED in said or self.stolen in said

    def is_given(self, attack: Attack) -> bool:
        """Whether the property the attack fails at, if it is one of the sandbox, is proven here."""
        found = proven(self.backend)
        return not attack.needs or (not isinstance(found, str) and found[attack.needs])

    def objections(self, attack: Attack) -> list[str]:
        """Why this attack cannot be called stopped, a sentence each."""
        tried = self.tried(attack)
        missed = [] if len(tried) == len(attack.acts) else [f"{len(tried)} of its {len(attack.acts)} acts were played"]
        return missed + [text for done in tried for text in self._objections(attack, done)]

    def _objections(self, attack: Attack, done: Experiment) -> list[str]:
        verdict, log = done.verdict, self.log(done)
        found = []
        if verdict.outcome not in attack.outcomes or not re.search(attack.reason, verdict.reason):
            found.append(f"it ended as {verdict.outcome}: {verdict.reason}")
        if done.value is not None and verdict.outcome not in (Outcome.KEEP, Outcome.DISCARD):
            found.append(f"a refused candidate has the score {done.value}")
        if self.worked(done):
            found.append(f"it worked: {log[-2000:]}")
        if isinstance(self.moves[done.number - 1][1], InCandidateBox) and code.TRIED not in log:
            found.append(f"it was never tried: {verdict.reason[:200]}: {log[-2000:]}")
        return found

    def standing(self, attack: Attack) -> Standing:
        """What became of one attack here."""
        if attack.not_here():
            return Standing.NOT_HERE
        if not self.is_given(attack):
            return Standing.NOT_GIVEN
        return Standing.WORKED if self.objections(attack) or self.disturbances() else Standing.STOPPED

    # What became of everything else

    def disturbances(self) -> list[str]:
        """What the whole night did that it should not have, a sentence each."""
        found = list(self.harm)
        if self.status != 0:
            found.append(f"the night ended with status {self.status}: {self.said[-2000:]}")
            return found
        if self.before != self.after:
            found.append(f"files of the user were changed: {sorted(dict(self.before.items() ^ self.after.items()))}")
        found += replay(self.site.ledger_path).disagreements
        lost = [done for done in self.honest() if done.verdict.outcome is not Outcome.KEEP]
        found += [f"experiment {done.number}, honest, was not kept: {done.verdict.reason}" for done in lost]
        return found + self._wrong_tip()

    def _wrong_tip(self) -> list[str]:
        tip = subprocess.check_output(["git", "rev-parse", f"autoresearch/{STUDY}"], cwd=self.root, text=True).strip()
        last = self.honest()[-1].candidate
        return [] if last and tip == last.commit else [f"the tip is {tip}, not the last honest improvement"]


def play(family: Family, backend: str, folder: Path) -> Night:
    """Play `family` on `backend` below `folder`; on the backend `none` only what a box should stop."""
    stage = family.stage or PLAIN
    night = Night(family, backend, _repository(folder / "user", stage))
    rows = [attack.row for attack in family.attacks if not attack.not_here() and _is_played(attack, night)]
    night.moves = script(family, rows)
    if not rows:
        return night
    lot = Path(tempfile.mkdtemp(prefix="lot-", dir=folder))  # its name is that of an abstract socket
    with ExitStack() as stack:
        outside = stack.enter_context(Outside.laid(lot, site=night.site))
        bait = folder / "bait.json"
        # In no sandbox what worked is not kept: the next row must not inherit it.
        plan = {**outside.plan, **family.plan} | ({"skill": 0} if backend == UNBOXED else {})
        bait.write_text(json.dumps(plan))
        _finish(night.root, stage, family, rows, bait, experiments=len(night.moves))
        _arm(night.root, str(outside.plan["trap"]))
        night.stolen, night.before = outside.token, fingerprint(night.root)
        began = time.monotonic()
        env = {KEY_ENV: outside.token, **(WITH_PACKAGES if family.name in _STAND_ON_PYTEST else {})}
        ended = autoresearch(night.root, "run", *backend_options(backend), env=env)
        night.seconds = time.monotonic() - began
        night.status, night.said = ended.returncode, ended.stdout + ended.stderr
        night.harm, night.after = outside.harm(), fingerprint(night.root)
    return night


def _is_played(attack: Attack, night: Night) -> bool:
    return is_boxed(attack) if night.backend == UNBOXED else night.is_given(attack)


def is_boxed(attack: Attack) -> bool:
    """Whether a property of the sandbox stops it, and it can be played in none."""
    return bool(attack.needs) and attack.unboxed and not any(isinstance(act, Draft) for act in attack.acts)


def _repository(root: Path, stage: Stage) -> Path:
    """A first commit that must not be found in any box: its history is what the second one lacks."""
    for path, text in stage.files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    git.create(root, message="The stage")
    return root


def _finish(root: Path, stage: Stage, family: Family, rows: list[int], bait: Path, *, experiments: int) -> None:
    task = root / "autoresearch.toml"
    words = " ".join(map(str, rows))
    task.write_text(task.read_text() + AGENT.format(family=family.name, rows=words, bait=bait, experiments=experiments))
    git_commit(root)


def _arm(root: Path, trap: str) -> None:
    """Give the user's own repository hooks and filters that nothing of ours may ever run."""
    with (root / ".git/config").open("a") as config:
        config.write(f'[filter "trap"]\n\tclean = touch {trap}; cat\n\tsmudge = touch {trap}; cat\n')
        config.write(f'[diff "trap"]\n\ttextconv = touch {trap}; cat\n\tcommand = touch {trap}\n')
    (root / ".git/hooks").mkdir(exist_ok=True)
    for name in ("pre-commit", "post-commit", "post-checkout", "post-index-change", "reference-transaction"):
        hook = root / ".git/hooks" / name
        hook.write_text(f"#!/bin/sh\ntouch {trap}\n")
        hook.chmod(0o755)


def git_commit(root: Path) -> None:
    who = ("-c", "user.name=u", "-c", "user.email=u@example.org", "-c", "commit.gpgSign=false")
    subprocess.run(["git", *who, "commit", "--quiet", "--all", "-m", "The agent"], cwd=root, check=True)


def backend_options(backend: str) -> list[str]:
    return ["--unsafe-no-sandbox"] if backend == UNBOXED else ["-c", f'sandbox.use="{backend}"']


def autoresearch(root: Path, *words: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """One command of ours in `root`, as a user types it who has `env` set as well."""
    return program.autoresearch(root, *words, timeout=NIGHT_SECONDS, **(env or {}))
