"""`show N` ends in one honest sentence. It is made here, and nowhere else."""

from __future__ import annotations

import re

from autoresearch.history import Archive, is_baseline
from autoresearch.records import Candidate, Certificate, Experiment, Outcome
from autoresearch.views.effects import Gain
from autoresearch.views.hearsay import hearsay_sentence, is_hearsay
from autoresearch.views.levels import Level
from autoresearch.views.paired import beside, is_paired
from autoresearch.views.reading import Reading, Span, own_values
from autoresearch.views.standing import Change, Standing, change_of
from autoresearch.views.words import MINUS, Figures, certified_as, count, plain

PLAIN = 2.0
"""Standard deviations of one run from which a reader would no longer call it noise."""
DISTANCE = re.compile(
    r"(no better|\S+ (\S+ )?(?P<way>better|worse)) than the (best so far|incumbent)( \([\d.]+ sigma\))?"
)
"""How a verdict's reason begins that says how far away from its rival a change was."""
NO_SCORE = {
    Outcome.CRASH: "It crashed",
    Outcome.TIMEOUT: "It ran out of time",
    Outcome.CHECKS_FAILED: "It failed the checks",
    Outcome.OUT_OF_SCOPE: "It changed what it must not",
    Outcome.VIOLATION: "It broke a rule",
    Outcome.NO_CHANGE: "It changed nothing",
}


def sentence(history: Archive, number: int) -> str:
    """What experiment `number` showed, how sure that is, and what became of it. Raises IndexError without it."""
    reading = Reading.of(history)
    return tell(reading, change_of(reading, history.experiments[number]))


def tell(reading: Reading, change: Change) -> str:
    """The sentence for one experiment, whatever became of it."""
    done = change.experiment
    span = reading.span_of(done.number)
    figures = figures_of(reading, span)
    if is_hearsay(span):
        return hearsay_sentence(span, done)
    if done.verdict.outcome in NO_SCORE:
        text = f"{NO_SCORE[done.verdict.outcome]}, so it has no score and nothing is claimed: {_reason(done)}."
    elif is_baseline(done):
        text = _baseline(reading, done, figures)
    else:
        text = f"{_effect(span, change.gain, figures)}: {_fate(reading, change, figures)}."
    return text + (" Unsafe: measured without a sandbox." if span and span.epoch.unsafe else "")


def figures_of(reading: Reading, span: Span | None) -> Figures:
    """How numbers of this epoch are written."""
    if span is None:
        return Figures(reading.history.metric.unit)
    metric = span.epoch.metric
    return Figures.of(metric.unit, (span.noise.sigma if span.noise else None) or metric.step)


def margin(gain: Gain | None, figures: Figures) -> str:
    """The interval and its reading, for brackets."""
    if gain is None or gain.half is None:
        return "noise unknown, so no interval"
    if gain.sigmas is None:
        return "the baseline's runs do not vary, so there is no interval to give"
    bounds = figures.interval(gain.mean - gain.half, gain.mean + gain.half)
    return f"{_sigmas(gain.sigmas)} sigma; 95 % interval of the gain {bounds}"


def size_of(candidate: Candidate | None) -> str:
    """How much a change grew or shrank the code, and how much of it it touched; empty where that is not known."""
    if candidate is None or candidate.nodes is None or not candidate.counted:
        return ""
    return f"{candidate.nodes:+,d} {candidate.counted}, {candidate.touched or 0:,} touched".replace("-", MINUS)


def _baseline(reading: Reading, done: Experiment, figures: Figures) -> str:
    level = Level.of(own_values(reading.history, done))
    if level is None:
        return f"The baseline: {figures.with_unit(done.value)}, noise unknown."
    bounds = level.interval()
    text = f"The baseline: {figures.with_unit(level.mean)}, mean of {count(level.n, 'run')}"
    if bounds is None:
        return text + ", noise unknown."
    return f"{text} with standard deviation {figures.value(level.sigma)} (95 % interval {figures.span(*bounds)})."


def _effect(span: Span | None, gain: Gain | None, figures: Figures) -> str:
    if gain is None:
        return "Nothing to compare it with was measured in this epoch"
    way = "better" if gain.mean >= 0 else "worse"
    if gain.beside is not None:
        return f"{figures.with_unit(abs(gain.mean))} {way} than {_paired_rival(span, gain, figures)}"
    runs = "in one run" if gain.n == 1 else f"in the mean of {gain.n} runs"
    size = f"{figures.with_unit(abs(gain.mean))} {way} than {_rival(span, gain)}, {runs}"
    return f"{size}{_noisy(gain)} ({margin(gain, figures)})"


