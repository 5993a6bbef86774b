"""`autoresearch check`: before the night, what this task, this machine and this budget can do."""

from __future__ import annotations

import json
import math
import os
import shutil
import statistics
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Annotated

import typer

from autoresearch.cli import attack as attacks
from autoresearch.cli import place
from autoresearch.cli.run import Overrides
from autoresearch.errors import Foul
from autoresearch.records import Side

if TYPE_CHECKING:
    from autoresearch.assembly import Rig
    from autoresearch.records import Measurement, Metric

MIN_FREE_BYTES = 1 << 30


@dataclass(slots=True)
class Findings:
    """What `check` found. `problems` stop a night, `warnings` do not."""

    task: str = ""
    trust_class: str = ""
    interpreter: str = ""
    sandbox: str = ""
    properties: dict[str, bool] = field(default_factory=dict)
    values: list[float] = field(default_factory=list)
    mean: float | None = None
    sigma: float | None = None
    determinism: str = ""
    """What the same seed gave when it was run again."""
    seed_share: float | None = None
    """The seed's part of the variance of one run; None where there is none, or it cannot be told."""
    selftests: list[dict[str, object]] = field(default_factory=list)
    """What the evaluator said of changes whose worth is known."""
    smallest_gain: float | None = None
    """Gain in the metric's unit which this budget proves with 80 % probability."""
    run_seconds: float | None = None
    """Median wall time of one run, both phases and our own overhead."""
    night_hours: float | None = None
    """What the task's experiment budget will take at that pace, certificates included."""
    free_bytes: int = 0
    warnings: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    objective: str = ""
    """How the metric is made of several values; empty when it is one of them."""
    constraints: list[str] = field(default_factory=list)
    """Each limit, in words."""


def check(
    runs: Annotated[int, typer.Option(min=2, max=50, help="Baseline runs to measure the noise with.")] = 3,
    attack: Annotated[
        bool, typer.Option("--attack", help="Instead, play the known attacks on this task and machine.")
    ] = False,
    overrides: Overrides = None,
    as_json: place.AsJson = False,
) -> None:
    """Measure the baseline's noise and say what a night here can prove. Exit code 4 when it should not start."""
    from autoresearch import config, notify, referees
    from autoresearch.assembly import rig_up
    from autoresearch.history import History
    from autoresearch.ledger import Ledger
    from autoresearch.site import Site

    root = place.repository()
    task = config.load(root, overrides or ())
    referees.make(
        task.referee, task.referee_options, task.metric, constraints=task.constraints
    )  # a preset that does not exist is said first
    notify.demand(task.notify)
    site = Site(root, task.name)
    site.create()
    with site.occupied():
        ledger = Ledger(site.ledger_path, History())
        ledger.refresh()
        rig = rig_up(root, task, ledger.history)
        with rig.workspace:
            if attack:
                raise typer.Exit(0 if attacks.attack(rig, as_json=as_json) else 4)
            found = examine(rig, runs=runs)
    if as_json:
        typer.echo(json.dumps({"schema": 1} | asdict(found)))
    else:
        _print(found, rig)
    raise typer.Exit(4 if found.problems else 0)


def examine(rig: Rig, *, runs: int) -> Findings:
    """Look at everything that can be looked at, then run the baseline `runs` times."""
    from autoresearch import cautions
    from autoresearch.assembly import warnings

    task = rig.task
    found = Findings(task.name, str(task.trust_class), sandbox=rig.sandbox.name, properties=dict(rig.properties))
    python = rig.toolchain.python
    found.interpreter = f"{python['executable']} ({python['version']})" if python else "no python on PATH"
    found.objective = task.metric.objective.describe() if task.metric.objective else ""
    found.constraints = [str(constraint) for constraint in task.constraints]
    found.warnings += warnings(rig)
    found.warnings += cautions.of_limits(task, cores=_cores())
    found.free_bytes = shutil.disk_usage(rig.site.folder).free
    if found.free_bytes < MIN_FREE_BYTES:
        found.warnings.append(f"Only {found.free_bytes / 2**30:.1f} GiB of disk are free at {rig.site.folder}.")
    found.problems += _obstacles(rig)
    if not found.problems:
        _measure(rig, found, runs)
    try:
        if not found.problems:
            _probe(rig, found)
        if rig.task.selftests and not found.problems:
            _selftests(rig, found)
    except Foul as foul:
        found.problems.append(f"The baseline, which ran before, does not run now: {foul.reason}.")
    return found


