"""Nights that take kept changes back."""

from __future__ import annotations

from autoresearch.assembly.nights import is_over
from autoresearch.assembly.parts import Assembly
from autoresearch.errors import UserError
from autoresearch.history.lineage import removable
from autoresearch.task import Budget


def refuse_to_prune(assembly: Assembly, *, set_aside: bool) -> None:
    """Raise UserError when there is nothing to take back, or no night to do it in."""
    history = assembly.study.history
    if history.prunes and not is_over(assembly):
        return
    if assembly.rig.task.referee == "timing":
        raise UserError(
            "Pruning compares runs at different times, which the preset timing does not trust.",
            fix='set preset = "certify" in [referee], certify the tip with `autoresearch run`, and prune then',
        )
    if history.unpruned is None:
        raise UserError("Nothing is certified yet, so there is nothing to prune.", fix="autoresearch run")
    if history.tip_commit != history.proven_commit and not set_aside:
        raise UserError(
            "Some kept changes are not certified yet; only what is certified can be pruned.",
            fix="autoresearch run --experiments 20 proves or drops them; `autoresearch prune --set-aside` does without",
        )
    if not removable(history):
        raise UserError("Every certified change was taken back already.", fix="autoresearch log")


def changes_to_prune(assembly: Assembly) -> Budget | None:
    """One experiment for each change to take back; None to go on with a night that does."""
    history = assembly.study.history
    if history.prunes and not is_over(assembly):
        return None
    return Budget(experiments=len(removable(history)))
