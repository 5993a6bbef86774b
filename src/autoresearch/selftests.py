"""Self-tests of the evaluator: changes whose worth is known, measured the way every candidate is.

A test passes on evidence, not on a guess: its runs and the baseline's are interleaved, `ROUNDS` a side, and "better"
means that every one of ours beats every one of theirs. A change that does nothing does that once in
comb(2 * ROUNDS, ROUNDS) = 70 times, so a wrong pass has that chance, and no assumption about the noise is needed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

from autoresearch.agents import patches
from autoresearch.errors import Foul, UserError
from autoresearch.history import SelfTested
from autoresearch.protocols import Runner
from autoresearch.records import Metric, Side
from autoresearch.referees.pairing import worth
from autoresearch.stats.ranks import shift
from autoresearch.task import SelfTest, Task
from autoresearch.workspace.workspace import Workspace

ROUNDS = 4
"""Runs a side."""


@dataclass(slots=True)
class _Open:
    """A test that is being measured."""

    test: SelfTest
    commit: str = ""
    scores: list[float] = field(default_factory=list)
    """Higher is better."""
    foul: str = ""


def examine(task: Task, root: Path, *, workspace: Workspace, runner: Runner) -> list[SelfTested]:
    """Measure every self-test of `task`, whose patches are files of the repository at `root`.

    A foul ends its test; one of the baseline is raised. Raises UserError for a patch that is not there or not usable.
    """
    tests = [_opened(test, root, workspace) for test in task.selftests]
    base: list[float] = []
    for number in range(ROUNDS):
        base.append(_run(runner, workspace.base, task.metric, against=workspace.base, seed=1000 * number))
        for place, mine in enumerate(tests, start=1):
            if not mine.foul:
                _one_more(mine, runner, task.metric, against=workspace.base, seed=1000 * number + place)
    return [judge(mine.test, mine.scores, base, foul=mine.foul) for mine in tests]


def _opened(test: SelfTest, root: Path, workspace: Workspace) -> _Open:
    mine = _Open(test)
    text = _patch(test, root).decode("utf-8", "replace")
    try:
        mine.commit = workspace.rehearsed(partial(patches.apply, text), onto=workspace.base)
    except Foul as foul:
        mine.foul = f"{foul.outcome}: {foul.reason}"
    except ValueError as error:
        raise UserError(
            f"The patch of self-test {test.name!r}, {test.patch}, does not apply to the study's base: {error}.",
            fix=f"make it again, from {workspace.base[:9]}: git diff > {test.patch}",
        ) from error
    return mine


def _patch(test: SelfTest, root: Path) -> bytes:
    try:
        return (root / test.patch).read_bytes()
    except OSError as error:
        raise UserError(
            f"The patch of self-test {test.name!r}, {test.patch}, cannot be read: {error.strerror}.",
            fix=f"make one: change the editable files as the test says, git diff > {test.patch}, git checkout .",
        ) from error


def _one_more(mine: _Open, runner: Runner, metric: Metric, *, against: str, seed: int) -> None:
    try:
        if not mine.scores:
            runner.check(mine.commit)
        mine.scores.append(_run(runner, mine.commit, metric, against=against, seed=seed))
    except Foul as foul:
        mine.foul = f"{foul.outcome}: {foul.reason}"


def _run(runner: Runner, commit: str, metric: Metric, *, against: str, seed: int) -> float:
    return worth(metric, runner.measure(commit, side=Side.CANDIDATE, seed=seed, against=against))


def judge(test: SelfTest, ours: Sequence[float], base: Sequence[float], *, foul: str = "") -> SelfTested:
    """Whether the evaluator said of this change what is known of it. Scores point upwards."""
    if foul:
        passed = test.expect == "cheating"
        return SelfTested(test.name, test.expect, passed, f"refused ({foul})", len(ours))
    found = "better" if min(ours) > max(base) else "worse" if max(ours) < min(base) else "same"
    passed = found in {"worse", "same"} if test.expect == "cheating" else found == test.expect
    gain = shift(ours, base)
    how = {
        "better": f"better by {gain.estimate:.3g}: all of its runs beat all of the baseline's",
        "worse": f"worse by {-gain.estimate:.3g}: all of the baseline's runs beat all of its own",
        "same": f"not told apart from the baseline (difference {gain.estimate:+.3g})",
    }
    return SelfTested(test.name, test.expect, passed, how[found], len(ours), gain.estimate, gain.low, gain.high)


def key(task: Task, root: Path, setting: str) -> str:
    """What the results are good for: the epoch's digest `setting`, and the tests with their patches. Hex."""
    parts = [[test.name, test.expect, hashlib.sha256(_patch(test, root)).hexdigest()] for test in task.selftests]
    return hashlib.sha256(json.dumps([setting, parts]).encode()).hexdigest()


def keep(path: Path, name: str, results: Sequence[SelfTested]) -> None:
    """Write down the results that `name` stands for, over any others."""
    path.write_text(json.dumps({"key": name, "results": [asdict(each) for each in results]}))


def recall(path: Path, name: str) -> list[SelfTested]:
    """The results kept for `name`; none when there are none, or for something else."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        said = json.loads(path.read_text())
        if said["key"] == name:
            return [SelfTested(**each) for each in said["results"]]
    return []


def demand(task: Task, root: Path, path: Path, setting: str) -> list[SelfTested]:
    """The results of this setting, all passed. Raises UserError when they are not, or not known."""
    if not task.selftests:
        return []
    results = recall(path, key(task, root, setting))
    if not results:
        raise UserError("The evaluator's self-tests have not been done in this setting.", fix="autoresearch check")
    wrong = [each for each in results if not each.passed]
    if wrong:
        raise UserError(f"The evaluator fails its self-test: {sentence(wrong[0])}", fix="mend it: autoresearch check")
    return results


def sentence(result: SelfTested) -> str:
    """One result in one sentence."""
    what = "passed" if result.passed else f"WRONG, {result.expect} was expected"
    return f"{result.name}: {what}; {result.reason}."
