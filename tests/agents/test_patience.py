"""Waiting for a provider: how long, how often, and what is said when it was not enough."""

from __future__ import annotations

import threading

import pytest

from autoresearch.agents.patience import OUTAGE_SECONDS, Busy, Patience
from autoresearch.agents.trouble import cause_of, passes, sign
from autoresearch.causes import Cause, alike
from autoresearch.errors import Foul, Interrupted


class Clock(threading.Event):
    """A stop that is never set and does not really wait."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout or 0.0)
        return False


def given_up(patience: Patience, busy: Busy, *, seed: int = 1) -> tuple[Foul, list[float]]:
    clock = Clock()

    def attempt() -> None:
        raise busy

    with pytest.raises(Foul) as caught:
        patience.through(attempt, stop=clock, seed=seed)
    return caught.value, clock.waits


def test_waits_double_with_a_seeded_spread_and_stay_within_the_hour() -> None:
    foul, waits = given_up(Patience(3600.0), Busy(Cause.RATE_LIMITED, "429", tokens=3, log=b"said"))
    assert (foul.cause, foul.tokens, foul.log) == (Cause.RATE_LIMITED, 3, b"said")
    assert 3000 < sum(waits) <= 3600
    for nth, wait in enumerate(waits):
        whole = min(2.0 * 2**nth, 300.0)
        assert whole / 2 <= wait <= whole
    assert waits == given_up(Patience(3600.0), Busy(Cause.RATE_LIMITED, "429"))[1]
    assert waits != given_up(Patience(3600.0), Busy(Cause.RATE_LIMITED, "429"), seed=2)[1]


def test_an_outage_is_waited_for_minutes_not_for_hours() -> None:
    _, waits = given_up(Patience(3600.0), Busy(Cause.MODEL, "down"))
    assert 100 < sum(waits) <= OUTAGE_SECONDS


def test_what_the_provider_asks_for_is_waited_for() -> None:
    foul, waits = given_up(Patience(100.0), Busy(Cause.QUOTA, "full", after=40.0))
    assert waits == [40.0, 40.0]
    assert foul.reason == "full, after 80 s of waiting"


def test_it_goes_on_where_the_provider_does() -> None:
    tries = []

    def attempt() -> str:
        tries.append(1)
        if len(tries) < 4:
            raise Busy(Cause.RATE_LIMITED, "429")
        return "done"

    assert Patience().through(attempt, stop=Clock(), seed=1) == "done"


def test_a_stop_ends_the_wait() -> None:
    stop = threading.Event()
    stop.set()

    def attempt() -> None:
        raise Busy(Cause.RATE_LIMITED, "429")

    with pytest.raises(Interrupted):
        Patience().through(attempt, stop=stop, seed=1)


@pytest.mark.parametrize(
    ("status", "text", "cause", "waits"),
    [
        (401, "", Cause.LOGIN, False),
        (None, "Invalid API key · Please run /login", Cause.LOGIN, False),
        (None, "Not logged in", Cause.LOGIN, False),
        (429, "slow down", Cause.RATE_LIMITED, True),
        (529, "Overloaded", Cause.RATE_LIMITED, True),
        (400, "Your credit balance is too low", Cause.QUOTA, True),
        (None, "You've hit your usage limit", Cause.QUOTA, True),
        (500, "oops", Cause.MODEL, True),
        (None, "connection reset", Cause.MODEL, True),
        (400, "bad request", Cause.MODEL, False),
    ],
)
def test_what_errors_mean(status: int | None, text: str, cause: Cause, waits: bool) -> None:
    assert cause_of(status, text) is cause
    assert passes(status, cause) is waits


def test_ordinary_words_are_no_sign() -> None:
    assert sign("IndexError: list index out of range\nthe learning rate is limited by key tokens") is None


def test_reasons_are_compared_without_their_figures() -> None:
    assert alike("status 429 after 3.5 s\nmore") == alike("status 503 after 17 s")
    assert alike("commit 3f2a9c1d is bad") == alike("commit a1b2c3d4e5 is bad")
    assert alike("feedback was bad") != alike("feedbacks were bad")


def test_nobody_waits_beyond_the_end_of_the_night() -> None:
    foul, waits = given_up(Patience(3600.0).within(5.0), Busy(Cause.RATE_LIMITED, "429"))
    assert sum(waits) <= 5.0
    assert foul.cause == Cause.RATE_LIMITED
    assert Patience(60.0).within(None) == Patience(60.0).within(3600.0) == Patience(60.0)
