"""What a keep is credited with: never the run that earned it."""

from __future__ import annotations

import pytest
from court import Court

from autoresearch.history.tally import accounts, tries
from autoresearch.records import Outcome, Ruling
from autoresearch.task import Budget


def begun() -> Court:
    here = Court(budget=Budget(experiments=40), certificates=4)
    here.attempt([3.00, 3.01, 2.99, 3.02, 2.98])
    return here


def around(level: float) -> list[float]:
    return [round(level + off, 3) for off in (-0.01, 0.0, 0.01, 0.005, -0.005, 0.002)]


def gains(here: Court) -> dict[int, float | None]:
    return {each.number: each.gain for each in tries(here.history)}


def test_a_keep_counts_for_nothing_until_it_is_measured_afresh() -> None:
    here = begun()
    here.attempt([2.0], agent="lucky")
    here.attempt([3.5], agent="poor")
    assert gains(here) == {1: None, 2: 0.0}
    lucky, poor = accounts(here.history)
    assert (lucky.agent, lucky.tries, lucky.keeps, lucky.gain, lucky.unknown) == ("lucky", 1, 1, 0.0, 1)
    assert (poor.tries, poor.keeps, poor.gain, poor.share) == (1, 0, 0.0, 0.5)


def test_the_fresh_run_is_credited_and_not_the_selected_one() -> None:
    here = begun()
    here.attempt([2.0], agent="lucky")
    for _ in range(8):
        here.attempt([4.0], agent="poor")
    here.attempt([4.0], [2.9], agent="poor")  # the tenth begins with another run of the best so far
    assert gains(here)[1] == pytest.approx(0.1)


def test_a_block_is_shared_as_its_keeps_claimed_and_adds_up_to_what_was_certified() -> None:
    here = begun()
    here.attempt([2.7], agent="large")
    here.attempt([2.6], agent="small")
    here.attempt([5.0], agent="none")
    proof, _ = here.certificate(around(2.6), around(3.0))
    assert proof.ruling is Ruling.CERTIFIED
    found = gains(here)
    assert (found[1] or 0) + (found[2] or 0) == pytest.approx(proof.gain)
    assert found[1] == pytest.approx(3 * (found[2] or 0), rel=0.02)
    assert found[3] == 0.0


def test_what_was_rolled_back_brought_nothing() -> None:
    here = begun()
    here.attempt([2.0], agent="lucky")
    proof, _ = here.certificate(around(3.6), around(3.0))
    assert proof.ruling is Ruling.ROLLED_BACK
    assert gains(here) == {1: 0.0}


def test_unknown_money_stays_unknown() -> None:
    here = begun()
    here.attempt([2.9], agent="paid", costs={"cost_usd": 0.5, "tokens": 10})
    here.attempt([2.8], agent="silent")
    here.attempt([2.7], agent="paid", costs={"cost_usd": 0.25, "tokens": 5})
    paid, silent = accounts(here.history)
    assert (paid.cost_usd, paid.tokens) == (0.75, 15)
    assert (silent.cost_usd, silent.tokens) == (None, None)
    assert here.history.experiments[1].verdict.outcome is Outcome.KEEP
