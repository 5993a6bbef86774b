"""Rows 5 to 24 where the evaluation asks questions."""

from __future__ import annotations

import pytest

from autoresearch.attacks.answers import FAMILY
from autoresearch.attacks.attack import BEST_SKILL, Attack

from . import rows
from .night import Night

pytestmark = pytest.mark.slow
__all__ = ["FAMILY"]


def test_row(night: Night, attack: Attack) -> None:
    rows.demand_stopped(night, attack)


def test_nothing_else_was_disturbed(night: Night) -> None:
    rows.demand_undisturbed(night)


def test_without_a_sandbox_it_works(unboxed: Night, boxed_attack: Attack) -> None:
    (done,) = unboxed.tried(boxed_attack)
    assert done.value == BEST_SKILL
