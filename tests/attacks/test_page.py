"""The published tables are those of the catalogue, and say of nothing that it worked."""

from __future__ import annotations

from pathlib import Path

from autoresearch.attacks.attack import Standing
from autoresearch.attacks.catalogue import ELSEWHERE, attacks

from . import page

ROOT = Path(__file__).parents[2]


def test_the_pages_are_what_make_attacks_writes() -> None:
    results = page.read(page.ROWS.read_text())
    assert page.rows(results) == page.ROWS.read_text(), "make attacks"
    assert page.with_summary(page.SUMMARY.read_text(), results) == page.SUMMARY.read_text(), "make attacks"
    assert page.summary(results) in page.SUMMARY.read_text()


def test_no_attack_is_published_as_working() -> None:
    results = page.read(page.ROWS.read_text())
    every = {one for family in results.values() for played in family.values() for one in played.standings}
    assert every <= {Standing.STOPPED, Standing.NOT_GIVEN, Standing.NOT_HERE}


def test_every_row_has_one_number() -> None:
    numbers = [attack.row for attack in attacks()] + [row for titles in ELSEWHERE.values() for row in titles]
    assert len(numbers) == len(set(numbers))


def test_what_is_played_elsewhere_is_there() -> None:
    for where in ELSEWHERE:
        assert (ROOT / where.tests).is_file()
