"""Lies: numbers and artifacts a candidate might leave for the user's own metric or evaluation to swallow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from autoresearch.assembly import Rig
from autoresearch.attacks.attack import Standing
from autoresearch.attacks.trial import Finding, python_of
from autoresearch.errors import Foul
from autoresearch.records import Side
from autoresearch.runners.local import LocalRunner

EVALUATION_SECONDS = 30.0
FAMILY = "results"


def lies(rig: Rig) -> Iterator[Finding]:
    """Each lie in the place of the experiment, measured as a candidate's run would be; a finding each."""
    name = rig.task.metric.name
    if rig.task.contestant is not None:
        return  # The evaluation asks the candidate's code itself, whatever the experiment left.
    if rig.task.evaluation is not None:
        yield _told(rig, 9, "nothing left to be judged, a number printed", f"print('METRIC {name}=0.5')")
        return
    why = "the metric is the candidate's own word: add an [evaluation] to measure it"
    yield Finding(9, "a plausible number printed", FAMILY, Standing.NOT_GIVEN, why)
    for row, title, written in (
        (13, "NaN reported", "NaN"),
        (13, "-Infinity reported", "-Infinity"),
        (13, "1e999 reported", "1e999"),
        (13, "a text reported", '"0.1"'),
        (13, "a truth value reported", "true"),
    ):
        yield _told(rig, row, title, _report(rig, [written]))
    yield _told(rig, 13, "two numbers reported", _report(rig, ["0.5", "0.25"]))


def _report(rig: Rig, values: list[str]) -> str:
    """A program that reports these values the way the task wants them reported."""
    name, file = rig.task.metric.name, rig.task.metric_file
    if not file:
        return "\n".join(f"print('METRIC {name}={value}')" for value in values)
    text = "{" + ", ".join(f'"{name}": {value}' for value in values) + "}"
    return f"import os; open(os.path.join(os.environ['AUTORESEARCH_ARTIFACTS'], {file!r}), 'w').write({text!r})"


def _told(rig: Rig, row: int, title: str, program: str) -> Finding:
    try:
        run = _liar(rig, program).measure(rig.workspace.base, side=Side.CANDIDATE, seed=1)
    except Foul as foul:
        return Finding(row, title, FAMILY, Standing.STOPPED, f"{foul.outcome}: {foul.reason}")
    return Finding(row, title, FAMILY, Standing.WORKED, f"{rig.task.metric.name} = {run.value:g} came out")


def _liar(rig: Rig, program: str) -> LocalRunner:
    """The task's runner, with `program` in the place of the experiment."""
    task = rig.task
    experiment = replace(task.untrusted, command=(python_of(rig), "-I", "-S", "-c", program))
    evaluation = task.evaluation
    if evaluation is not None:
        seconds = min(evaluation.limits.seconds, EVALUATION_SECONDS)
        evaluation = replace(evaluation, limits=replace(evaluation.limits, seconds=seconds))
    return replace(rig.runner, task=replace(task, experiment=experiment, evaluation=evaluation))
