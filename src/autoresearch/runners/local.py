"""The runner of this machine: one measuring slot, two phases, nothing believed.

export the commit -> run the candidate in its box -> everything it started is dead -> look at what it left
-> run the evaluation, from sealed files, in a box of its own -> read one number, strictly
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from autoresearch import contestant, metrics
from autoresearch.box import Box, Exit
from autoresearch.causes import Cause
from autoresearch.errors import Foul, Interrupted, RigFault
from autoresearch.ledger import now
from autoresearch.protocols import Sandbox
from autoresearch.records import Measurement, Outcome, Side
from autoresearch.runners import precheck
from autoresearch.runners.door import Door
from autoresearch.surroundings.toolchain import LoadMeter, Toolchain, bounded
from autoresearch.task import Limits, Phase, Task
from autoresearch.workspace import trees
from autoresearch.workspace.intake import quote
from autoresearch.workspace.workspace import Workspace

ARTIFACTS, METRICS, SECONDS, DOOR = (
    "AUTORESEARCH_ARTIFACTS",
    "AUTORESEARCH_METRICS",
    "AUTORESEARCH_SECONDS",
    "AUTORESEARCH_DOOR",
)
ADAPTERS = "autoresearch.adapters."
"""How a word of a command begins that is a module of ours: the box may read it, be we installed there or not."""
DOOR_FD = 3
MOST_CONTESTANTS = 256
"""One evaluation may start."""
_LIMITS = {
    "memory": "its memory limit",
    "processes": "its process limit",
    "disk": "its disk limit",
    "output": "its output limit",
}

_NOT_FOUND = re.compile(r": ([^:\s]+): (?:command )?not found$")
"""How shells end their word on a missing program, after their own name and line."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of judging one run."""

    values: Mapping[str, float]
    records: tuple[float, ...] = ()
    """Scores of single records, where the evaluation gives them."""
    seconds: float = 0.0
    """The evaluation's wall time."""
    peak_memory_bytes: int | None = None
    """Of the contestants it asked; None where it cannot be told."""


_NOTHING_RAN = Exit(code=0, signal=None, limit="", seconds=0.0, output=b"", cpu_seconds=0.0)