def _noisy(gain: Gain) -> str:
    """Whether chance explains it: it may where the baseline has few runs, however many of their sigma it is."""
    if not gain.half or not gain.within_noise:
        return ""
    if gain.sigmas is None or abs(gain.sigmas) < PLAIN:
        return ", within noise"
    return ", chance not excluded by " + ("one run" if gain.n == 1 else f"{gain.n} runs")


def _rival(span: Span | None, gain: Gain) -> str:
    who = _who(span, gain)
    return f"{who}'s one run" if gain.over_n == 1 else f"{who}'s mean of {gain.over_n} runs"


def _who(span: Span | None, gain: Gain) -> str:
    base = span.baseline if span else None
    return "the baseline" if base and base.number == gain.over else f"experiment {gain.over}"


def _paired_rival(span: Span | None, gain: Gain, figures: Figures) -> str:
    """Whom the gain is over, and where that stood in the same runs: the one number these compare with."""
    assert gain.beside is not None
    where = f"which took its turn in the same {count(gain.n, 'run')} at {figures.with_unit(gain.beside)}"
    return f"{_who(span, gain)}, {where}: {share(gain.mean, gain.beside)}{_noisy(gain)} ({margin(gain, figures)})"


def share(gain: float, level: float) -> str:
    """A gain as a share of where the other side stood: what remains comparable when a machine's speed changes."""
    return f"{abs(gain / level) * 100:.1f} % {'better' if gain >= 0 else 'worse'}"


def _fate(reading: Reading, change: Change, figures: Figures) -> str:
    if change.standing is None:
        reason = _untold(change)
        return f"discarded, {reason}" if reason else "discarded"
    if change.standing is Standing.CERTIFIED:
        span = reading.span_of(change.experiment.number)
        word = certified_as(span.epoch.trust_class if span else "")
        return f"kept, and {word} in the block of {_proof(reading, change, figures)}"
    if change.standing is Standing.PRUNED:
        return "kept at first, then taken back, because the metric was no worse without it"
    if change.standing is Standing.ROLLED_BACK:
        return f"kept at first, then rolled back by {_proof(reading, change, figures)}"
    return f"kept provisionally, not yet certified{_since(change.fresh, figures)}"


def _untold(change: Change) -> str:
    """What the verdict's reason adds to the outcome and the gain, which are told already.

    Its own distance stays where it points the other way: the rules compare with fresh runs only.
    """
    reason = change.experiment.verdict.reason and _reason(change.experiment).replace(": discarded", "", 1)
    found = DISTANCE.match(reason)
    if found is None or change.gain is None or (found["way"] == "better") is not (change.gain.mean > 0):
        return reason
    return reason[found.end() :].lstrip(":;, ")


def _proof(reading: Reading, change: Change, figures: Figures) -> str:
    proof = next((each for each in reading.history.certificates if each.number == change.certificate), None)
    if proof is None:
        return "another line of work"
    bounds = figures.interval(proof.gain_low, proof.gain_high)
    where = _beside(reading, change, proof, figures)
    return f"certificate {proof.number} (gain of the block {figures.signed(proof.gain)}, 95 % interval {bounds}{where})"


def _beside(reading: Reading, change: Change, proof: Certificate, figures: Figures) -> str:
    """Where the other side stood in a certificate's runs, if they timed both; else nothing."""
    span = reading.span_of(change.experiment.number)
    runs = next((each.runs for each in span.proofs if each.certificate is proof), ()) if span else ()
    level = beside(span.epoch.metric, runs) if span and is_paired(span) else None
    return "" if level is None else f"; {share(proof.gain, level)} than the {figures.with_unit(level)} in its own runs"


def _since(fresh: Gain | None, figures: Figures) -> str:
    if fresh is None:
        return ""
    return f"; {count(fresh.n, 'fresh run')} since say {figures.signed(fresh.mean)} ({margin(fresh, figures)})"


def _reason(done: Experiment) -> str:
    return plain(done.verdict.reason, 300).rstrip(".") or "no reason was recorded"


def _sigmas(sigmas: float) -> str:
    return f"{abs(sigmas):.1f}"
