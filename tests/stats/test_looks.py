import itertools
import random

import pytest

from autoresearch.stats.looks import DESIGNS, NIGHT, Call, Design, design_for, design_within, false_rate, loss_table
from autoresearch.stats.ranks import FOUL, p_value


@pytest.mark.parametrize("losses", [(-1, 0, 2), (0, 1, 3), (0, 0, 4), (-1, -1, 0)])
def test_false_rate_is_what_counting_every_order_of_the_runs_gives(losses):
    looks, certified, orders = (1, 2, 3), 0, 0
    for order in itertools.permutations(range(6)):
        ours, theirs = order[:3], order[3:]
        lost = [sum(x < y for x in ours[:n] for y in theirs[:n]) for n in looks]
        certified += any(count <= most for count, most in zip(lost, losses, strict=True))
        orders += 1
    assert false_rate(looks, losses) == pytest.approx(certified / orders, rel=1e-12)


def test_a_single_look_is_the_plain_rank_test():
    assert false_rate((7,), (9,)) == pytest.approx(p_value(49 - 9, 7, 7), rel=1e-12)
    assert loss_table((5,), (25,)).sum() == pytest.approx(1)


@pytest.mark.parametrize("design", DESIGNS)
def test_the_frozen_error_is_the_exact_one_and_within_the_level(design):
    exact = false_rate(design.looks, design.losses)
    assert exact <= design.error <= design.level == NIGHT / design.certificates
    assert design.error - exact < 1e-5
    assert exact > 0.95 * design.level, "spends what it may"


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("law", [lambda r: r.gauss(0, 1), lambda r: r.paretovariate(1)])
def test_equal_commits_are_certified_no_more_often_than_the_error_whatever_the_noise(design, law):
    rng, nights = random.Random(f"{design}"), 1500
    false = sum(play(design, lambda: law(rng), lambda: law(rng))[0] is Call.BETTER for _ in range(nights))
    assert false / nights <= design.error + 3 * (design.error / nights) ** 0.5


@pytest.mark.parametrize("design", DESIGNS)
def test_the_smallest_gain_is_proven_four_times_in_five(design):
    rng, nights = random.Random(4), 1200
    proven = sum(
        play(design, lambda: rng.gauss(design.smallest_gain, 1), lambda: rng.gauss(0, 1))[0] is Call.BETTER
        for _ in range(nights)
    )
    assert 0.76 < proven / nights < 0.84


def play(design, ours, theirs):
    up, down = [], []
    while (call := design.judge(up, down)) is Call.MORE:
        up.append(ours())
        down.append(theirs())
    return call, len(up)


def test_a_large_gain_is_proven_in_eight_runs_when_one_certificate_has_all_the_level():
    counter = itertools.count()
    assert play(design_for(1), lambda: 100 + next(counter), lambda: next(counter)) == (Call.BETTER, 4)


@pytest.mark.parametrize("design", DESIGNS)
def test_ties_and_fouls_prove_nothing(design):
    assert play(design, lambda: 1.0, lambda: 1.0)[0] is Call.NEITHER
    assert play(design, lambda: FOUL, lambda: FOUL)[0] is Call.NEITHER
    assert play(design, lambda: FOUL, lambda: 1.0) == (Call.WORSE, design.looks[0])
    assert play(design, lambda: 1.0, lambda: FOUL) == (Call.BETTER, design.looks[0])


@pytest.mark.parametrize("design", DESIGNS)
def test_looks_happen_only_where_planned(design):
    for n in range(design.looks[0]):
        assert design.judge([9.0] * n, [1.0] * n) is Call.MORE
    n = design.looks[0]
    assert design.judge([9.0] * n, [1.0] * (n - 1)) is Call.MORE
    assert design.judge([9.0] * n, [1.0] * n) is Call.BETTER


@pytest.mark.parametrize("design", DESIGNS)
def test_each_boundary_is_the_last_loss_that_still_certifies(design):
    for n, most in zip(design.looks, design.losses, strict=True):
        assert design.judge(*with_losses(n, most)) is Call.BETTER
        assert design.judge(*with_losses(n, most + 1)) is not Call.BETTER


def with_losses(n, losses):
    """n runs a side of which ours lose exactly that many pairs."""
    theirs = [float(i) for i in range(n)]
    whole, rest = divmod(losses, n)
    ours = [-1.0] * whole + ([n - rest - 0.5] if rest else [])
    return ours + [n + 1.0] * (n - len(ours)), theirs


def test_no_better_stops_at_the_second_look_and_not_at_the_first():
    design = design_for(1)
    assert design.judge(*with_losses(4, 8)) is Call.MORE
    assert design.judge(*with_losses(7, 25)) is Call.NEITHER
    assert design.judge(*with_losses(7, 33)) is Call.MORE, "on its way to being worse"


def test_a_design_serves_fewer_certificates_than_it_was_made_for_and_never_more():
    assert [design_for(k).certificates for k in (0, 1, 2, 3, 5, 8)] == [1, 1, 2, 4, 8, 8]
    with pytest.raises(ValueError, match="at most 8"):
        design_for(9)


@pytest.mark.parametrize("level", [0.05, 0.05 - 7 * 0.00625, 0.03, 0.005, 0.0025, 0.0005, 1e-6, 0.0])
def test_a_design_spends_no_more_than_the_level_asked_for(level):
    design = design_within(level)
    assert design.level <= level + 1e-9
    if design not in DESIGNS:
        looks = zip(design.looks, design.losses, strict=True)
        assert sum(p_value(n * n - most, n, n) for n, most in looks if most >= 0) <= level
    if level > 1e-6:
        assert play(design, lambda: 1.0, lambda: 0.0)[0] is Call.BETTER


def test_a_design_knows_its_level():
    assert Design(certificates=5, looks=(4,), losses=(0,), error=0.0, smallest_gain=1.0).level == pytest.approx(0.01)