@dataclass(slots=True)
class LocalRunner:
    """Measures commits on this machine, one at a time."""

    task: Task
    workspace: Workspace
    sandbox: Sandbox
    toolchain: Toolchain
    machine: str
    """One line that names the hardware."""
    folder: Path
    """The study's; scratch directories are made below it."""
    keep_log: Callable[[bytes], str]
    """Stores what a candidate printed and returns its name."""
    keep_series: Callable[[Sequence[float]], str] = lambda _: ""
    """Stores the scores of single records and returns their name."""
    slot: int = 0
    stop: threading.Event = field(default_factory=threading.Event)
    """Set by a human's second Ctrl-C: whatever runs now is killed and Interrupted is raised."""
    _helped: bool = False
    on_phase: Callable[[str, float], None] | None = None
    """Hears each phase's name and its limit in seconds, as it begins."""

    def measure(self, commit: str, *, side: Side, seed: int, split: str = "public", against: str = "") -> Measurement:
        """Run the task once at `commit`. Raises Foul for what the commit did, RigFault, Interrupted.

        `against` is the incumbent the evaluation may ask as well; the default is `commit` itself.
        """
        started, load = now(), LoadMeter()
        with self._scratch() as scratch:
            artifacts = scratch / "artifacts"
            ran = self._experiment(commit, scratch, artifacts, seed) if self.task.experiment else _NOTHING_RAN
            foreign = load.foreign(ran.cpu_seconds)
            with _heard(ran):
                left = _inventory(artifacts, self._limits(self.task.untrusted).disk_bytes)
                if self.task.evaluation is None:
                    judged = Judged(self._own_report(ran, artifacts))
                else:
                    judged = self._evaluation((commit, against or commit), artifacts, seed, split, seconds=ran.seconds)
        name = self.task.metric.name
        return Measurement(
            commit=commit,
            side=side,
            value=judged.values.get(name),
            seed=seed,
            seconds=round(ran.seconds, 6),
            split=split,
            values=judged.values,
            evaluation_seconds=round(judged.seconds, 6),
            foreign_load=foreign,
            started=started,
            machine=self.machine,
            slot=self.slot,
            artifacts=left,
            peak_memory_bytes=ran.peak_memory_bytes if self.task.experiment else judged.peak_memory_bytes,
            log=self.keep_log(ran.output) if ran.output else "",
            records=judged.records if split != "public" else (),
            series=self.keep_series(judged.records) if judged.records and split == "public" else "",
            foul="" if name in judged.values else f"discard: {self._miss(judged.values)}",
        )

    def _miss(self, values: Mapping[str, float]) -> str:
        """Why a run that went well has no number: a time to target without the target."""
        goal = self.task.metric.objective
        assert goal is not None
        return f"{goal.reach} = {values[goal.reach]:.6g} is not good enough for its time to count"

    def check(self, commit: str) -> None:
        """Run the pre-checks, then the task's checks, in order, at `commit`. Raises Foul at the first that fails."""
        precheck.demand_readable(
            self.workspace, commit, self.task, agrees=lambda phase: self._gate("syntax", phase, commit).code == 1
        )
        if self.task.precheck:
            self._demand_passed("the pre-check", self.task.precheck, commit, cause=Cause.SMOKE)
        for gate in self.task.checks:
            self._demand_passed(f"check {gate.name!r}", gate.phase, commit)

    def _demand_passed(self, name: str, phase: Phase, commit: str, *, cause: str = "") -> None:
        ended = self._gate(name, phase, commit)
        if ended.code != 0:
            reason = f"{name} failed: {_how(ended, phase)}"
            raise Foul(Outcome.CHECKS_FAILED, reason, log=ended.output, seconds=ended.seconds, cause=cause)

    def _gate(self, name: str, phase: Phase, commit: str) -> Exit:
        tree = self._tree(commit)
        with self._scratch() as scratch:
            self._phase(name, phase)
            return self._boxed(phase, tree, write=(scratch,), env=self._env(phase, scratch, 0), aloud=True)

    @property
    def _is_writable(self) -> bool:
        """Whether a candidate can write into its copy of the tree: the next one is then made from nothing."""
        return self.task.untrusted.writable_tree or self.sandbox.name == "none"

    def _tree(self, commit: str) -> Path:
        return self.workspace.export(commit, self.slot, writable=self._is_writable)

    def _demand_undisturbed(self, root: Path) -> None:
        """What was laid out read-only is what it was before. Raises Foul: somebody found a way to write."""
        changed = self.workspace.disturbed(root) if self.sandbox.name != "none" else ()
        if changed:
            raise Foul(Outcome.VIOLATION, f"it changed files it must not: {', '.join(map(repr, changed[:5]))}")

    def _experiment(self, commit: str, scratch: Path, artifacts: Path, seed: int) -> Exit:
        phase, tree = self.task.experiment, self._tree(commit)
        assert phase is not None
        self._phase("experiment", phase)
        env = self._env(phase, scratch, seed) | {ARTIFACTS: str(artifacts)}
        read: tuple[Path, ...] = ()
        if any(ADAPTERS in word for word in phase.command):
            env["PYTHONPATH"], read = self._importing_helper(env), (self._helper(),)
        ended = self._boxed(phase, tree, write=(scratch,), read=read, env=env, aloud=True)
        _demand_success(ended, phase)
        if not self._is_writable:
            with _heard(ended):
                self._demand_undisturbed(tree)
        return ended

    def _own_report(self, ran: Exit, artifacts: Path) -> dict[str, float]:
        """The candidate's own word for its number: allowed, and labelled `self-reported` wherever it is shown."""
        if not self.task.metric_file:
            return metrics.from_output(ran.output, self.task.metric, seconds=ran.seconds)
        path = artifacts / self.task.metric_file
        if not path.resolve().is_relative_to(artifacts.resolve()) or not path.is_file():
            raise Foul(Outcome.CRASH, f"it left no {self.task.metric_file} in ${ARTIFACTS}", log=ran.output)
        return metrics.from_json(_read_capped(path), self.task.metric, seconds=ran.seconds)

    def _evaluation(
        self, contest: tuple[str, str], artifacts: Path, seed: int, split: str, *, seconds: float
    ) -> Judged:
        phase = {"holdout": self.task.holdout, "vault": self.task.vault}.get(split, self.task.evaluation)
        assert phase is not None
        sealed = self.workspace.export(self.workspace.base, self.slot, sealed_only=True, with_hidden=True)
        aloud = split == "public"  # of a sealed evaluation no log keeps a word
        self._phase("evaluation" if aloud else "sealed evaluation", phase)
        door = self._door(contest, artifacts, aloud=aloud)
        with self._scratch("verdict") as scratch, self._overheard(door), door:
            verdict = scratch / "metrics.json"
            env = self._env(phase, scratch, seed) | {
                ARTIFACTS: str(artifacts),
                METRICS: str(verdict),
                DOOR: str(DOOR_FD),
            }
            env["PYTHONPATH"] = self._importing_helper(env)
            read, handle = (artifacts, self._helper()), door.evaluator.fileno()
            ended = self._boxed(phase, sealed, write=(scratch,), read=read, env=env, door=handle, aloud=aloud)
            _demand_success(ended, phase, who="the evaluation")
            self._demand_undisturbed(sealed)
            if not verdict.is_file():
                raise Foul(Outcome.CRASH, f"the evaluation wrote no ${METRICS}", log=ended.output)
            said, metric = _read_capped(verdict), self.task.metric
            values = metrics.from_json(said, metric, seconds=seconds)
            records = metrics.records(said, values.get(metric.name))
        return Judged(values, records, ended.seconds, door.peak_memory_bytes)

    @contextmanager
    def _overheard(self, door: Door) -> Iterator[None]:
        """To whatever the evaluation finds wrong, add the contestant's own words, once it is dead.

        All of them go into the log, which is the owner's. Agents read the reason: one that was asked could tell them
        the questions there, so only one that never was has a word in it.
        """
        try:
            yield
        except Foul as foul:
            if door.ended is None or self.task.contestant is None:
                raise
            reason = foul.reason
            if door.unasked:
                reason = f"{reason.rstrip('.')}: {_how(door.ended, self.task.contestant)}"
            raise Foul(foul.outcome, reason, log=foul.log + door.ended.output, seconds=foul.seconds) from foul

    def _helper(self) -> Path:
        """A folder from which any interpreter imports the evaluators' helpers, be we installed there or not."""
        folder = self.folder / "helper"
        if not self._helped:
            _lay_out_helper(folder / "autoresearch")
            self._helped = True
        return folder

    def _importing_helper(self, env: Mapping[str, str]) -> str:
        return os.pathsep.join(filter(None, (str(self._helper()), env.get("PYTHONPATH"))))

    def _door(self, contest: tuple[str, str], artifacts: Path, *, aloud: bool) -> Door:
        """A door behind which fresh contestants start: nothing writable, no network, dead by the phase's end.

        Both sides of the contest lie at the same path when they run, in the same environment: code that could tell
        that it is the incumbent now would be slow on purpose, and make its own successors look fast. What an
        experiment left is the candidate's alone, so there is no other side to be had beside one.
        """
        phase = self.task.contestant

        def start(other: bool, fd: int, stop: threading.Event) -> Exit:
            assert phase is not None
            env = self._env(phase, Path("/tmp"), 0) | {ARTIFACTS: str(artifacts)}
            env["PYTHONPATH"] = self._importing_helper(env)
            read = (*self._readable(), artifacts, self._helper())
            tree, limits = self._tree(contest[other]), self._limits(phase)
            box = Box(phase.command, cwd=tree, limits=limits, read=read, env=env, channel=fd, aloud=aloud)
            return self.sandbox.run(box, stop=stop)

        return Door(start, limit=MOST_CONTESTANTS if phase else 0, other=self.task.experiment is None)

    def _boxed(
        self,
        phase: Phase,
        tree: Path,
        *,
        write: tuple[Path, ...],
        env: Mapping[str, str],
        read: tuple[Path, ...] = (),
        door: int | None = None,
        aloud: bool,
    ) -> Exit:
        box = Box(
            phase.command,
            cwd=tree,
            limits=self._limits(phase),
            read=(*self._readable(), *read),
            write=(*write, tree) if phase.writable_tree else write,
            env=env,
            door=door,
            aloud=aloud,
        )
        ended = self.sandbox.run(box, stop=self.stop)
        if ended.limit == "cancelled":
            raise Interrupted("stopped in the middle of a measurement; nothing recorded is lost")
        if ended.survivors:
            raise RigFault(
                f"{ended.survivors} processes outlived their clock; a measurement beside them would be worthless"
            )
        return ended

    def _limits(self, phase: Phase) -> Limits:
        return bounded(phase.limits, self.folder)

    def _readable(self) -> tuple[Path, ...]:
        return (*self.toolchain.readable, *map(Path, self.task.read))

    def _env(self, phase: Phase, scratch: Path, seed: int) -> dict[str, str]:
        env = self.toolchain.env(cores=phase.limits.cores, home=scratch)
        return env | {SECONDS: f"{phase.limits.seconds:g}", phase.seed_env: str(seed)} | dict(phase.env)

    def _phase(self, name: str, phase: Phase) -> None:
        if self.on_phase is not None:
            self.on_phase(name, phase.limits.seconds)

    @contextmanager
    def _scratch(self, name: str = "scratch") -> Iterator[Path]:
        """A fresh directory at a path that is the same for every commit."""
        path = self.folder / "boxes" / f"slot{self.slot}" / name
        trees.remove(path)
        (path / "artifacts").mkdir(parents=True)
        try:
            yield path
        finally:
            trees.remove(path)


