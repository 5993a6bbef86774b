"""How an experiment's end is shown in a cell: by shape first, by word second, by colour last."""

from __future__ import annotations

from autoresearch.records import Experiment, Outcome
from autoresearch.report.terminal import DISCARD, FOUL, KEEP, PROOF, UNDONE
from autoresearch.views.lines import OUTCOME_STYLE
from autoresearch.views.standing import Standing

STANDING: dict[Standing, tuple[str, str]] = {
    Standing.CERTIFIED: PROOF,
    Standing.PROVISIONAL: KEEP,
    Standing.THEIRS: KEEP,
    Standing.PRUNED: UNDONE,
    Standing.ROLLED_BACK: UNDONE,
}


def ending(done: Experiment, standing: Standing | None) -> tuple[str, str, str]:
    """Sign, word and rich style of how `done` ended: a kept change's standing, else its outcome."""
    if standing is not None:
        sign, style = STANDING[standing]
        return sign, str(standing), style
    outcome = done.verdict.outcome
    sign = {Outcome.KEEP: KEEP, Outcome.DISCARD: DISCARD}.get(outcome, FOUL)[0]
    word = "baseline" if outcome is Outcome.KEEP else str(outcome).replace("_", " ")
    return sign, word, OUTCOME_STYLE.get(outcome, "dim")
