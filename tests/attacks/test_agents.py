"""Rows 114 to 122: agents with a model; and what of their orders and of the key is found afterwards."""

from __future__ import annotations

import re

import pytest

from autoresearch import config
from autoresearch.attacks.agents import FAMILY, ORDERS
from autoresearch.attacks.attack import Attack
from autoresearch.brief import brief

from . import rows
from .night import Night

pytestmark = pytest.mark.slow
__all__ = ["FAMILY"]

ON_THE_WAY = {
    116: r"401 POST /v1/messages: this is not the key of this attempt",
    117: r"403 CONNECT 127\.0\.0\.1:\d+: only paths of the provider can be asked for",
    119: r"403 POST /v1/messages: the provider would have to fetch https://evil\.example",
    120: r"400 POST /v1/messages: this attempt's limit of \d+ tokens is used up",
}
"""What the proxy noted of a row."""


def test_row(night: Night, attack: Attack) -> None:
    rows.demand_stopped(night, attack)


def test_nothing_else_was_disturbed(night: Night) -> None:
    rows.demand_undisturbed(night)


def test_without_a_sandbox_it_works(unboxed: Night, boxed_attack: Attack) -> None:
    rows.demand_worked(unboxed, boxed_attack)


@pytest.mark.parametrize("row", ON_THE_WAY)
def test_what_the_proxy_refused_is_recorded(night: Night, row: int) -> None:
    (attack,) = (one for one in FAMILY.attacks if one.row == row)
    (done,) = night.tried(attack)
    assert re.search(ON_THE_WAY[row], night.log(done))


def test_the_key_is_nowhere(night: Night) -> None:
    """Not in the ledger, a transcript, a log, a commit or anything else that is left of the night."""
    files = [path for path in night.root.rglob("*") if path.is_file()]
    assert any(path.suffix == ".log" for path in files)
    assert [path for path in files if night.stolen.encode() in path.read_bytes()] == []
    logs = b"".join(path.read_bytes() for path in files if path.suffix == ".log")
    assert b"x-api-key: [key]" in logs  # it was echoed, so it was there to be found


def test_orders_reach_the_next_brief_in_no_way_but_the_agents_own_words(night: Night) -> None:
    assert any(ORDERS in night.log(done) for done in night.history.experiments)
    assert ORDERS not in brief(config.load(night.root), night.history).text