@contextmanager
def _heard(ran: Exit) -> Iterator[None]:
    """Whatever `ran` is refused for, the log is what it printed, then what its judge did."""
    try:
        yield
    except Foul as foul:
        if foul.log != ran.output:
            foul.log = ran.output + foul.log
        raise


def _demand_success(ended: Exit, phase: Phase, who: str = "") -> None:
    if ended.limit == "time":
        reason = f"{who or 'it'} ran into its limit of {phase.limits.seconds:g} s"
        raise Foul(Outcome.TIMEOUT, reason, log=ended.output, seconds=ended.seconds)
    if ended.code != 0 or ended.limit:
        reason, cause = (f"{who} failed: {_how(ended, phase)}", "") if who else (_how(ended, phase), Cause.RUN)
        raise Foul(Outcome.CRASH, reason, log=ended.output, seconds=ended.seconds, cause=cause)


def _how(ended: Exit, phase: Phase) -> str:
    """How it ended, in one line: the exit class and the last thing it said."""
    if ended.limit == "time":
        return f"took longer than {phase.limits.seconds:g} s"
    if ended.limit:
        return f"stopped at {_LIMITS.get(ended.limit, ended.limit)}"
    if ended.signal:
        return f"killed by signal {ended.signal}"
    last = _last_line(ended.output)
    if ended.code == 127 and (missing := _missing(last, phase.command)):
        return f"command not found: {missing}"
    return f"exit status {ended.code}: {last or 'it said nothing'}"


