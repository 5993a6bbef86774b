"""Tests are kept apart from what they are trained on, whatever the sizes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch import splits
from autoresearch.splits import Split, chronological, combinatorial, k_fold, walk_forward

SIZES = st.tuples(st.integers(60, 200), st.integers(2, 6), st.integers(0, 6), st.integers(0, 6))


def rows(parts: tuple[range, ...]) -> list[int]:
    return [row for part in parts for row in part]


def apart(split: Split, *, horizon: int, embargo: int) -> bool:
    """Row by row, from the definition: no label of one side is made of rows of a label of the other."""
    tested = rows(split.test)
    labels = {row + ahead for row in tested for ahead in range(horizon + 1)}
    after = {part.stop - 1 + horizon + more for part in split.test for more in range(1, embargo + 1)}
    return not any({row + ahead for ahead in range(horizon + 1)} & labels or row in after for row in rows(split.train))


@given(SIZES)
def test_no_training_label_touches_a_test(sizes: tuple[int, int, int, int]) -> None:
    n, folds, horizon, embargo = sizes
    for split in k_fold(n, folds=folds, horizon=horizon, embargo=embargo):
        assert apart(split, horizon=horizon, embargo=embargo)
    for split in combinatorial(n, groups=5, tests=2, horizon=horizon, embargo=embargo):
        assert apart(split, horizon=horizon, embargo=embargo)


@given(SIZES)
def test_walking_forward_never_looks_back_from_the_future(sizes: tuple[int, int, int, int]) -> None:
    n, folds, horizon, embargo = sizes
    found = list(walk_forward(n, folds=folds, least=20, horizon=horizon, embargo=embargo))
    assert len(found) == folds
    assert all(max(rows(split.train)) + horizon + embargo < min(rows(split.test)) for split in found)
    assert [row for split in found for row in rows(split.test)] == list(range(20, n))


def test_every_row_is_tested_once_by_k_fold() -> None:
    tested = [row for split in k_fold(103, folds=4) for row in rows(split.test)]
    assert tested == list(range(103))
    assert sum(len(rows(split.train)) for split in k_fold(103, folds=4)) == 3 * 103
    assert len(list(combinatorial(100, groups=6, tests=2))) == 15


def test_parts_of_a_record_lie_apart() -> None:
    public, sealed, vault = chronological(1000, shares=(5, 3, 2), horizon=5, embargo=5)
    assert (public.start, vault.stop) == (0, 1000)
    assert sealed.start - public.stop == vault.start - sealed.stop == 10
    assert (len(public), len(sealed), len(vault)) == (490, 294, 196)


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="too few"):
        chronological(20, shares=(1, 1, 1), embargo=10)
    with pytest.raises(ValueError, match="too few"):
        list(k_fold(3, folds=4))
    with pytest.raises(ValueError, match="nothing to train on"):
        list(k_fold(20, folds=2, embargo=30))
    with pytest.raises(ValueError, match="positive"):
        list(walk_forward(0, folds=2))


def test_an_evaluator_imports_it_alone(tmp_path: Path) -> None:
    alone = tmp_path / "splits.py"
    alone.write_bytes(Path(splits.__file__).read_bytes())
    code = "import splits; print(len(list(splits.k_fold(10, folds=5))))"
    done = subprocess.run([sys.executable, "-S", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "5\n"
