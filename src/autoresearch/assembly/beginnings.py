"""From a repository with a task file to a study that can run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from autoresearch.agents.pruner import Pruner
from autoresearch.assembly.epoch import begin
from autoresearch.assembly.nights import begin_night, go_back_to, goes_on, is_over, refuse_if_spent
from autoresearch.assembly.parts import Assembly, put_together
from autoresearch.assembly.pruning import changes_to_prune, refuse_to_prune
from autoresearch.assembly.remarks import refuse_superseded
from autoresearch.assembly.rig import closed_on_error
from autoresearch.brief import Author
from autoresearch.errors import UserError
from autoresearch.history import Control
from autoresearch.strategies.greedy import Greedy
from autoresearch.task import Budget, Task

TRIES = Budget(experiments=40)
"""A night of tries: how many share the error rate of one night."""


def assemble(
    root: Path,
    task: Task,
    *,
    granted: Budget | None = None,
    unsafe: bool = False,
    prune: bool = False,
    set_aside: bool = False,
) -> Assembly:
    """Everything `run` needs, with the ledger brought up to date.

    `granted` is a budget asked for on the command line; None takes the task's own, or goes on with the night that is
    not over. `prune` begins a night that takes back, one by one, the changes between the base and what is certified;
    with `set_aside` also when that is not the tip, which then goes back to it.
    Raises UserError.
    """
    assembly = put_together(root, task, unsafe=unsafe)
    with closed_on_error(assembly.rig.workspace):
        refuse_superseded(assembly.rig)
        go_back_to(assembly, assembly.study.history.granted)
        if prune:
            refuse_to_prune(assembly, set_aside=set_aside)
        else:
            refuse_if_spent(assembly, granted)
        study = assembly.study
        if study.history.stopping or study.history.paused:
            study.ledger.append(Control("resume"))
        begin(assembly, unsafe=unsafe)
        if prune:
            granted = changes_to_prune(assembly)
        begin_night(assembly, granted, purpose="prune" if prune else "")
        if study.history.prunes:
            study.agent = Pruner(study.workspace)
            study.strategy = Greedy(Author(task), steps=("simplify",))
            study.give_up_after = 0  # every change is another one, whatever became of those before it
    return assembly


def assemble_tries(root: Path, task: Task) -> Assembly:
    """A study for experiments somebody else makes, one by one; its agent is still to be given. Raises UserError.

    Before each of them, `begin_try` finds the night it counts in. None is made while a night prunes: what that takes
    back was certified without it.
    """
    assembly = put_together(root, replace(task, agent="tuner", agent_options={}), unsafe=False)
    with closed_on_error(assembly.rig.workspace):
        refuse_superseded(assembly.rig)
        if assembly.study.history.prunes and not is_over(assembly):
            raise UserError("A night that prunes is not over yet.", fix="autoresearch run goes on with it")
        begin(assembly, unsafe=False)
        if assembly.study.history.night is None:
            begin_try(assembly)
    return assembly


def begin_try(assembly: Assembly) -> None:
    """Have the next experiment count in the night that is open; else in the last one of tries, or a new one.

    A night that holds a budget of money is not joined, and goes on afterwards: a person's work has no price.
    """
    history = assembly.study.history
    if history.night is not None and (is_over(assembly) or not goes_on(history.night, TRIES, "try")):
        go_back_to(assembly, history.trying)
    begin_night(assembly, TRIES, purpose="try")


def reopen(root: Path, task: Task) -> Assembly:
    """The study, in the epoch of now, for what is measured outside its nights. Raises UserError."""
    assembly = put_together(root, task, unsafe=False)
    with closed_on_error(assembly.rig.workspace):
        begin(assembly, unsafe=False)
    return assembly
