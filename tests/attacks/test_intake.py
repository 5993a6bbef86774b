"""Rows 38 to 41."""

from __future__ import annotations

import pytest

from autoresearch.attacks.attack import Attack
from autoresearch.attacks.intake import FAMILY

from . import rows
from .night import Night

pytestmark = pytest.mark.slow
__all__ = ["FAMILY"]


def test_row(night: Night, attack: Attack) -> None:
    rows.demand_stopped(night, attack)


def test_nothing_else_was_disturbed(night: Night) -> None:
    rows.demand_undisturbed(night)
