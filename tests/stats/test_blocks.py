"""Records that depend on their neighbours, judged exactly."""

from __future__ import annotations

import itertools
import random

import pytest

from autoresearch.stats.blocks import MOST_BLOCKS, SHORTEST, block_means, level_of, paired, smallest_p

Noise = list[float]


def test_blocks_are_contiguous_and_lose_nothing() -> None:
    scores = [float(i) for i in range(SHORTEST * 3 + 2)]
    means = block_means(scores)
    assert len(means) == 3
    assert means == sorted(means)
    assert means[0] == pytest.approx(sum(scores[: len(scores) // 3]) / (len(scores) // 3))
    assert len(block_means([0.0] * 10_000)) == MOST_BLOCKS


def test_the_p_value_is_the_share_of_signings_that_favour_us_as_much() -> None:
    rng = random.Random(4)
    ours = [rng.gauss(0.2, 1) for _ in range(SHORTEST * 9)]
    means = block_means(ours)
    ranks = {m: rank for rank, m in enumerate(sorted(means, key=abs), 1)}
    won = sum(ranks[m] for m in means if m > 0)
    as_much = sum(
        sum(rank for rank, sign in zip(ranks.values(), signs, strict=True) if sign) >= won
        for signs in itertools.product((0, 1), repeat=len(means))
    )
    assert paired(ours, [0.0] * len(ours)).p == as_much / 2 ** len(means)


def test_the_very_same_records_prove_nothing() -> None:
    scores = [random.Random(1).random() for _ in range(200)]
    assert paired(scores, scores).p == 1.0


def test_too_few_records_cannot_prove() -> None:
    assert smallest_p(SHORTEST * 4) == 1 / 16
    assert smallest_p(SHORTEST - 1) == 1.0
    with pytest.raises(ValueError, match="too few"):
        paired([1.0] * 3, [0.0] * 3)
    with pytest.raises(ValueError, match="against"):
        paired([1.0] * 30, [0.0] * 31)


def iid(rng: random.Random, n: int) -> Noise:
    return [rng.gauss(0, 1) for _ in range(n)]


def heavy(rng: random.Random, n: int) -> Noise:
    return [rng.gauss(0, 1) / (rng.gammavariate(1.5, 2) / 3) ** 0.5 for _ in range(n)]


def lasting(rng: random.Random, n: int) -> Noise:
    """A day remembers half of the day before."""
    scores = [rng.gauss(0, 1)]
    while len(scores) < n:
        scores.append(0.5 * scores[-1] + rng.gauss(0, 1))
    return scores


@pytest.mark.parametrize("noise", [iid, heavy, lasting])
def test_it_errs_as_often_as_it_says(noise) -> None:
    rng, nights, level = random.Random(7), 1500, 0.05
    tests = [paired(noise(rng, 320), [0.0] * 320) for _ in range(nights)]
    false = sum(test.p <= level for test in tests) / nights
    outside = sum(not test.gain.low <= 0 <= test.gain.high for test in tests) / nights
    assert false < level + 3 * (level / nights) ** 0.5
    assert outside < level + 3 * (level / nights) ** 0.5


def test_what_is_better_is_found_and_its_size_is_in_the_interval() -> None:
    rng = random.Random(3)
    theirs = lasting(rng, 500)
    ours = [score + 0.3 + rng.gauss(0, 1) for score in theirs]
    test = paired(ours, theirs)
    assert test.p < 0.001
    assert test.gain.low < 0.3 < test.gain.high
    assert test.gain.low > 0


def test_a_level_has_an_interval() -> None:
    level = level_of([1.0, 2.0, 3.0] * 50)
    assert level.estimate == pytest.approx(2.0)
    assert level.low < 2.0 < level.high
