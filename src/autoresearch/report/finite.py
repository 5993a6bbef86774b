"""The report's account of finite data: what was told, and what the best of so many experiments is worth."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from autoresearch.history import Archive
from autoresearch.records import Certificate, Measurement, Side
from autoresearch.report.sheet import Line
from autoresearch.views.finite import finite, sentences, vault_sentence
from autoresearch.views.reading import Reading
from autoresearch.views.sentences import figures_of
from autoresearch.views.words import Figures

if TYPE_CHECKING:
    from autoresearch.stats.returns import Trials

FEWEST_TRIALS, FEWEST_PERIODS = 10, 100
MOST_CELLS = 50_000_000
"""Trials times periods that are compared; a page must not need gigabytes."""


def finite_sheet(reading: Reading) -> Iterator[Line]:
    """What was told of finite data, what it bounds, how public and sealed answers part, and the vault."""
    account = finite(reading.history)
    if account is None:
        return
    figures = figures_of(reading, reading.spans[-1])
    yield Line("feedback to the loop", account.feedback)
    for name, text in sentences(account, figures):
        yield Line(name, text)
    for proof in reading.spans[-1].proofs:
        yield _parting(reading, proof.certificate, figures)
    if account.vault:
        yield Line("the vault said", vault_sentence(reading.spans[-1].epoch.metric, account.vault))


def _parting(reading: Reading, done: Certificate, figures: Figures) -> Line:
    """Public and sealed gain of one block, side by side."""
    span = reading.spans[-1]
    ours, theirs = span.values(done.commit), span.values(done.against)
    public = "unknown"
    if ours and theirs:
        public = figures.signed(span.epoch.metric.gain(sum(ours) / len(ours), over=sum(theirs) / len(theirs)))
    sealed = f"sealed {figures.signed(done.gain)} ({figures.interval(done.gain_low, done.gain_high)})"
    return Line(f"question {done.number}", f"public {public}, {sealed}", str(done.ruling).replace("_", " "))


def trials_sheet(history: Archive, series_of: Callable[[str], Sequence[float]]) -> Iterator[Line]:
    """What the best of all trials is worth, from every trial's gain over the baseline, record by record.

    Nothing where data grow back, or where the evaluation gives no scores of single records.
    """
    if history.metric.source != "depleting":
        return
    found = _trials(history, series_of)
    if found is None:
        return
    from autoresearch.stats import returns

    trials, best = found
    ratios = returns.sharpe(trials)
    among = f"the best of {trials.shape[0]:,} experiments over {trials.shape[1]:,} records"
    yield Line("mean gain of the best over its spread, per record", f"{ratios[best]:.4f}", among)
    luck = returns.luckiest(ratios)
    yield Line("the luckiest of as many that change nothing", f"{luck:.4f}", "Bailey and Lopez de Prado 2014")
    deflated = returns.deflated_sharpe(trials, best)
    yield Line(
        "probability that the best is not mere luck", f"{deflated:.3f}", "deflated Sharpe ratio; 0.95 is convincing"
    )
    likely = returns.overfitting(trials)
    yield Line(
        "probability of overfitting",
        f"{likely:.2f}",
        "how often the best on half of the records is no good on the rest",
    )
    p = returns.reality_check(trials)
    yield Line("reality check", f"p = {p:.3f}", "of no experiment being better than the baseline; Hansen's test")


def _trials(history: Archive, series_of: Callable[[str], Sequence[float]]) -> tuple[Trials, int] | None:
    """Gains of this epoch's trials over the baseline, a row each, and the row with the highest Sharpe ratio."""
    import numpy as np

    from autoresearch.stats.returns import sharpe

    if history.baseline is None:
        return None
    base = _series(history, history.baseline.number, series_of)
    names = range(history.baseline.number + 1, len(history.experiments))
    rows = [row for number in names if len(row := _series(history, number, series_of)) == len(base)]
    if len(rows) < FEWEST_TRIALS or len(base) < FEWEST_PERIODS or len(rows) * len(base) > MOST_CELLS:
        return None
    sign = history.metric.gain(1.0, over=0.0)
    trials = sign * (np.array(rows) - np.array(base))
    return trials, int(np.argmax(sharpe(trials)))


def _series(history: Archive, number: int, series_of: Callable[[str], Sequence[float]]) -> Sequence[float]:
    """Scores of single records of the candidate's first run in an experiment; empty without any."""
    run: Measurement | None = next((r for r in history.settled.get(number, ()) if r.side is Side.CANDIDATE), None)
    return series_of(run.series) if run and run.series else ()