def _cores() -> int:
    """How many cores we may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _obstacles(rig: Rig) -> list[str]:
    """Why a night could not begin: what was changed since the study did, or the task's agent."""
    from autoresearch import agents
    from autoresearch.assembly import refuse_superseded
    from autoresearch.errors import UserError

    try:
        refuse_superseded(rig)
        agent = agents.make(
            rig.task.agent, rig.task.agent_options, task=rig.task, sandbox=rig.sandbox, toolchain=rig.toolchain
        )
        with rig.workspace.draft(rig.workspace.base) as tree:
            return agents.problems(agent, tree, rig.task.editable)
    except UserError as error:
        return [error.sentences]


def _measure(rig: Rig, found: Findings, runs: int) -> None:
    from autoresearch import referees

    took: list[float] = []
    measured: list[Measurement] = []
    for seed in range(1, runs + 1):
        began = time.monotonic()
        try:
            if seed == 1:
                rig.runner.check(rig.workspace.base)
            run = rig.runner.measure(rig.workspace.base, side=Side.CANDIDATE, seed=seed)
        except Foul as foul:
            tail = foul.log.decode("utf-8", "replace").strip().splitlines()[-8:]
            found.problems.append(
                f"The baseline does not give a number: {foul.reason}." + "".join(f"\n    | {line}" for line in tail)
            )
            return
        took.append(time.monotonic() - began)
        if run.value is None:
            found.problems.append(f"The baseline does not give a number: {run.foul}.")
            return
        found.values.append(run.value)
        measured.append(run)
    found.problems += referees.violated(rig.task.constraints, measured)
    if rig.task.holdout:
        try:  # whether it works, before a night depends on it; what it says is not looked at
            run = rig.runner.measure(rig.workspace.base, side=Side.CANDIDATE, seed=0, split="holdout")
            found.problems += referees.unmeasured(rig.task.constraints, run)
            if rig.task.metric.source == "depleting" and rig.task.holdout_budget:
                few = referees.too_few(len(run.records), questions=rig.task.holdout_budget)
                found.problems += [few] if few else []
        except Foul as foul:
            found.problems.append(f"The holdout does not give a number: {foul.reason}.")
    found.mean, found.sigma = statistics.fmean(found.values), statistics.stdev(found.values)
    found.run_seconds = statistics.median(took)
    found.warnings += _met(rig.task.metric, found.mean)
    found.problems += referees.objections(rig.task.referee, rig.task.metric, measured)
    found.smallest_gain = referees.smallest_gain(rig.task.referee, rig.task.metric, measured, rig.task.budget)
    _time(rig, found)


def _met(metric: Metric, mean: float) -> list[str]:
    """That there is nothing left to reach, where it is so."""
    if metric.target is None or metric.gain(mean, over=metric.target) < 0:
        return []
    return [
        f"The baseline, {mean:.6g}, meets metric.target = {metric.target:g} already. Try: a target beyond it, or none."
    ]


def _probe(rig: Rig, found: Findings) -> None:
    """Run the same commit with the same seeds again: with all of them, once one gave another number."""
    from autoresearch.stats.repeats import Repeats
    from autoresearch.views import repeats as words

    again: list[float] = []
    for seed, value in enumerate(found.values, start=1):
        run = rig.runner.measure(rig.workspace.base, side=Side.CANDIDATE, seed=seed)
        again.append(run.value if run.value is not None else math.nan)
        if again == [value]:
            break
    seen = Repeats.of(found.values, again)
    table = "experiment" if rig.task.experiment else "contestant"
    found.determinism, found.seed_share = words.kind(seen), seen.seed_share
    found.warnings += words.advice(seen, preset=rig.task.referee, cores=rig.task.untrusted.limits.cores, table=table)


