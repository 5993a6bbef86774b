"""Nights: a budget is granted, gone on with, or refused."""

from __future__ import annotations

from dataclasses import replace

from autoresearch import agents, budget, referees
from autoresearch.assembly.epoch import close_open_attempt
from autoresearch.assembly.parts import Assembly
from autoresearch.errors import UserError
from autoresearch.history import History, Night
from autoresearch.ledger import now
from autoresearch.task import Budget


def begin_night(assembly: Assembly, granted: Budget | None, *, purpose: str) -> None:
    """Record a night of `purpose`, or go on with the one that is open. Raises UserError."""
    task, history = assembly.rig.task, assembly.study.history
    if history.night and not is_over(assembly) and goes_on(history.night, granted, purpose):
        _recount_certificates(assembly, history.night)
        return
    wanted = granted or task.budget
    if wanted == Budget():
        raise UserError("No budget is given, so the night would never end.", fix="autoresearch run --experiments 20")
    if not purpose and task.agent != "tuner":  # which lacks no program and no key
        _refuse_if_unable(assembly)
    if history.night and "prune" in (purpose, history.night.purpose):
        close_open_attempt(assembly.study.ledger, "another kind of night began")
    assembly.study.ledger.append(_night(assembly, wanted, purpose))


def _night(assembly: Assembly, wanted: Budget, purpose: str) -> Night:
    task, history = assembly.rig.task, assembly.study.history
    certificates = 1 if purpose == "prune" else referees.certificates(wanted, task.referee)
    if task.holdout_budget is not None:
        left = task.holdout_budget - len(history.certificates)
        if left < certificates:
            certificates = max(0, left)
            if purpose != "try":  # an agent may be trying, and never learns how much the holdout still answers
                assembly.news.append(
                    f"The holdout may answer {certificates} more certificates of its {task.holdout_budget}."
                )
    return Night(
        number=max(history.presets, default=0) + 1,
        budget=wanted,
        certificates=certificates,
        first=_first(history),
        started=now(),
        purpose=purpose,
    )


def _first(history: History) -> int:
    """Number of the first experiment that counts: a baseline still to be measured does not."""
    return len(history.experiments) + (history.baseline is None)


def is_over(assembly: Assembly) -> bool:
    """Whether the night's budget is spent, and nothing it kept waits for its proof."""
    history = assembly.study.history
    return bool(budget.spent(history, now())) and not assembly.study.referee.certificate_due(history)


def goes_on(night: Night, granted: Budget | None, purpose: str) -> bool:
    """Whether what is asked for goes on with `night` instead of beginning another.

    A try does with any but a night that prunes, or one that must know what everything costs: a person's work has no
    price. No other night goes on with one of tries.
    """
    if purpose == "try":
        return night.purpose != "prune" and night.budget.cost_usd is None and night.budget.tokens is None
    same = [(None, ""), (None, night.purpose), (night.budget, night.purpose)]
    return night.purpose != "try" and (granted, purpose) in same


def go_back_to(assembly: Assembly, night: Night | None) -> None:
    """Make `night` the one that experiments count in, where another came between."""
    history = assembly.study.history
    if night is not None and history.night is not None and night.number != history.night.number:
        assembly.study.ledger.append(night)


def _recount_certificates(assembly: Assembly, night: Night) -> None:
    """With another preset the rest of the night is a night of its own: other certificates share the level."""
    if assembly.study.history.night_preset == assembly.rig.task.referee or night.purpose == "prune":
        return
    again = _night(assembly, night.budget, night.purpose)
    assembly.study.ledger.append(replace(again, first=night.first, started=night.started))


def _refuse_if_unable(assembly: Assembly) -> None:
    """Raise UserError where the agent could not begin: a night that it cannot use would be spent on its failures."""
    study, task = assembly.study, assembly.rig.task
    with study.workspace.draft(study.history.tip_commit or study.workspace.base) as tree:
        found = agents.problems(study.agent, tree, task.editable)
    if found:
        message, _, fix = found[0].partition(" Try: ")
        raise UserError(message, fix=fix or "autoresearch check")


def refuse_if_spent(assembly: Assembly, granted: Budget | None) -> None:
    """Raise UserError when there is nothing to do; what a kill left undone is done all the same."""
    history = assembly.study.history
    if history.night and history.night.purpose != "try" and granted is None and is_over(assembly):
        assembly.study.reconcile()
        why = budget.spent(history, now())
        ran_on = "; hours count from the start of the night, and ran on while nothing ran"
        raise UserError(
            f"Nothing to do: {why}{ran_on if budget.ran_out(history, why) else ''}.",
            fix="autoresearch run --experiments 20 (or --hours 8) grants another night",
        )
