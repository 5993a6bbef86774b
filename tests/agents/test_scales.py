"""Steps: where a value stands, and where it goes next."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch.agents.tuner.hints import Kind, kind_of, left_alone
from autoresearch.agents.tuner.scales import Choice, Ladder, Shape, ladder, tidy


@pytest.mark.parametrize(
    ("kind", "value", "first"),
    [
        (Kind.RATE, 3e-3, (6e-3, 1.5e-3)),
        (Kind.SIZE, 128, (256, 64, 192, 96)),
        (Kind.SIZE, 768, (1536, 384, 1024, 512)),
        (Kind.SIZE, 100, (200, 50, 150, 75)),
        (Kind.COUNT, 2, (4, 1, 3)),
        (Kind.COUNT, 6, (12, 3, 8, 4)),
        (Kind.BETA, 0.9, (0.95, 0.8)),
        (Kind.BETA, 0.999, (0.9995, 0.998)),
        (Kind.FRACTION, 0.5, (0.7, 0.3)),
        (Kind.FRACTION, 0.0, (0.045,)),
        (None, -0.5, (-1.0, -0.25)),
        (Kind.RATE, 0.0, (0.01,)),
    ],
)
def test_first_steps(kind: Kind | None, value: float, first: tuple[float, ...]) -> None:
    assert ladder(kind, value).neighbours(value)[: len(first)] == first


ladders = st.one_of(
    st.builds(ladder, st.just(Kind.RATE), st.floats(1e-9, 1e6), removable=st.booleans()),
    st.builds(ladder, st.just(Kind.FRACTION), st.floats(0, 1), removable=st.booleans()),
    st.builds(ladder, st.just(Kind.BETA), st.floats(0, 0.9999)),
    st.builds(ladder, st.sampled_from((Kind.SIZE, Kind.COUNT, None)), st.integers(1, 2**24)),
)


@given(ladders)
def test_neighbours_keep_type_bounds_and_finite_coordinates(scale: Ladder) -> None:
    origin = scale.origin
    for near in scale.neighbours(origin):
        assert type(near) is (int if scale.whole else float)
        assert near != origin
        assert scale.low <= near <= max(scale.high, origin)
        assert math.isfinite(scale.coordinate(near))


@given(st.integers(1, 4096), st.floats(0.5, 1e6))
def test_sizes_keep_the_divisibility_of_what_they_grow_from(heads: int, wanted: float) -> None:
    scale = ladder(Kind.SIZE, heads * 64)
    up = scale.value(scale.coordinate(heads * 64) + 1)
    assert up == heads * 128
    assert scale.value(math.log2(wanted)) >= 1


@given(st.floats(1e-12, 1e12))
def test_tidy_numbers_are_short_and_near(number: float) -> None:
    short = tidy(number)
    assert abs(math.log(short / number)) < math.log(1.12)
    assert len(f"{short:e}".split("e")[0].rstrip("0").rstrip(".")) <= 3
    assert tidy(short) == short


def test_a_penalty_can_be_taken_away_and_a_switch_switched() -> None:
    assert ladder(Kind.RATE, 0.1, removable=True).neighbours(0.1)[-1] == 0.0
    assert Choice((True, False)).neighbours(True) == (False,)


def test_every_value_has_a_coordinate() -> None:
    declared = Ladder(Shape.LOG, 3e-3, 1e-4, 1e-1)
    assert math.isfinite(declared.coordinate(0.0))
    assert Choice(("a", "b")).coordinate("gone") == 2


@pytest.mark.parametrize(
    "name", ["SEED", "random_seed", "TRAIN_SECONDS", "TimeBudget", "__version__", "EVAL_BATCH", "data_dir"]
)
def test_names_that_are_left_alone(name: str) -> None:
    assert left_alone(name)


@pytest.mark.parametrize("name", ["LEARNING_RATE", "headDim", "time_step", "N_EMBD", "beta2"])
def test_names_that_are_not(name: str) -> None:
    assert not left_alone(name)


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("learning_rate", 0.1, Kind.RATE),
        ("warmup_ratio", 0.1, Kind.FRACTION),
        ("BETA2", 0.99, Kind.BETA),
        ("label_smoothing", 0.1, Kind.FRACTION),
        ("gamma", 0.99, Kind.BETA),
        ("headDim", 64, Kind.SIZE),
        ("n_layer", 4, Kind.COUNT),
        ("frobnication", 4, None),
    ],
)
def test_kinds(name: str, value: float, kind: Kind | None) -> None:
    assert kind_of(name, value) is kind
