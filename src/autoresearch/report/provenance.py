"""Who made it, and when: nights, agents with their versions, and what they were told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from autoresearch.budget import hours_granted
from autoresearch.history import Archive, Night, is_baseline
from autoresearch.report.sheet import Line
from autoresearch.task import Budget
from autoresearch.views.words import count, plain

MOST = 12
"""Nights, agents and programs listed, of each the last."""


def provenance(history: Archive) -> list[Line]:
    """What a second run needs to know beyond code, machine and limits."""
    return [*_again(history), *_nights(history), *_agents(history), *_programs(history)]


def _again(history: Archive) -> Iterator[Line]:
    if history.study and history.study.base:
        words = "then `autoresearch run`, with this task file; another secret, so other seeds"
        yield Line("to begin as it began", f"git switch --detach {plain(history.study.base[:12], 12)}", words)


def _nights(history: Archive) -> Iterator[Line]:
    for night in [record for _, record in history.trail if isinstance(record, Night)][-MOST:]:
        purpose = f", to {plain(night.purpose, 20)}" if night.purpose else ""
        yield Line(f"night {night.number}", _granted(night.budget) + purpose, f"from {plain(night.started, 40)}")


def _granted(budget: Budget) -> str:
    """A budget in words."""
    words = [
        count(budget.experiments, "experiment") if budget.experiments else "",
        hours_granted(budget.hours) if budget.hours else "",
        f"US$ {budget.cost_usd:,.2f}" if budget.cost_usd else "",
        f"{budget.tokens:,} tokens" if budget.tokens else "",
    ]
    return ", ".join(filter(None, words)) or "no limit"


def _agents(history: Archive) -> Iterator[Line]:
    made = Counter(
        (done.agent, done.candidate.agent_version if done.candidate else "")
        for done in history.experiments
        if not is_baseline(done) and done.agent
    )
    for (agent, version), times in made.most_common(MOST):
        yield Line(f"agent {plain(agent, 40)}", count(times, "experiment"), plain(version, 80) or "version not told")


def _programs(history: Archive) -> Iterator[Line]:
    told = dict.fromkeys(each.program for each in history.candidates.values() if each.program)
    for digest in list(told)[-MOST:]:
        yield Line("program.md", plain(digest, 64), "what agents were told")
