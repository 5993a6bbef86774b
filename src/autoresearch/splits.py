"""Index ranges that keep a test apart from what it was trained on. Standard library only; evaluators import it.

    for split in walk_forward(len(prices), folds=5, horizon=10, embargo=5):
        fit(split.train); score(split.test)

Rows are in time order. A row's label may look ahead: with `horizon = h`, the label of row i is made of rows i to i + h.
Rows whose labels share a row with the test's are *purged* from training, before and after the test; `embargo` more rows
after it are left out because what happens in the test still echoes there (Lopez de Prado 2018, chapter 7).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise


@dataclass(frozen=True)
class Split:
    """Rows to learn from and rows to be judged on, as ranges in time order. No row is in both."""

    train: tuple[range, ...]
    test: tuple[range, ...]


def chronological(n: int, *, shares: Sequence[float], horizon: int = 0, embargo: int = 0) -> tuple[range, ...]:
    """Rows 0 ... n-1 cut into consecutive parts of these shares, such as public, sealed and vault.

    Between two parts lie `horizon + embargo` rows that belong to neither. Raises ValueError when a part would be empty.
    """
    _demand(n, horizon=horizon, embargo=embargo)
    gap, whole = horizon + embargo, sum(shares)
    left = n - gap * (len(shares) - 1)
    edges = [round(left * sum(shares[:place]) / whole) for place in range(len(shares) + 1)]
    parts = tuple(range(edges[i] + i * gap, edges[i + 1] + i * gap) for i in range(len(shares)))
    if not parts or not all(parts):
        raise ValueError(f"{n} rows are too few for {len(shares)} parts {gap} rows apart")
    return parts


def walk_forward(n: int, *, folds: int, least: int = 0, horizon: int = 0, embargo: int = 0) -> Iterator[Split]:
    """Train on the past, test on what comes next, `folds` times; nothing from after a test is ever used.

    The first training part has `least` rows (default: as many as a test) before purging. Raises ValueError when a part
    would be empty.
    """
    _demand(n, folds=folds, horizon=horizon, embargo=embargo)
    start = least or n // (folds + 1)
    for test in _parts(range(start, n), folds):
        yield Split(_checked((range(max(0, test.start - horizon - embargo)),)), (test,))


def k_fold(n: int, *, folds: int, horizon: int = 0, embargo: int = 0) -> Iterator[Split]:
    """Each of `folds` consecutive parts is the test once, the rest is trained on, purged and embargoed."""
    yield from combinatorial(n, groups=folds, tests=1, horizon=horizon, embargo=embargo)


def combinatorial(n: int, *, groups: int, tests: int, horizon: int = 0, embargo: int = 0) -> Iterator[Split]:
    """Every choice of `tests` of `groups` consecutive parts is the test once: comb(groups, tests) splits.

    Raises ValueError when nothing would be left to train on.
    """
    _demand(n, folds=groups, horizon=horizon, embargo=embargo)
    parts = _parts(range(n), groups)
    for chosen in combinations(range(groups), tests):
        tested = tuple(parts[place] for place in chosen)
        rest = [part for place, part in enumerate(parts) if place not in chosen]
        yield Split(_checked(tuple(_purged(rest, tested, before=horizon, after=horizon + embargo))), tested)


def _purged(train: Sequence[range], tested: Sequence[range], *, before: int, after: int) -> Iterator[range]:
    """What is left of `train` once everything within reach of a test is gone. Its ranges touch no test themselves."""
    for part in train:
        low, high = part.start, part.stop
        for test in tested:
            if test.stop <= part.start:
                low = max(low, test.stop + after)
            else:
                high = min(high, test.start - before)
        if low < high:
            yield range(low, high)


def _parts(rows: range, number: int) -> list[range]:
    """`rows` in `number` consecutive parts whose lengths differ by one at most."""
    edges = [rows.start + len(rows) * place // number for place in range(number + 1)]
    parts = [range(low, high) for low, high in pairwise(edges)]
    if not all(parts):
        raise ValueError(f"{len(rows)} rows are too few for {number} parts")
    return parts


def _checked(train: tuple[range, ...]) -> tuple[range, ...]:
    if not any(train):
        raise ValueError("purging and embargo leave nothing to train on")
    return train


def _demand(n: int, *, folds: int = 2, horizon: int, embargo: int) -> None:
    if n < 1 or folds < 2 or horizon < 0 or embargo < 0:
        raise ValueError("rows must be positive, parts at least 2, horizon and embargo not negative")
