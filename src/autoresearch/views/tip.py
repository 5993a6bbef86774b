"""Where the best so far stands: at fresh runs where it has any, and whether it is the certified one."""

from __future__ import annotations

from autoresearch.history import History
from autoresearch.records import Certificate, Ruling
from autoresearch.referees.reading import steady
from autoresearch.views.levels import Level
from autoresearch.views.words import count


def tip_level(history: History) -> Level | None:
    """Level of the tip from runs nobody picked, else the run that earned its keep; None when this epoch has neither."""
    if history.tip_value is None:
        return None
    fresh = [history.metric.gain(score, over=0.0) for score in steady(history, history.tip_commit)[0]]
    return Level.of(fresh) or Level(history.tip_value, None, 1)


def standing_certificate(history: History) -> Certificate | None:
    """The certificate the delivered commit rests on; None while nothing is certified."""
    for proof in reversed(history.certificates):
        if proof.ruling is Ruling.CERTIFIED:
            return proof if proof.commit == history.proven_commit else None
    return None


def is_certified(history: History) -> bool:
    """Whether the tip is the commit that was certified last."""
    proof = standing_certificate(history)
    return proof is not None and proof.commit == history.tip_commit


def tip_words(history: History) -> str:
    """How many runs the level is the mean of, and how far the tip is proven."""
    level = tip_level(history)
    runs = "" if level is None else "one run, " if level.n == 1 else f"mean of {count(level.n, 'run')}, "
    return runs + _standing(history)


def _standing(history: History) -> str:
    if is_certified(history):
        return "the certified one"
    return "the baseline" if history.tip is history.baseline else "provisional"