def _last_line(output: bytes) -> str:
    said = [line for line in output.decode("utf-8", "replace").splitlines() if line.strip()]
    return "".join(char if char.isprintable() else " " for char in said[-1]).strip()[:200] if said else ""


def _missing(last: str, command: tuple[str, ...]) -> str:
    """The program that was not found: as a shell inside says; empty where only the shell can know and does not."""
    if found := _NOT_FOUND.search(last):
        return found[1]
    return "" if command[:2] == ("/bin/sh", "-c") else command[0]


def _inventory(artifacts: Path, limit: int | None) -> dict[str, str]:
    """Relative path -> sha256 of everything left to be judged. Raises Foul for anything but plain files."""
    left: dict[str, str] = {}
    total = 0
    try:
        for found in trees.walk(artifacts):
            total += found.info.st_size
            if limit is not None and total > limit:
                raise Foul(Outcome.CRASH, "what it left to be judged is larger than its disk limit")
            left[found.path] = _digest(found)
    except trees.Unreadable as error:
        odd = f"something other than a plain file to be judged: {quote(error.path)}"
        what = "no folder to be judged: it" if error.path == "." else odd
        raise Foul(Outcome.VIOLATION, f"it left {what} {error.why}") from error
    return dict(sorted(left.items()))


def _digest(found: trees.Found) -> str:
    digest = hashlib.sha256()
    for chunk in trees.contents(found):
        digest.update(chunk)
    return digest.hexdigest()


def _lay_out_helper(package: Path) -> None:
    """What evaluators, contestants and adapted commands import, as it is here, on the standard library alone."""
    here = Path(contestant.__file__).parents[1]
    parts = [*here.glob("contestant/*.py"), *here.glob("adapters/*.py")]
    files = {path.relative_to(here): path.read_bytes() for path in parts}
    files |= {Path(name): (here / name).read_bytes() for name in ("plain.py", "respond.py", "splits.py")} | {
        Path("__init__.py"): b""
    }
    for name, text in files.items():
        new = package / f"{name}.new"
        new.parent.mkdir(parents=True, exist_ok=True)
        new.write_bytes(text)
        new.replace(package / name)


def _read_capped(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(metrics.MAX_BYTES + 1)
