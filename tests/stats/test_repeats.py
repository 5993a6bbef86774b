from __future__ import annotations

import random
from statistics import median

import pytest

from autoresearch.stats.repeats import Repeats


def test_the_plain_cases() -> None:
    assert Repeats.of([1.0, 1.0], [1.0]) == Repeats(1, repeats=True, varies=False, seed_share=None)
    assert Repeats.of([1.0, 2.0], [1.0]) == Repeats(1, repeats=True, varies=True, seed_share=1.0)
    assert Repeats.of([1.0, 1.0], [2.0]) == Repeats(1, repeats=False, varies=True, seed_share=None)
    assert Repeats.of([1.0, 5.0], [1.0, 5.5]).seed_share == pytest.approx(0.98, abs=0.02)
    assert Repeats.of([1.0, 1.0], [2.0, 2.0]).seed_share == 0.0
    for values, again in (([], []), ([1.0], []), ([1.0], [1.0, 2.0])):
        with pytest.raises(ValueError, match="at least one"):
            Repeats.of(values, again)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_the_share_is_found_again(share: float) -> None:
    chance = random.Random(1)

    def once() -> float:
        seeds = [chance.gauss(0, share**0.5) for _ in range(30)]
        first, second = ([seed + chance.gauss(0, (1 - share) ** 0.5) for seed in seeds] for _ in range(2))
        return Repeats.of(first, second).seed_share or 0.0

    assert median(once() for _ in range(300)) == pytest.approx(share, abs=0.06)
