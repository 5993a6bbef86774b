"""`show` for programs: one experiment with its runs, where it stands, and the honest sentence."""

from __future__ import annotations

from typing import Any

from autoresearch.history import Archive, Epoch
from autoresearch.records import Measurement
from autoresearch.views.effects import Gain
from autoresearch.views.reading import Reading
from autoresearch.views.rows import finite, log_row
from autoresearch.views.sentences import size_of, tell
from autoresearch.views.standing import change_of


def detail(reading: Reading, number: int) -> dict[str, Any]:
    """The row `log` has of experiment `number`, and all that is known of it besides. Raises IndexError without it."""
    history, span = reading.history, reading.span_of(number)
    done = history.experiments[number]
    change = change_of(reading, done)
    return log_row(history, done, epoch=span.epoch if span else _first_epoch(history)) | {
        "sentence": tell(reading, change),
        "standing": str(change.standing) if change.standing else None,
        "certificate": change.certificate,
        "gain": _gain(change.gain),
        "fresh": _gain(change.fresh),
        "size": size_of(done.candidate),
        "agent_version": done.candidate.agent_version if done.candidate else "",
        "runs": [_run(run) for run in history.settled.get(number, ())],
    }


def _first_epoch(history: Archive) -> Epoch | None:
    return next((record for _, record in history.trail if isinstance(record, Epoch)), None)


def _gain(gain: Gain | None) -> dict[str, Any] | None:
    if gain is None:
        return None
    return {"mean": finite(gain.mean), "half": finite(gain.half), "n": gain.n, "over": gain.over}


def _run(run: Measurement) -> dict[str, Any]:
    return {
        "side": str(run.side),
        "split": run.split,
        "value": finite(run.value),
        "values": {name: finite(value) for name, value in run.values.items()},
        "foul": run.foul,
        "seed": run.seed,
        "seconds": run.seconds,
        "evaluation_seconds": run.evaluation_seconds,
        "foreign_load": finite(run.foreign_load),
        "peak_memory_bytes": run.peak_memory_bytes,
        "log": run.log,
    }
