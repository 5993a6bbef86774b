"""Rows 47 to 49, 51, 52 and 56."""

from __future__ import annotations

import pytest

from autoresearch.attacks.attack import Attack
from autoresearch.attacks.processes import FAMILY

from . import rows
from .night import Night

pytestmark = pytest.mark.slow
__all__ = ["FAMILY"]


def test_row(night: Night, attack: Attack) -> None:
    rows.demand_stopped(night, attack)


def test_nothing_else_was_disturbed(night: Night) -> None:
    rows.demand_undisturbed(night)


def test_without_a_sandbox_it_works(unboxed: Night, boxed_attack: Attack) -> None:
    rows.demand_worked(unboxed, boxed_attack)
