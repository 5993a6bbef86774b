"""The report's plain lists: noise, spend, how to reproduce it and how to check it."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autoresearch import referees
from autoresearch.history import Archive
from autoresearch.task import Limits, Phase, Task
from autoresearch.views.costs import Costs, account_words, usd
from autoresearch.views.levels import Level
from autoresearch.views.machine import machine_words
from autoresearch.views.paired import is_paired, spread
from autoresearch.views.reading import Reading, Span, own_runs
from autoresearch.views.sentences import figures_of
from autoresearch.views.spend import spend
from autoresearch.views.words import Figures, count, duration, plain


@dataclass(frozen=True, slots=True)
class Line:
    """A name, what it is, and perhaps a word on it."""

    name: str
    value: str
    note: str = ""
    more: Sequence[str] = ()
    """What unfolds below it, each on a line."""


def noise_sheet(reading: Reading) -> list[Line]:
    """How noisy the metric is, epoch by epoch, and what that lets a certificate prove."""
    return [line for span in reading.spans for line in _noise(reading, span)]


def _noise(reading: Reading, span: Span) -> Iterator[Line]:
    floor, figures = span.noise, figures_of(reading, span)
    epoch = f"Epoch {span.epoch.number}: " if len(reading.spans) > 1 else ""
    if floor is None:
        yield Line(f"{epoch}noise", "unknown", "the baseline has not been measured")
        return
    yield Line(f"{epoch}baseline", figures.with_unit(floor.mean), f"mean of {count(floor.n, 'run')}")
    if floor.sigma is None:
        yield Line(f"{epoch}noise", "unknown", "one run says nothing about it")
        return
    yield _sigma(span, floor, epoch, figures)
    night = reading.history.night
    runs = own_runs(reading.history, span.baseline) if span.baseline else []
    least = referees.smallest_gain(span.epoch.referee, span.epoch.metric, runs, night.budget) if night else None
    if least:
        yield Line(f"{epoch}smallest provable gain", f"about {figures.with_unit(least)}", "with 80 % probability")


def _sigma(span: Span, floor: Level, epoch: str, figures: Figures) -> Line:
    """The noise that decides: of one run, or of the two sides of one."""
    if not floor.sigma:
        return Line(f"{epoch}noise (sigma of one run)", "none", f"all {count(floor.n, 'run')} gave the same number")
    sure = f"itself known to ±{1 / math.sqrt(2 * (floor.n - 1)):.0%}"
    usual = spread(span) if is_paired(span) else None
    if usual is None:
        return Line(f"{epoch}noise (sigma of one run)", figures.with_unit(floor.sigma), sure)
    size = f"{usual:.2%} of the level, {figures.with_unit(usual * abs(floor.mean))}".replace("%", " %")
    return Line(f"{epoch}noise (sigma of a pair timed side by side)", size, sure)


def spending(history: Archive) -> list[Line]:
    """Where time, tokens and money went."""
    used = spend(history)
    parts = {
        "agents": used.agent,
        "candidates": used.candidate,
        "evaluation": used.evaluation,
        "certificates": used.certificates,
        "overhead": used.overhead,
    }
    whole = used.total or 1.0
    lines = [Line(name, duration(seconds), f"{seconds / whole:.0%}") for name, seconds in parts.items()]
    lines.append(Line("money", used.money.words(usd)))
    lines.append(Line("tokens", used.counted.words("{:,.0f}".format)))
    lines += _costs(Costs.of(history), history.metric.unit or "unit")
    lines += [Line(f"agent {name}", text) for name, text in account_words(history, Figures(history.metric.unit))]
    return lines


def _costs(costs: Costs, unit: str) -> Iterator[Line]:
    """What one of each came at, as far as it is known; nothing where no model was asked."""
    named = {"an experiment": costs.experiment, "a keep": costs.keep, f"a certified {unit}": costs.gain}
    for name, cost in named.items():
        if cost and cost.known and not costs.all.is_nothing:
            note = f"{costs.certified:.4g} {unit} certified in this epoch" if cost is costs.gain else ""
            yield Line(f"cost of {plain(name, 60)}", cost.known, plain(note, 120))


def reproduction(history: Archive, task: Task) -> list[Line]:
    """What one needs to run it again: code, commands, limits, versions, hashes, seeds."""
    study, epoch = history.study, history.epoch
    lines = [Line("task", plain(task.name, 80), f"sha256 {task.digest}" if task.digest else "")]
    lines += [*_phase("experiment", task.experiment), *_phase("evaluation", task.evaluation)]
    lines += _phase("contestant", task.contestant)
    lines += [line for check in task.checks for line in _phase(f"check {plain(check.name, 40)}", check.phase)]
    if task.metric.objective:
        lines.append(Line("objective", plain(f"{task.metric.name} is {task.metric.objective.describe()}", 300)))
    lines += [Line("constraint", plain(str(constraint), 200)) for constraint in task.constraints]
    lines.append(Line("may change", plain(", ".join(task.editable), 300)))
    if task.hidden:
        lines.append(Line("hidden", plain(", ".join(task.hidden), 300)))
    if study:
        lines.append(Line("autoresearch", study.version))
        lines.append(Line("base commit", study.base))
        lines.append(Line("tip", history.tip_commit))
        lines.append(Line("delivered", history.proven_commit))
    lines.append(Line("seeds", "first 31 bits of sha256(secret:index of the run)", "the secret is in the ledger"))
    if epoch:
        options = ", ".join(f"{name}={value:g}" for name, value in epoch.referee_options.items())
        lines.append(Line("referee", plain(epoch.referee, 40), plain(options, 200)))
        lines.append(Line(f"epoch {epoch.number}", epoch.digest))
        lines += [Line(f"machine: {name}", text) for name, text in machine_words(epoch.machine)]
        lines += [
            Line(f"sandbox: {plain(name, 40).replace('_', ' ')}", "yes" if holds else "NO")
            for name, holds in epoch.properties.items()
        ]
    return lines


def check_yourself(history: Archive) -> list[Line]:
    """Commands that need not trust this page."""
    name = plain(history.study.name, 80) if history.study else "STUDY"
    return [
        Line(
            "autoresearch replay",
            "verifies the ledger's hash chain and derives every verdict from its stored runs again",
        ),
        Line(f"git log autoresearch/{name}-certified", "what was proven, and nothing else"),
        Line(f"git log autoresearch/{name}", "the same and what is still provisional"),
        Line("autoresearch show N", "one experiment: runs, verdict, and one sentence on it"),
        Line("autoresearch diff N", "what it changed"),
    ]


def _phase(name: str, phase: Phase | None) -> Iterator[Line]:
    if phase is not None:
        yield Line(name, plain(shlex.join(phase.command), 300), _limits(phase.limits))


def _limits(limits: Limits) -> str:
    words = [f"{limits.seconds:g} s"]
    if limits.memory_bytes:
        words.append(f"{limits.memory_bytes / 2**30:.3g} GiB")
    if limits.cores:
        words.append(count(limits.cores, "core"))
    if limits.gpus:
        words.append(count(limits.gpus, "GPU"))
    return ", ".join([*words, "network" if limits.network else "no network"])
