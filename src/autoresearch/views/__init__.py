"""Views: pure functions from a history to what a person or a tool is shown. No I/O, no clock, nothing remembered."""

from autoresearch.views.detail import detail
from autoresearch.views.effects import Gain
from autoresearch.views.levels import Level
from autoresearch.views.pruning import Pruning, pruning
from autoresearch.views.reading import Proof, Reading, Span
from autoresearch.views.rows import log_row, log_rows
from autoresearch.views.sentences import sentence
from autoresearch.views.spend import Spend, spend
from autoresearch.views.standing import (
    Change,
    Failure,
    HitRate,
    Standing,
    failures,
    hit_rate,
    number_tried,
    standings,
    survivors,
)
from autoresearch.views.state import SCHEMA, status

__all__ = [
    "SCHEMA",
    "Change",
    "Failure",
    "Gain",
    "HitRate",
    "Level",
    "Proof",
    "Pruning",
    "Reading",
    "Span",
    "Spend",
    "Standing",
    "detail",
    "failures",
    "hit_rate",
    "log_row",
    "log_rows",
    "number_tried",
    "pruning",
    "sentence",
    "spend",
    "standings",
    "status",
    "survivors",
]
