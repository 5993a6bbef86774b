"""Opening the vault."""

from __future__ import annotations

from autoresearch import referees
from autoresearch.assembly.rig import Rig
from autoresearch.errors import Foul, UserError
from autoresearch.history import History, Vault
from autoresearch.records import Side


def open_vault(rig: Rig, history: History) -> Vault:
    """Ask the vault: one run of what the study grew from and one of the certified commit.

    Raises UserError when one of them gives no number; the vault has then not been opened.
    """
    assert history.study is not None
    runs = {}
    for side, commit in ((Side.INCUMBENT, history.study.base), (Side.CANDIDATE, history.proven_commit)):
        try:
            runs[side] = rig.runner.measure(commit, side=side, seed=history.next_seed(), split="vault")
        except Foul as foul:
            text = f"{commit[:9]} gives no number on the vault's data: {foul.reason}. It stays closed."
            raise UserError(text, fix="mend the [vault] command; a study's task may name another one") from foul
    ours, theirs = runs[Side.CANDIDATE], runs[Side.INCUMBENT]
    assert ours.value is not None
    assert theirs.value is not None
    gain = referees.sealed_gain(history.metric, ours, theirs)
    return Vault(
        commit=ours.commit,
        against=theirs.commit,
        value=ours.value,
        over=theirs.value,
        gain=gain.estimate,
        gain_low=gain.low,
        gain_high=gain.high,
        records=len(ours.records),
    )
