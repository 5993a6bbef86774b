"""What every test stands on: lines end nowhere, whatever terminal the tests are started from, and a bare Python."""

from __future__ import annotations

import os

import pytest

from interpreters import WITH_PACKAGES, activated, bare

for name in ("COLUMNS", "LINES"):  # workers of pytest-xdist set them
    os.environ.pop(name, None)

os.environ.update(activated(bare()))


@pytest.fixture
def with_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands of this test's studies may import what is installed beside the tests."""
    for name, value in WITH_PACKAGES.items():
        monkeypatch.setenv(name, value)
