"""Which changes the tip is made of, and which of them were taken back."""

from __future__ import annotations

from collections.abc import Iterator

from autoresearch.history import History, is_baseline
from autoresearch.records import Experiment

UNDOES = "undoes"
"""Key of a candidate's detail: number of the experiment whose change it takes back."""
PRUNER = "pruner"
"""The agent that may say so."""


def ancestry(history: History, commit: str) -> Iterator[Experiment]:
    """The experiments that made `commit` and its ancestors, youngest first; baselines make none."""
    makers = {done.candidate.commit: done for done in history.experiments if done.candidate and not is_baseline(done)}
    while (maker := makers.get(commit)) is not None:
        yield maker
        commit = maker.parent


def undoes(done: Experiment) -> int | None:
    """Number of the experiment whose change this one took back; None for any other."""
    number = done.candidate.detail.get(UNDOES) if done.candidate and done.agent == PRUNER else None
    return number if isinstance(number, int) else None


def removable(history: History) -> list[Experiment]:
    """The changes between the study's base and what is certified that nobody took back yet, youngest first.

    The same all through a night that prunes: what is certified moves at its end.
    """
    certified = list(ancestry(history, history.proven_commit))
    gone = {undoes(done) for done in certified}
    return [done for done in certified if undoes(done) is None and done.number not in gone]