def _selftests(rig: Rig, found: Findings) -> None:
    """Examine the evaluator, and keep what it said for `run`."""
    from autoresearch import selftests
    from autoresearch.assembly import setting

    root = rig.site.root
    results = selftests.examine(rig.task, root, workspace=rig.workspace, runner=rig.runner)
    selftests.keep(rig.site.selftests_path, selftests.key(rig.task, root, setting(rig).digest), results)
    found.selftests = [asdict(each) for each in results]
    found.problems += [
        f"The evaluator fails its self-test {selftests.sentence(each)}" for each in results if not each.passed
    ]


def _time(rig: Rig, found: Findings) -> None:
    """Whether the evaluator is fast enough for the budget."""
    from autoresearch import referees

    assert found.run_seconds is not None
    wanted = rig.task.budget
    overhead_runs = referees.fixed_runs(wanted, rig.task.referee)
    if wanted.hours is not None:
        possible = int(wanted.hours * 3600 / found.run_seconds) - overhead_runs
        if possible < 1:
            found.problems.append(
                f"The evaluator is too slow: baseline and certificates alone need {overhead_runs} runs of "
                f"{found.run_seconds:.1f} s, which {wanted.hours:g} hours do not hold. "
                "Try: a longer night or a shorter clock."
            )
    if wanted.experiments is not None:
        found.night_hours = (wanted.experiments + overhead_runs) * found.run_seconds / 3600
    if wanted.experiments is None and wanted.hours is None:
        found.warnings.append("The task gives no budget; `run` will need --experiments or --hours.")


def _print(found: Findings, rig: Rig) -> None:
    from rich.markup import escape

    from autoresearch.cli.tables import console
    from autoresearch.views.words import Figures

    out, figures = console(), Figures.of(rig.task.metric.unit, found.sigma)
    out.print(f"[bold]{found.task}[/]  trust class [bold]{found.trust_class}[/]  sandbox [bold]{found.sandbox}[/]")
    for name, holds in found.properties.items():
        out.print(f"  {'[green]proven   [/]' if holds else '[yellow]not given[/]'} {name}")
    out.print(f"interpreter  {found.interpreter}", markup=False)
    out.print(f"disk         {found.free_bytes / 2**30:.0f} GiB free")
    if found.objective:
        out.print(f"objective    {rig.task.metric.name} is {found.objective}", markup=False)
    for constraint in found.constraints:
        out.print(f"constraint   {constraint}", markup=False)
    if found.mean is not None and found.sigma is not None:
        mean = figures.with_unit(found.mean)
        out.print(f"baseline     {mean}, sigma {found.sigma:.3g} over {len(found.values)} runs", markup=False)
        out.print(f"repeats      {found.determinism or 'unknown'}", markup=False)
        if found.smallest_gain is not None:
            share = f" ({100 * found.smallest_gain / abs(found.mean):.2g} %)" if found.mean else ""
            out.print(f"provable     a gain of {found.smallest_gain:.3g}{share}, in 4 nights of 5", markup=False)
        out.print(
            f"pace         {found.run_seconds:.1f} s a run"
            + (f", about {found.night_hours:.1f} hours in all" if found.night_hours else "")
        )
    for test in found.selftests:
        sign = "[green]passed[/]" if test["passed"] else "[red]WRONG [/]"
        out.print(f"self-test    {sign} {escape(str(test['name']))}, {test['expect']}: {escape(str(test['reason']))}")
    for warning in found.warnings:
        out.print(f"warning: {warning}", style="yellow", markup=False)
    for problem in found.problems:
        out.print(f"problem: {problem}", style="red", markup=False)
    if not found.problems:
        out.print("Ready: autoresearch run", style="green")
