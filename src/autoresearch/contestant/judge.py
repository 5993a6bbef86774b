"""Writing down what an evaluation found: strict metrics, or what the candidate is accused of."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from autoresearch.contestant.line import ContestantError

METRICS, SEED = "AUTORESEARCH_METRICS", "AUTORESEARCH_SEED"


@contextmanager
def judged() -> Iterator[dict[str, float]]:
    """The metrics of this evaluation: what the block puts in is written to $AUTORESEARCH_METRICS when it ends.

    A ContestantError out of the block is the candidate's fault and is written as the accusation it is. Every other
    exception goes on: an evaluation that fails has measured nothing.

    Raises ValueError for a metric that is not a finite number.
    """
    metrics: dict[str, float] = {}
    try:
        yield metrics
    except ContestantError as fault:
        _write({fault.kind: str(fault)})
    else:
        for name, value in metrics.items():
            if not math.isfinite(value):
                raise ValueError(f"the metric {name} is {value}, not a finite number")
        _write(metrics)


def chance(*what: object) -> Random:
    """Random numbers that follow from the referee's seed for this run and from `what` they are for.

    The seed is unknown to the candidate, fresh for every run, and the same again in a replay by hand.
    """
    return Random(f"{os.environ[SEED]}:{':'.join(map(str, what))}")


def _write(found: object) -> None:
    text = json.dumps(found, allow_nan=False)
    Path(os.environ[METRICS]).write_text(text)
    print(text)
