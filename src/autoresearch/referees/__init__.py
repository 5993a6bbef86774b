"""Referees: each turns evidence into another question or a verdict."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from autoresearch.errors import UserError
from autoresearch.protocols import Referee
from autoresearch.records import Metric
from autoresearch.referees import ranked
from autoresearch.referees.allowance import Lond
from autoresearch.referees.certify import Certify
from autoresearch.referees.constraints import Constrained, unmeasured, violated
from autoresearch.referees.exact import Exact
from autoresearch.referees.pairing import paired_gain
from autoresearch.referees.planning import certificates, fixed_runs, objections, sigma_of, smallest_gain
from autoresearch.referees.sealed import Sealed, level, sealed_gain, too_few
from autoresearch.referees.simpler import Simpler
from autoresearch.referees.timing import Timing
from autoresearch.stats.equivalence import EXACT, PRUNED
from autoresearch.task import Constraint

__all__ = [
    "certificates",
    "fixed_runs",
    "make",
    "objections",
    "paired_gain",
    "sealed_gain",
    "sigma_of",
    "smallest_gain",
    "too_few",
    "unmeasured",
    "violated",
]

PRESETS = ("certify", "strict", "fdr", "few", "timing", "exact")
FINITE = ("certify", "exact")
"""Presets whose keeps wait for a certificate, as finite data demand."""
MOST_BASELINE_RUNS = 100
HIGHEST_FDR = 0.5
OPTIONS: Mapping[str, tuple[str, ...]] = {"certify": ("baseline_runs",), "exact": ("min_effect",), "fdr": ("fdr",)}


def make(
    name: str, options: Mapping[str, object], metric: Metric, *, constraints: Sequence[Constraint] = ()
) -> Referee:
    """The referee of preset `name`, which keeps what is simpler and nothing that breaks a constraint.

    On finite data nothing is kept for being simpler: whether it is no worse would be one more look.

    Raises UserError for an unknown preset or option, naming the nearest known one.
    """
    preset = _preset(name, options, metric)
    match preset:
        case _ if metric.source == "depleting":
            sealed = _sealed(name, preset)
            pruned = EXACT if isinstance(preset, Exact) else PRUNED
            referee = Simpler(sealed, proving=sealed, smaller=None, pruned=pruned)
        case Certify():
            referee = Simpler(preset, proving=preset)
        case Exact():
            referee = Simpler(preset, proving=preset, smaller=EXACT, pruned=EXACT)
        case Timing():
            referee = Simpler(preset, proving=preset, smaller=None)
        case _:
            referee = Simpler(preset, proving=Certify(), smaller=None)
    return Constrained(referee, tuple(constraints)) if constraints or metric.objective else referee


def _sealed(name: str, preset: Referee) -> Referee:
    """`preset` for finite data, certifying at the study's level. Raises UserError where it proves single keeps."""
    if name not in FINITE:
        raise UserError(
            f"The preset {name!r} proves by repeated runs, which finite data cannot give.", fix=_nearest(name, FINITE)
        )
    return Sealed(replace(preset, share=level) if isinstance(preset, Certify) else preset)


def _preset(name: str, options: Mapping[str, object], metric: Metric) -> Referee:
    if name not in PRESETS:
        raise UserError(f"There is no referee preset {name!r}.", fix=_nearest(name, PRESETS))
    known = OPTIONS.get(name, ())
    for option in options:
        if option not in known:
            raise UserError(f"The referee preset {name!r} has no option {option!r}.", fix=_nearest(option, known))
    numbers = {option: _number(option, value, metric) for option, value in options.items()}
    match name:
        case "certify":
            return Certify(baseline_runs=_runs(numbers.get("baseline_runs", Certify().baseline_runs)))
        case "exact":
            return Exact(min_effect=numbers.get("min_effect", 0.0))
        case "fdr":
            return ranked.fdr(_rate(numbers.get("fdr", Lond().rate)))
        case "timing":
            return Timing()
    return ranked.STRICT if name == "strict" else ranked.FEW


def _number(option: str, value: object, metric: Metric) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
        unit = f" in the unit of {metric.name}" if option == "min_effect" else ""
        raise UserError(f"The referee option {option} = {value!r} is not usable.", fix=f"give a number >= 0{unit}")
    return value


def _runs(number: float) -> int:
    if number != int(number) or not 2 <= number <= MOST_BASELINE_RUNS:
        raise UserError(
            f"baseline_runs = {number:g} is not a usable number of runs.",
            fix=f"give a whole number from 2 to {MOST_BASELINE_RUNS}",
        )
    return int(number)


def _rate(number: float) -> float:
    if not 0 < number <= HIGHEST_FDR:
        fix = f"give a number above 0, {HIGHEST_FDR:g} at most"
        raise UserError(f"fdr = {number:g} is not a usable share of false keeps.", fix=fix)
    return number


def _nearest(word: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.0)
    if not near:
        return f"remove {word} from [referee]"
    return f"use {near[0]!r}" + (f" or another of {', '.join(known)}" if len(known) > 1 else "")
