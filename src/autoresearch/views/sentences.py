"""`show N` ends in one honest sentence. It is made here, and nowhere else."""

from __future__ import annotations

from autoresearch.history import History
from autoresearch.records import Experiment, Outcome, Ruling
from autoresearch.views.effects import Gain, Level, fresh_gain, measured_gain, noise
from autoresearch.views.reading import Reading, Span, is_baseline, own_values
from autoresearch.views.standing import Standing, blocks, standings
from autoresearch.views.words import Figures, count, plain

NO_SCORE = {
    Outcome.CRASH: "It crashed",
    Outcome.TIMEOUT: "It ran out of time",
    Outcome.CHECKS_FAILED: "It failed the checks",
    Outcome.OUT_OF_SCOPE: "It changed what it must not",
    Outcome.VIOLATION: "It broke a rule",
    Outcome.NO_CHANGE: "It changed nothing",
}


def sentence(history: History, number: int) -> str:
    """What experiment `number` showed, how sure that is, and what became of it. Raises IndexError without it."""
    return tell(Reading.of(history), history.experiments[number])


def tell(reading: Reading, done: Experiment) -> str:
    """The sentence for `done`."""
    span = reading.span_of(done.number)
    figures = figures_of(reading, span)
    if done.verdict.outcome in NO_SCORE:
        text = f"{NO_SCORE[done.verdict.outcome]}, so it has no score and nothing is claimed: {_reason(done)}."
    elif is_baseline(done):
        text = _baseline(reading, done, figures)
    else:
        text = f"{_effect(reading, span, done, figures)}: {_fate(reading, done, figures)}."
    return text + (" Unsafe: measured without a sandbox." if span and span.epoch.unsafe else "")


def figures_of(reading: Reading, span: Span | None) -> Figures:
    """How numbers of this epoch are written."""
    if span is None:
        return Figures(reading.history.metric.unit)
    floor = noise(reading, span)
    return Figures.of(span.epoch.metric.unit, floor.sigma if floor else None)


def margin(gain: Gain | None, figures: Figures) -> str:
    """The interval and its reading, for brackets."""
    if gain is None or gain.half is None:
        return "noise unknown, so no interval"
    if gain.sigmas is None:
        return "the baseline's runs do not vary, so there is no interval to give"
    bounds = figures.interval(gain.mean - gain.half, gain.mean + gain.half)
    return f"{_sigmas(gain.sigmas)} sigma; 95 % interval of the gain {bounds}"


def _baseline(reading: Reading, done: Experiment, figures: Figures) -> str:
    level = Level.of(own_values(reading.history, done))
    if level is None:
        return f"The baseline: {figures.with_unit(done.value)}, noise unknown."
    bounds = level.interval()
    text = f"The baseline: {figures.with_unit(level.mean)}, mean of {count(level.n, 'run')}"
    if bounds is None:
        return text + ", noise unknown."
    return f"{text} with standard deviation {figures.value(level.sigma)} (95 % interval {figures.span(*bounds)})."


def _effect(reading: Reading, span: Span | None, done: Experiment, figures: Figures) -> str:
    gain = measured_gain(reading, span, done) if span else None
    if gain is None:
        return "Nothing to compare it with was measured in this epoch"
    way = "better" if gain.mean >= 0 else "worse"
    text = f"{figures.with_unit(abs(gain.mean))} {way} than {_rival(span, gain)}, "
    text += "one run" if gain.n == 1 else f"mean of {gain.n} runs"
    noisy = "within noise, " if gain.half and gain.within_noise else ""
    return f"{text}, {noisy}({margin(gain, figures)})".replace(", (", " (")


def _rival(span: Span | None, gain: Gain) -> str:
    base = span.baseline if span else None
    who = "the baseline" if base and base.number == gain.over else f"experiment {gain.over}"
    return f"{who}'s one run" if gain.over_n == 1 else f"{who}'s mean of {gain.over_n} runs"


def _fate(reading: Reading, done: Experiment, figures: Figures) -> str:
    if done.verdict.outcome is Outcome.DISCARD:
        return f"discarded, {_reason(done)}" if done.verdict.reason else "discarded"
    standing = standings(reading)[done.number]
    if standing is Standing.CERTIFIED:
        return f"kept, and {_proof(reading, done, Ruling.CERTIFIED, figures)}"
    if standing is Standing.ROLLED_BACK:
        return f"kept at first, then {_proof(reading, done, Ruling.ROLLED_BACK, figures)}"
    return f"kept provisionally, not yet certified{_since(reading, done, figures)}"


def _proof(reading: Reading, done: Experiment, ruling: Ruling, figures: Figures) -> str:
    number = blocks(reading, ruling).get(done.number)
    if number is None:
        return "left behind"
    proof = next(each for each in reading.history.certificates if each.number == number)
    way = "certified in the block of" if ruling is Ruling.CERTIFIED else "rolled back by"
    bounds = figures.interval(proof.gain_low, proof.gain_high)
    return f"{way} certificate {number} (gain of the block {figures.signed(proof.gain)}, 95 % interval {bounds})"


def _since(reading: Reading, done: Experiment, figures: Figures) -> str:
    span = reading.span_of(done.number)
    fresh = fresh_gain(reading, span, done) if span else None
    if fresh is None:
        return ""
    return f"; {count(fresh.n, 'fresh run')} since say {figures.signed(fresh.mean)} ({margin(fresh, figures)})"


def _reason(done: Experiment) -> str:
    return plain(done.verdict.reason, 300).rstrip(".") or "no reason was recorded"


def _sigmas(sigmas: float) -> str:
    return f"{abs(sigmas):.1f}"
