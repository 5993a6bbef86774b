"""What changed and why: the same few lines, in the same order, for every change; what nobody told says so."""

from __future__ import annotations

from autoresearch.report.sheet import Line
from autoresearch.views.calibration import expected
from autoresearch.views.effects import Gain
from autoresearch.views.reading import Reading
from autoresearch.views.sentences import figures_of, margin, size_of, tell
from autoresearch.views.standing import Change
from autoresearch.views.words import Figures, count, plain

UNTOLD = "not said"


def story(reading: Reading, change: Change) -> list[Line]:
    """What, why, expected, measured, measured again, result, code, author."""
    done, candidate = change.experiment, change.experiment.candidate
    figures = figures_of(reading, reading.span_of(done.number))
    again = change.fresh
    return [
        Line("what", plain(candidate.summary if candidate else "", 300) or UNTOLD),
        Line("why", plain(candidate.hypothesis if candidate else "", 1000) or UNTOLD),
        Line("expected", plain(expected(done), 200) or UNTOLD),
        Line("as judged", _gain(change.gain, figures), count(change.gain.n, "run") if change.gain else ""),
        *([Line("measured again", _gain(again, figures), _sure(again, figures))] if change.standing else []),
        Line("result", tell(reading, change)),
        Line("code", size_of(candidate) or "size not known", f"commit {candidate.commit[:9]}" if candidate else ""),
        Line("made by", plain(done.agent, 40) or UNTOLD, plain(candidate.agent_version, 60) if candidate else ""),
    ]


def _gain(gain: Gain | None, figures: Figures) -> str:
    return "not measured" if gain is None else f"{figures.signed(gain.mean)} {figures.unit}".rstrip()


def _sure(gain: Gain | None, figures: Figures) -> str:
    return f"{count(gain.n, 'run')}; {margin(gain, figures)}" if gain else ""
